import { fromUtf8, type Replica } from '@p2p-docstore/core'

/** A namespace that moved to the network of the data, by the id that it had in a network before and the one that it has now. */
export interface MovedNamespace {
  readonly from: string
  readonly to: string
}

/** The namespaces that moved, once for each id that they had. */
export async function movedNamespaces(replica: Pick<Replica, 'listMeta'>): Promise<readonly MovedNamespace[]> {
  const stored = await replica.listMeta('moved/')
  return stored.map(([key, value]) => ({ from: key.slice('moved/'.length), to: fromUtf8(value) ?? '' }))
}
