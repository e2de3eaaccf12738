/** Deepest nesting of `$and`, `$or`, `$nor`, `$not` and `$elemMatch` in a filter. Filters come from other peers too, and are walked recursively. */
export const MAX_FILTER_DEPTH = 16

/** Most conditions in one filter. SQLite stops at expressions 1,000 levels deep; a chain of these stays far below. */
export const MAX_FILTER_CONDITIONS = 200

/** Most values in one `$in`, `$nin` or `$all`: they are one parameter of the statement. */
export const MAX_IN_VALUES = 10_000

/** Longest dotted path of a field, UTF-16 units. */
export const MAX_PATH_LENGTH = 256

/** Most segments in the dotted path of a field. */
export const MAX_PATH_SEGMENTS = 16

/** Most fields in one sort: what one index can hold. */
export const MAX_SORT_FIELDS = 8

/** Longest pattern of a `$regex`, UTF-16 units. */
export const MAX_REGEX_LENGTH = 1000

/**
 * Most steps that the regular expressions of a filter compile to, all together: matching takes time in proportion to these times the text,
 * and `x{1000}` has a thousand. What people type has ten to sixty.
 */
export const MAX_REGEX_STEPS = 500

/** Most regular expressions in one filter: each may look at every text. */
export const MAX_REGEXES = 20

/** Longest `$search` of a `$text`, UTF-16 units. */
export const MAX_SEARCH_LENGTH = 1000

/** Most words and phrases in one `$search`. */
export const MAX_SEARCH_TERMS = 50
