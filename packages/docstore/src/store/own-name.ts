import type { ReplicaInfo } from '@p2p-docstore/core'

/** What the ids of one's own documents begin with where each author has their own: the id of the person, or the key behind its `did:key:`. */
export function ownName({ identity, person }: ReplicaInfo): string {
  return person ?? identity.slice('did:key:'.length)
}
