/** How long a command waits for peers unless told otherwise, seconds. */
export const DEFAULT_TIMEOUT_S = 30
/** How long a command that reads waits for a relay that does not answer, milliseconds, unless told otherwise. It answers from what is here then. */
export const REACH_TIMEOUT_MS = 3000
/** How long a command may take to end after the first signal, milliseconds. */
export const END_TIMEOUT_MS = 10_000
/** Documents that are printed at a time. */
export const FIND_PAGE = 1000
/** Longest line of NDJSON, UTF-16 units. A document has 120 KiB at most; white space may stand between. */
export const MAX_LINE_LENGTH: number = 4 * 1024 * 1024
/** Rows of an import after which connections get their turn. */
export const ROWS_PER_TURN = 512
/**
 * Longest JSON value that is read at once, UTF-16 units: with all its documents it takes some 20 times that in memory, and Node gives
 * a process about 4 GiB. A longer array is read element by element.
 */
export const MAX_JSON_LENGTH: number = 128 * 1024 * 1024
/** Rows and text of CSV that are looked at before the types of its columns are settled. */
export const LOOK_AHEAD_ROWS: number = 64 * 1024
export const LOOK_AHEAD_LENGTH: number = 16 * 1024 * 1024
/**
 * How long a pipe may pause before what has come has to do, milliseconds: once for the delimiter, once for the types. What comes
 * through a pipe is stored at most 200 ms later; `putMany` takes 80 of them.
 */
export const LOOK_AHEAD_PAUSE_MS = 35
/** Rows of one file that are told apart from each other. Each takes 24 bytes. */
export const MAX_TOLD_ROWS: number = 16 * 1024 * 1024
/** Rows that were skipped, or repeated others, that are listed for the person. */
export const MAX_LISTED = 20

/** Namespaces of the network that are listed for the person. */
export const MAX_LISTED_NAMESPACES = 1000

/** How often a command that works does nothing, milliseconds. */
export const ALIVE_MS = 60_000
