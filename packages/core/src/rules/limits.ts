/** Longest pattern of a schema, UTF-16 units. */
export const MAX_PATTERN_LENGTH = 256

/** Largest pattern: its characters and classes, those that repeat counted as often as they may. Matching takes time in proportion to this times the text. */
export const MAX_PATTERN_SIZE = 256

/** How many schemas apply to one value through each other: `allOf` in `anyOf` in `$ref`. Judging calls itself as deep. */
export const MAX_IN_PLACE_DEPTH = 12

/**
 * Most that judging one document may take, in applications of a schema to a value: some 30 ms. A document of the largest size has 60,000 values at most,
 * and a schema of the largest size could apply 500 times to each.
 */
export const MAX_APPLICATIONS: number = 2 ** 18

/** How much of a text, times the size of the pattern, counts as one application. */
export const PATTERN_WORK = 8

/** How much canonical JSON counts as one application, where values are compared as texts, UTF-16 units. */
export const TEXT_WORK = 8
