import { movedIds, type Replica } from '@p2p-docstore/core'

/** A namespace that moved to the network of the data: its id, and those that it had in networks before. */
export interface MovedNamespace {
  readonly id: string
  readonly before: readonly string[]
}

/** The namespaces that moved. */
export async function movedNamespaces(replica: Pick<Replica, 'listMeta'>): Promise<readonly MovedNamespace[]> {
  const ids = [...(await movedIds(replica))]
  return [...new Set(ids.map(([, id]) => id))].map((id) => ({ id, before: ids.flatMap(([before, now]) => (now === id ? [before] : [])) }))
}
