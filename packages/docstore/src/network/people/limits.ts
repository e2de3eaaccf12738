/** Largest request or response, bytes; a response has so many bytes of acts, and one always fits. */
export const MAX_PEOPLE_FRAME_BYTES: number = 256 * 1024
export const ACTS_BYTES: number = 128 * 1024

/** Acts and ids of namespaces that a response has at most. */
export const MAX_ACTS = 4096
export const MAX_IDS = 1000
/** Geneses of others with the same recovery key that a response has at most: 256 bytes each, beside the acts. */
export const MAX_OTHERS = 128

/** Namespaces of a person that are taken from one relay: a replica has no more. */
export const MAX_FOUND_NAMESPACES = 10_000

/** Requests that are made to find one person: more have no log that anybody would take. */
export const MAX_REQUESTS = 400

/** Streams of this protocol that one connection may have open towards a relay. */
export const MAX_PEOPLE_STREAMS = 2
