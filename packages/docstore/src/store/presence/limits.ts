/** How often who is in a place says so, and how long they are shown who have gone without a word, milliseconds: two words may be lost. */
export const BEAT_MS = 15_000
export const LIFE_MS = 50_000
/** How long after somebody has come others say that they are here, milliseconds at most: not all at once. */
export const GREET_MS = 1500
/** Shortest time between two words of this store in a place, milliseconds. */
export const PAUSE_MS = 2000
/** How far the clocks of two may lie apart, milliseconds. Who keeps a word of somebody for longer cannot show it as a new one. */
export const AGE_MS: number = 5 * 60_000
/** Words of one peer that are looked at, in so many milliseconds, before their signatures are checked; and peers about which that is remembered. */
export const WORDS_PER_PEER = 5
export const RATE_MS = 5000
export const MAX_RATED_PEERS = 1000
/** Devices that are shown in a place. Beyond that, who is here is not driven out by who comes. */
export const MAX_PRESENT = 200
/** Places that one store is in, or looks at. */
export const MAX_PLACES = 32
/** Longest note, and name of a place, UTF-16 code units. */
export const MAX_NOTE = 128
export const MAX_PLACE = 119
/** Largest word, bytes. */
export const MAX_WORD_BYTES = 1024
