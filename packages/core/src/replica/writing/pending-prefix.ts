/** Begins the keys of all changes that wait for their namespace, in the small values of the peer. */
export const PENDING_PREFIX = 'pending/'
