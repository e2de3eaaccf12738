import { fromUtf8, type Replica } from '@p2p-docstore/core'

/** A namespace that moved to the network of the data: its id, and those that it had in networks before. */
export interface MovedNamespace {
  readonly id: string
  readonly before: readonly string[]
}

/** The namespaces that moved. */
export async function movedNamespaces(replica: Pick<Replica, 'listMeta'>): Promise<readonly MovedNamespace[]> {
  const before = new Map<string, string[]>()
  for (const [key, value] of await replica.listMeta('moved/')) {
    const id = fromUtf8(value) ?? ''
    before.set(id, [...(before.get(id) ?? []), key.slice('moved/'.length)])
  }
  return [...before].map(([id, ids]) => ({ id, before: ids }))
}
