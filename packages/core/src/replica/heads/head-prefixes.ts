/** Begins the keys of what former heads said, in the small values of the peer; the id of the namespace follows. */
export const HEAD_BODIES = 'heads/'

/** Begins the keys of what one device of the owner changed in a head and another one won over. */
export const LOST_CHANGE = 'head-lost/'
/** The last heads before the present one that other devices of the owner, a person, signed. */
export const FORMER_HEAD = 'head-former/'
/** Which heads have won, and what they changed. */
export const HEAD_HISTORY = 'head-history/'
/** Of namespaces in which logs have changed by which not everything was judged yet. */
export const UNJUDGED = 'unjudged/'
