/** People whose profiles are remembered, the longest unheard of going first. */
export const MAX_KNOWN = 1000

/** How long what is known of a profile counts as current, milliseconds; and that somebody has none. */
export const FRESH_MS: number = 5 * 60_000
export const ABSENT_FRESH_MS = 60_000

/** Profiles that one request asks for: what a relay answers. */
export const MAX_ASKED = 100

/** People that are followed whose profiles are kept equal all the time. The others are asked for as those of strangers are. */
export const MAX_LIVE = 200

/** Contacts that are read. */
export const MAX_CONTACTS = 5000

/** Links of a profile, and the longest of them, UTF-16 units. */
export const MAX_LINKS = 16
export const MAX_LINK_LENGTH = 512

/** Records of somebody's profile beyond which it is no profile that is fetched. */
export const MAX_PROFILE_RECORDS = 10_000

/** The longest log of a person, bytes, that is kept of somebody at whose profile was only looked. */
export const MAX_SEEN_LOG_BYTES: number = 64 * 1024

/** Pictures that are kept in memory, 256 KiB each at most. */
export const MAX_PICTURES = 64

/** How long relays may take unless told otherwise, milliseconds. */
export const TIMEOUT_MS = 5000
