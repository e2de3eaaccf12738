/** Bytes of the random values of a pairing: session ids are only told apart, nonces must not be guessed. */
export const SESSION_BYTES = 16
export const NONCE_BYTES = 32
/** Longest label of a device, UTF-16 units. */
export const MAX_LABEL_LENGTH = 64
/** How long a link is good for, milliseconds: two devices lie on one table. */
export const PAIRING_MS: number = 10 * 60_000
/** Beginnings that one link takes. Whoever is in between has one guess in a million with each. */
export const MAX_ATTEMPTS = 3
/** Largest genesis and act that are handed over, bytes, and how many acts: those of a person who is not ours would be larger. */
export const MAX_GENESIS_BYTES = 1024
export const MAX_ACT_BYTES = 4096
export const MAX_ACTS = 20_000
/** Acts of one page, bytes: relays carry 128 KiB in all. */
export const PAGE_BYTES: number = 32 * 1024
/** Largest message, bytes: a page and one act more. */
export const MAX_MESSAGE_BYTES: number = 48 * 1024
/** Namespaces that are handed over, those of one page, and how long an id may be, characters. */
export const MAX_NAMESPACES = 1000
export const NAMESPACES_PAGE = 400
export const MAX_ID_LENGTH = 100
/** Largest invitation that is handed over, bytes. */
export const MAX_INVITATION_BYTES = 2048
