const DAY_MS = 24 * 60 * 60_000

/** Length of a username, characters. */
export const MIN_USERNAME = 2
export const MAX_USERNAME = 32
/** Longest display name, UTF-16 code units. */
export const MAX_DISPLAY_NAME = 64
/** How long a grant holds at most, milliseconds: a year. */
export const LEASE_MS: number = 365 * DAY_MS
/** How long a name stays with its holder after that, to be renewed, milliseconds. */
export const GRACE_MS: number = 30 * DAY_MS
/** How long nobody else gets a name that was given up or ran out, milliseconds: who knew it learns that it leads nowhere before it leads elsewhere. */
export const QUARANTINE_MS: number = 90 * DAY_MS
/** How long before its end a lease may be renewed, milliseconds. */
export const RENEWAL_MS: number = 60 * DAY_MS
/** How old a claim may be when an authority decides about it, and how far ahead, milliseconds: what was said long ago may not be meant any more. */
export const CLAIM_AGE_MS: number = DAY_MS
export const CLAIM_AHEAD_MS: number = 5 * 60_000
/** How long an authority waits for the quorum of a claim that it granted, milliseconds: whoever shows none by then may lose the name to somebody who waits for it. */
export const WAITING_MS: number = 7 * DAY_MS
/** Names that one person gets in a network: nobody can take all the good ones. */
export const MAX_NAMES_PER_PERSON = 3
/** Largest statement about a name, bytes; one has about 250. */
export const MAX_STATEMENT_BYTES = 512
