/** Profiles that one request may ask for. */
export const MAX_ASKED_PROFILES = 100

/** Largest request or response, bytes; answers fill the second number with profiles, and one always fits. */
export const MAX_PROFILES_FRAME_BYTES: number = 256 * 1024
export const MAX_PROFILES_BYTES: number = 192 * 1024

/** Streams of this protocol that one connection may have open towards a relay. */
export const MAX_PROFILES_STREAMS = 4

/** Relays that are asked at once: one that has not heard of a change yet does not hide it. */
export const MAX_ASKED_RELAYS = 3
