/** What a relay that stores says it does, in `services` of its descriptor; one that is leaving says that too. */
export const STORAGE_SERVICE = 'storage'
export const DRAINING_SERVICE = 'draining'
/** One that keeps only what it owns says this, and one that keeps only what peers bring, and owns nothing, that; others keep all that there is. */
export const KEEPS_OWNED_SERVICE = 'keeps-owned'
export const KEEPS_ASKED_SERVICE = 'keeps-asked'
