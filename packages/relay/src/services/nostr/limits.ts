/** Largest message that is read at all, bytes: what peers send over the same port, and four times a list of 10,000 tags. */
export const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024

/** Largest event, bytes: a document of the network holds no more. */
export const MAX_EVENT_BYTES: number = 120 * 1024
/** How far the time of an event may lie ahead, seconds: other relays take no document from farther. */
export const MAX_SECONDS_AHEAD = 300

/** Filters of one request. */
export const MAX_FILTERS = 50
/** Values in all filters of one request, and in all subscriptions of one client: each takes a place in memory. */
export const MAX_VALUES = 10_000
export const MAX_CLIENT_VALUES = 50_000
/** The same of all clients. One may have an eighth of what is left, and a few in any case: those who want all of it leave room for others. */
export const MAX_LISTENED_VALUES = 1_000_000
export const MIN_CLIENT_VALUES = 500
/** Length of the id of a subscription (NIP-01), and of the words of a search and a value of a tag, characters. */
export const MAX_ID_LENGTH = 64
export const MAX_SEARCH_LENGTH = 256
export const MAX_VALUE_LENGTH = 1024

/** Bytes on their way to a client at which stored events wait, and at which it is let go: 8 MiB of live events and answers that it does not read. */
export const PAUSE_BYTES: number = 512 * 1024
export const MAX_WAITING_BYTES: number = 8 * 1024 * 1024
/** Live events that wait for a subscription whose stored ones are on their way. */
export const MAX_LIVE_WAITING = 1000

/** Events of a client that are being checked or stored: beyond, nothing more of it is read. */
export const MAX_EVENTS_UNDER_WAY = 500
/** The same for requests, which ask the storage. */
export const MAX_REQUESTS_UNDER_WAY = 100
/** Events of all clients that wait; beyond, one is told to come later. */
export const MAX_EVENTS_WAITING = 20_000
/** Events that are checked, and stored, together. */
export const EVENTS_TOGETHER = 500

/** Events that are read from the storage at a time, and the UTF-16 units of them from which on no more are. */
export const PAGE_EVENTS = 200
export const PAGE_UNITS: number = 512 * 1024

/** How often a client is pinged, milliseconds; one that has not answered by the next time is gone. */
export const PING_MS = 30_000
/** Messages that make no sense before a client is let go. */
export const MAX_NONSENSE = 100

/** How long a request that needs a key waits for one that is on its way, milliseconds. */
export const AUTH_HOLD_MS = 1000
/** How far the time of an event of NIP-42 may lie aside, and of one of NIP-98, seconds. */
export const AUTH_SECONDS = 600
export const HTTP_AUTH_SECONDS = 60
/** Keys that one connection may show. */
export const MAX_KEYS = 20

/** Comparisons of sets (NIP-77) of one client at once, and events in those of all clients: 40 bytes each. */
export const MAX_COMPARISONS = 8
export const MAX_COMPARED: number = 4_000_000
/** Longest message of a comparison that is sent, bytes before they are made hexadecimal. */
export const NEGENTROPY_FRAME_BYTES = 60_000

/** Keys of those whose events match that are looked at for the registers of NIP-45. */
export const MAX_COUNTED_AUTHORS = 100_000
