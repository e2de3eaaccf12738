/** Peers that a directory lists, and how many of them may be no relays: so that peers cannot keep relays out. */
export const MAX_PEERS = 4096
export const MAX_NON_RELAYS = 3072

/** Peers that are remembered as having brought one entry. */
export const MAX_SOURCES = 4

/** How long the descriptor of a peer, and of a relay, holds unless it is said again, milliseconds. It is, after a third of that. */
export const PEER_LIFE_MS: number = 10 * 60_000
export const RELAY_LIFE_MS: number = 30 * 60_000

/** How often a peer compares its directory with those whom it dialled, milliseconds. */
export const COMPARE_INTERVAL_MS = 30_000

/** Where nothing was different it does so later and later, up to so many of those intervals. */
export const MAX_COMPARE_INTERVALS = 4

/** Least time between two comparisons with one peer where news make them earlier, milliseconds. */
export const NEWS_INTERVAL_MS = 5000

/** Largest request or response, bytes; senders fill the second number with entries, and one entry always fits. */
export const MAX_DIRECTORY_FRAME_BYTES: number = 256 * 1024
export const MAX_ENTRIES_BYTES: number = 192 * 1024

/** Slots that one request may ask for, and entries that one message may have. */
export const MAX_FETCHED = 4096
export const MAX_ENTRIES = 1024

/** Relays and peers that one answer names for a namespace. */
export const MAX_FOUND_RELAYS = 16
export const MAX_FOUND_PEERS = 32

/** Namespaces that one answer lists. */
export const MAX_LISTED = 1024

/** Questions of one comparison; four are enough for a full directory. */
export const MAX_QUESTIONS = 32

/** Streams of the directory that one connection may have open towards us. */
export const MAX_DIRECTORY_STREAMS = 4
