/** Largest request, bytes. */
export const MAX_CONTENT_REQUEST_BYTES = 1024

/** Largest response, bytes: the largest block and the map around it. */
export const MAX_CONTENT_FRAME_BYTES: number = 257 * 1024

/** Streams of this protocol that one connection may have open towards a relay. */
export const MAX_CONTENT_STREAMS = 8

/** Relays that are asked for one CID: those that are connected, and those of the directory that are dialled for it. */
export const MAX_ASKED_CONNECTED = 8
export const MAX_ASKED_LISTED = 8

/** Relays that are asked to ask others, where nobody else had it. */
export const MAX_PASSING_ON = 2

/** Relays that are asked at a time, and how long one is waited for until the next is asked as well, milliseconds. */
export const MAX_ASKED_AT_ONCE = 3
export const NEXT_MS = 250

/** How long a relay of the directory may take to be dialled and to answer, milliseconds. */
export const LISTED_MS = 4000

/** How long a relay asks others for somebody, milliseconds: less than a first answer is waited for. */
export const PASS_ON_MS = 6000

/** CIDs for which a relay asks others at a time, for whomever: 4 MiB of answers. */
export const MAX_PASSED_ON_AT_ONCE = 16

/** What an answer costs who asks, in the units of the ledger: one that is not there, and one for which others were asked. */
export const NONE_UNITS = 0.25
export const PASSED_ON_UNITS = 4
