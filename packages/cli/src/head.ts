import { ANY_DEVICE, DAG_CBOR, decodeGenesis, decodeHead, DocstoreError, parseCid } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'

/** The winning head of a namespace, as JSON. */
export async function headOf(store: Docstore, id: string) {
  const [stored, net] = [await store.replica.exportNamespace(id), parseCid(DAG_CBOR, store.info.network.id)]
  const genesis = stored && net && decodeGenesis(stored.genesis, net)
  const decoded = stored && genesis?.ok === true ? await decodeHead(stored.head, stored.signature, genesis.value, ANY_DEVICE) : undefined
  if (decoded?.ok !== true) throw new DocstoreError('unknown-namespace', `The namespace ${id} is not here`)
  const { epoch, seq, body } = decoded.value.head
  const { next = null, created: _, listed = false, collections: __, ...rest } = body
  const info = await store.replica.namespace(id)
  const namespace = await store.namespaces.open(id)
  const [rules, roles] = [await namespace.rules(), await namespace.members()]
  return { id, epoch, seq, roles, ...rest, rules, listed, ended: info?.ended ?? null, next: next === null ? null : next.toString() }
}
