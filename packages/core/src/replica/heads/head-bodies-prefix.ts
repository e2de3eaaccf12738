/** Begins the keys of what former heads said, in the small values of the peer; the id of the namespace follows. */
export const HEAD_BODIES = 'heads/'
