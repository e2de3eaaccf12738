/** Largest frame, bytes. Streams of js-libp2p have no back-pressure, so this times the frames under way is all that a peer can make us hold. */
export const MAX_FRAME_BYTES: number = 256 * 1024

/** Namespaces that one follow request may name. */
export const MAX_FOLLOWED = 1024

/** Longest that a follow request is kept open for news, milliseconds. Below the idle limits of proxies and NATs. */
export const FOLLOW_WAIT_MS = 20_000

/** The same while namespaces are compared for the first time and are about to be followed too, milliseconds. */
export const FOLLOW_SETTLING_MS = 1000

/** The same where others see to it that nothing is missed, so that what is to be followed too need not begin a new stream, milliseconds. */
export const FOLLOW_JOINING_MS = 5000

/** Namespace ids in one page of a list. */
export const LIST_PAGE = 1000

/** Pause after the list of a peer's namespaces was read, milliseconds for each of them, and the longest: until then the ledger of the peer has forgiven what it cost. */
export const LIST_PAUSE_MS = 5
export const MAX_LIST_PAUSE_MS = 60_000

/** Slots in one fetch request: 16 bytes each. */
export const MAX_FETCH_SLOTS = 4096

/** Namespaces whose news, or whose records, one message may carry together. */
export const MAX_JOINED = 256

/** Bytes of batches from which on no more are joined in one message: one more of the largest record, and the ids, still fit in a frame. */
export const JOINED_BYTES: number = 96 * 1024

/** Largest first batch of a push that goes together with others', bytes, and how many are built at once: 16 MiB where each has one of the largest records. */
export const SMALL_PUSH_BYTES: number = 16 * 1024
export const MAX_SMALL_PUSHES = 128

/** Questions of one reconciliation: each moves some 2,000 items, or cuts what is open in sixteen. */
export const MAX_ROUNDS = 10_000

/** Reconciliations in a row until two peers that nobody writes to must be equal. */
export const MAX_PASSES = 5

/** When two peers that follow each other first compare their roots all the same, and how rarely where they always were equal, milliseconds. */
export const RECHECK_MS = 30_000
export const MAX_RECHECK_MS: number = 4 * RECHECK_MS
/** The same where others compare what both have. */
export const SELDOM_RECHECK_MS: number = 60 * 60_000

/** First and longest pause after which a namespace with refusals or failures is compared again, milliseconds. */
export const MIN_RETRY_MS = 15_000
export const MAX_RETRY_MS = 120_000
/** The same where the peer said itself when to try again. */
export const MIN_ASKED_RETRY_MS = 500

/** Records held back by one peer that are remembered one by one, per namespace. Where there are more, nothing behind the first counts as delivered. */
export const MAX_HELD = 65_536

/** Records in a row that find no room here until one's own store counts as full: of the largest ones three megabytes. Fewer could hide smaller ones that fit in. */
export const MAX_QUOTA_IN_A_ROW = 16

/** How often a peer that was full is asked with one batch whether it has room again, milliseconds. */
export const ROOM_MS = 5_000

/** Ranges of local positions remembered per peer and namespace, so that nothing goes back to where it came from. */
export const MAX_LEDGER_RANGES = 1024

/** Sets of parts of a namespace that one peer may pull without its being counted as waste. */
export const MAX_PULLED_PARTS = 16

/** Units of work that a peer may waste: one is a record that was not needed, or an entry of a reply after which nothing was fetched. */
export const MAX_WASTED_UNITS = 8192

/** Units that time forgives. */
export const FORGIVEN_UNITS_PER_MS = 0.1

/** What a request costs that moves nothing, and each id in a list of namespaces, units; an offered namespace, which is signed; and each namespace that a request has looked at for news. */
export const REQUEST_UNITS = 0.25
/** The same for a record that was looked at and lies in none of the parts that are meant. */
export const LOOKED_UNITS: number = 1 / 16
export const OFFER_UNITS = 1
export const FOLLOWED_UNITS = 0.001

/** From the limit on, answers wait so long per unit, milliseconds: fifty times the work. With a least and a longest wait. */
export const WAIT_PER_UNIT_MS = 1
export const MIN_WAIT_MS = 10
export const MAX_WAIT_MS = 2000

/** Longest text of an error response that is sent, UTF-16 units. */
export const MAX_ERROR_TEXT = 500

/** The same for one batch of several: as many as a request has must fit in a frame. */
export const MAX_PART_ERROR_TEXT = 200

/** Logs of persons and roles in one message, and acts of one log in one message. */
export const LOGS_PAGE = 256
export const MAX_ACTS = 1024

/** Bytes of acts from which on no more are put into one message: one more of the largest, the geneses and the digests still fit in a frame. */
export const ACTS_BYTES: number = 128 * 1024

/** Messages with acts in one direction of one exchange: each moves one at least. */
export const MAX_ACT_ROUNDS = 10_000

/** What an act costs that was sent in vain, units: its signature was checked. */
export const ACT_UNITS = 1

/** What an act costs of a log that grows, units: what the log says is found out anew. Who sends many at once pays less of it. */
export const STATE_UNITS = 0.004
