import type { Docstore, Namespace } from 'p2p-docstore'

/** Calls back when a namespace, or who may do what in it, may have changed; returns the way to stop. */
export function onHeads(store: Docstore, namespace: Namespace, nudge: () => void): () => void {
  return store.replica.onCommit(({ namespace: id, head }) => (id === namespace.id && head === true ? nudge() : undefined))
}
