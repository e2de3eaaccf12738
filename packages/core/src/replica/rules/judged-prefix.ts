/** Before the id of a namespace: hash of the rules by which everything that is stored of it was judged. */
export const JUDGED_PREFIX = 'rules/'
