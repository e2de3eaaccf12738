/** How long relays may take to tell of a name, and authorities to grant one, milliseconds. */
export const ASK_TIMEOUT_MS = 5000
export const CLAIM_TIMEOUT_MS = 15_000
/** How long to wait for a relay when a store is opened whose names are to be renewed, milliseconds. */
export const RENEWAL_TIMEOUT_MS = 60_000
/** How long what relays told of a name counts as current where somebody is only looked up by it, milliseconds; and of how many names that is remembered. */
export const FRESH_MS: number = 5 * 60_000
export const MAX_FRESH = 1000
/** How much younger than a day a claim is that is shown to authorities again, milliseconds. */
export const CLAIM_MARGIN_MS: number = 60 * 60_000
/** Persons of whom relays are asked at once which names they have: as many as one request takes. */
export const MAX_ASKED = 100
