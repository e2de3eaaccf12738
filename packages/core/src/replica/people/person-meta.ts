/** Key of the digest of the person for whom this data signs, in the small values of the peer. */
export const PERSON = 'person'
/** Key of their genesis: data whose documents were lost begins again with it. */
export const PERSON_GENESIS = 'person-genesis'
/** Key of the seed of their recovery key, hidden; there until the words of it were written down. */
export const RECOVERY = 'recovery'
