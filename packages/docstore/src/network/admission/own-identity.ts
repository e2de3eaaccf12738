import { DocstoreError, type Identity, identityFromSeed, type Replica } from '@p2p-docstore/core'

/** Name of the value that holds the seed of the identity. */
const IDENTITY = 'identity'

/** The identity of this data, for what it signs besides documents. */
export async function ownIdentity(replica: Pick<Replica, 'getMeta'>): Promise<Identity> {
  const stored = await replica.getMeta(IDENTITY)
  // A locked one was opened with the data.
  const seed = stored === undefined || stored.length === 32 ? stored : await replica.getMeta('identity-open')
  if (seed === undefined) throw new DocstoreError('no-identity', 'The data has no identity. Restore it from a backup')
  return identityFromSeed(seed)
}
