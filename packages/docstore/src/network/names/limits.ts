/** Largest request or response, bytes; answers fill the second number with statements, and those about one name always fit. */
export const MAX_NAMES_FRAME_BYTES: number = 256 * 1024
export const MAX_TOLD_BYTES: number = 160 * 1024
/** A part of a person's log has so many bytes of acts; one act always fits. */
export const LOG_PART_BYTES: number = 128 * 1024
/** Acts that such a part has at most, and parts that a log is told in at most. */
export const MAX_ACTS = 4096
export const MAX_LOG_PARTS = 64

/** Names, or persons, that one request may ask about. */
export const MAX_ASKED = 100
/** Names of a person that are told. */
export const MAX_NAMES_OF_PERSON = 16
/** Persons whose logs are fetched to judge what one relay told. */
export const MAX_ASKED_LOGS = 200

/** Statements about one name that are kept: those of a year and more. All of them fit into one value of a peer, 64 KiB. */
export const MAX_STATEMENTS = 100
/** Releases and transfers by one person that are kept of a name. */
export const MAX_WORDS = 8
/** How far ahead of the clock here a word of a holder may lie, milliseconds. */
export const AHEAD_MS: number = 5 * 60_000
/** Names of which something is kept. */
export const MAX_KNOWN_NAMES = 100_000

/** Streams of this protocol that one connection may have open towards a relay. */
export const MAX_NAMES_STREAMS = 4
/** Connected relays that are asked, and told, at once. */
export const MAX_ASKED_RELAYS = 4
/** Listed peers of authorities that are asked for a name: a network has 16 authorities at most. */
export const MAX_AUTHORITY_PEERS = 32

/** Claims by others that are to be ended for one claim. */
export const MAX_RIVALS = 4

/** How long a relay does not ask others again about a name that none of them knew, milliseconds; and of how many names it remembers that. */
export const ABSENT_MS = 30_000
export const MAX_ABSENT = 1000
/** How long a relay waits for others before it answers, milliseconds. */
export const PASS_ON_MS = 3000
/** How long others may still answer once there is enough, milliseconds. */
export const LATE_MS = 1000

/** How long an authority that cannot be reached is waited for where the others have granted a name to two persons between them, milliseconds: the time that is left is for ending one of these claims. */
export const PATIENCE_MS = 2000
/** How long to wait before an authority that could not be reached is tried again, while the time of the claim lasts, milliseconds. */
export const RETRY_MS = 1000

/** Claims that an authority grants to one host in so many milliseconds, and to one of this machine or its network. Of how many hosts it remembers that. */
export const CLAIMS_PER_HOST = 30
export const CLAIMS_PER_NEAR_HOST = 3000
export const QUOTA_MS: number = 60 * 60_000
export const MAX_QUOTA_HOSTS = 10_000
