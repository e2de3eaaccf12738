import { DocstoreError, type Replica } from '@p2p-docstore/core'

/** Which refused changes somebody has not been told of. */
export interface RefusedSince {
  /** Hybrid time. */
  readonly since: number
  /** Keys of those of which they have; the others come to them. */
  readonly told: Set<string>
}

/** Throws `not-delivered` where something that was written in a namespace since then was refused, once for each. */
export async function assertTaken(replica: Replica, namespace: string, { since, told }: RefusedSince): Promise<void> {
  const refused = (await replica.pending(namespace)).filter(({ key, at, refused: why }) => why !== undefined && at >= since && !told.has(key))
  const [first] = refused
  if (first === undefined) return
  for (const { key } of refused) told.add(key)
  const what =
    refused.length === 1
      ? 'The last write was refused, and is at no relay. It is'
      : `${refused.length} writes were refused, and are at no relay. They are`
  throw new DocstoreError('not-delivered', `${what} kept here: \`docstore namespace pending\` shows what, and why`, {
    details: { copies: 0, reason: first.refused, refused: refused.length },
  })
}
