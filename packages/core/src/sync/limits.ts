/** Largest frame, bytes. Streams of js-libp2p have no back-pressure, so this times the frames under way is all that a peer can make us hold. */
export const MAX_FRAME_BYTES: number = 256 * 1024

/** Namespaces that one follow request may name. */
export const MAX_FOLLOWED = 1024

/** Longest that a follow request is kept open for news, milliseconds. Below the idle limits of proxies and NATs. */
export const FOLLOW_WAIT_MS = 20_000

/** Namespace ids in one page of a list. */
export const LIST_PAGE = 1000

/** Slots in one fetch request: 16 bytes each. */
export const MAX_FETCH_SLOTS = 4096

/** Questions of one reconciliation. Each halves what is open at least sixteenfold, or moves 128 KiB of items. */
export const MAX_ROUNDS = 10_000

/** Reconciliations in a row until two peers that nobody writes to must be equal. */
export const MAX_PASSES = 5

/** How often two peers that follow each other compare their roots all the same, milliseconds. */
export const RECHECK_MS = 30_000

/** How long a record that lies too far in the receiver's future waits until it is sent again, milliseconds. */
export const FUTURE_RETRY_MS = 15_000

/** Ranges of local positions remembered per peer and namespace, so that nothing goes back to where it came from. */
export const MAX_LEDGER_RANGES = 1024
