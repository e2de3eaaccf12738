/** Tags of an event. A list of contacts of the largest size that a record may have has about 1,700. */
export const MAX_EVENT_TAGS = 10_000
/** Values of one tag, its name included. */
export const MAX_TAG_VALUES = 1000
/** Largest kind (NIP-01: 16 bits). */
export const MAX_KIND = 65_535
