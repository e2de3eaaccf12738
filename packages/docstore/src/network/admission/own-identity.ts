import { DocstoreError, type Identity, identityFromSeed, type Replica } from '@p2p-docstore/core'

/** Name of the value that holds the seed of the identity. */
const IDENTITY = 'identity'

/** The identity of this data, for what it signs besides documents. */
export async function ownIdentity(replica: Pick<Replica, 'getMeta'>): Promise<Identity> {
  const seed = await replica.getMeta(IDENTITY)
  if (seed === undefined) throw new DocstoreError('no-identity', 'The data has no identity. Restore it from a backup')
  return identityFromSeed(seed)
}
