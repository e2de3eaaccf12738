/** Begins the keys of what is known of batches that lie aside, in the small values of the peer; the id of the namespace and a hash follow. */
export const ASIDE = 'aside/'
/** Begins the keys of these batches. */
export const ASIDE_BATCH = 'aside-batch/'
