/** Largest frame with a block, bytes: the largest block and the map around it. */
export const MAX_BLOCK_FRAME_BYTES: number = 257 * 1024

/** Largest request, bytes. */
export const MAX_REQUEST_BYTES = 1024

/** Streams of this protocol that one connection may have open towards us; further ones are reset. */
export const MAX_INBOUND_FILE_STREAMS = 8

/** Blocks that one peer is asked for at a time, each on a stream of its own: 1 MiB on its way, which fills most lines. */
export const MAX_ASKED_AT_ONCE = 4

/** Questions to one peer at a time whether it has a file by now: each waits on a stream of its own. */
export const MAX_WAITED_AT_ONCE = 3

/** Blocks that are on their way at a time, from all peers and for all files: 4 MiB, which is all the memory that they take. */
export const MAX_FETCHED_AT_ONCE = 16

/** Peers that are asked for one file. */
export const MAX_SOURCES = 16

/** Longest that the answer to `whole` waits, milliseconds. */
export const MAX_WHOLE_WAIT_MS = 20_000

/** How long a fetch goes on at a standstill, milliseconds, while those who do not have the file may still get it, and others may connect. */
export const FETCH_PATIENCE_MS = 10_000

/** Longest pause until all are asked again, milliseconds. */
export const MAX_FETCH_PAUSE_MS = 2_000

/** Files that a relay fetches at a time for keeping. */
export const MAX_KEPT_AT_ONCE = 4

/** Files that are looked at in one step. */
export const KEPT_PAGE = 64

/** Such steps at a time: 1,024 files a second are looked at, however many there are. */
export const MAX_PAGES_AT_ONCE = 16

/** First and longest pause until a file that nobody has is asked for again, milliseconds; somebody who says that he has it ends it. */
export const MIN_KEEP_PAUSE_MS = 1_000
export const MAX_KEEP_PAUSE_MS: number = 5 * 60_000

/** Files whose pauses, and who said to have them, are remembered. */
export const MAX_REMEMBERED_FILES = 10_000

/** What a block that is not here costs who asks, in the units of the ledger: as a request of sync that moves nothing. */
export const NONE_UNITS = 0.25

/** How long a relay whose store is full fetches nothing, milliseconds. */
export const FULL_PAUSE_MS = 60_000

/** How long a relay rests after a file that nobody has, milliseconds: however many there are, others are asked for some eighty a second. */
export const NOBODY_PAUSE_MS = 50
