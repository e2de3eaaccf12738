import { DocstoreError } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'

/** Resolves when the namespace is here as a whole, where relays keep a part after getting it from others. Throws `unknown-namespace`, `busy`. */
export async function knownNamespace(store: Docstore, ns: string): Promise<void> {
  // Where each relay keeps a part, it may lie at others, whatever its head says by now.
  await store.network?.bring(ns)
  if ((await store.replica.namespace(ns)) === undefined) throw new DocstoreError('unknown-namespace', 'This relay does not have the namespace')
}
