/** Largest request or response, bytes. */
export const MAX_STATUS_FRAME_BYTES: number = 256 * 1024
/** Namespaces that one answer lists, and that one proof is about. */
export const MAX_LISTED = 2000
export const MAX_PROVED = 5000
/** Namespaces of one sector that two relays compare: with more there it is never equal, nor served. */
export const MAX_COMPARED = 20_000
/** Streams of this protocol that one connection may have open towards a relay. */
export const MAX_STATUS_STREAMS = 8

/** Relays that are told at once how the sectors here stand. */
export const MAX_TOLD_AT_ONCE = 8
/** Relays that a link is kept to because of sectors that both have to do with. */
export const MAX_NEEDED_RELAYS = 64
/** How long a link to a relay may take to come about, milliseconds. */
export const LINK_MS = 10_000
/** How long it may take to make a sector equal with another relay, milliseconds: what was moved until then stays. */
export const COMPARE_MS: number = 10 * 60_000

/** Namespaces that a relay has only because somebody asked it for them, how many it gets at once, and how long that may take, milliseconds. */
export const MAX_BROUGHT = 1000
export const MAX_BRINGING = 16
export const MAX_BRINGING_IN_ALL = 64
export const BRING_MS = 4000
/** How long one that should have it may take until another is asked as well, milliseconds, and how many are asked at once. */
export const NEXT_READER_MS = 500
export const MAX_READERS_AT_ONCE = 3
/** After how long who asks for a namespace of which parts are not here should ask again, milliseconds. */
export const RETRY_WHOLE_MS = 2000
/** How long what was found whole here for a reader is not given up, milliseconds. */
export const READ_MS = 10_000
/** Namespaces that are split of which it is remembered that former owners were asked. */
export const MAX_SETTLED = 10_000
/** How long it is remembered that nobody had a namespace, milliseconds, and of how many. */
export const ABSENT_MS = 10_000
export const MAX_ABSENT = 1000

/** Namespaces whose sectors are remembered. */
export const MAX_SECTORS_REMEMBERED = 20_000

/** Relays that are linked to besides for one question, owners or any, and how long that may take, milliseconds. */
export const MAX_MET_OWNERS = 8
export const MAX_MET_STORES = 32
export const MEET_MS = 3000
/** The same for who comes back by recovery words, which happens once: what is left out then stays away until somebody names it. */
export const MEET_FOR_PERSON_MS = 15_000

/** Namespaces that peers have just brought and that are told to all their owners at once; of more, comparing tells. */
export const MAX_FRESH = 10_000
