/** How long a command waits for peers unless told otherwise, seconds. */
export const DEFAULT_TIMEOUT_S = 30
/** How long a command that reads waits for a relay that does not answer, milliseconds. It answers from what is here then. */
export const REACH_TIMEOUT_MS = 3000
/** How long a command may take to end after the first signal, milliseconds. */
export const END_TIMEOUT_MS = 10_000
/** Documents that are printed at a time. */
export const FIND_PAGE = 1000
/** Longest line of NDJSON, UTF-16 units. A document has 120 KiB at most; white space may stand between. */
export const MAX_LINE_LENGTH: number = 4 * 1024 * 1024
/** Rows of an import after which connections get their turn. */
export const ROWS_PER_TURN = 512
