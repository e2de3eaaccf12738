/** Begins the keys of what former heads said, in the small values of the peer; the id of the namespace follows. */
export const HEAD_BODIES = 'heads/'

/** Begins the keys of what one device of the owner changed in a head and another one won over. */
export const LOST_CHANGE = 'head-lost/'
