import { decodeGenesis, decodeHead, headWins, type SignedHead } from '../../model/namespace/namespace.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { Network } from '../../model/network/network.ts'
import { MAX_LISTING_BYTES } from '../limits.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { NamespaceBytes } from '../types.ts'

/** Those that their owners list, with ids greater than `after`, rising by UTF-16 units, as many as fit into a message. */
export function listedAfter(all: Iterable<OpenNamespace>, after: string): { readonly namespaces: readonly OpenNamespace[]; readonly more: boolean } {
  const namespaces: OpenNamespace[] = []
  let bytes = 0
  const listed = [...all].filter(({ id, head }) => id > after && head.head.body.listed === true)
  for (const one of listed.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { genesis, head } = one
    bytes += genesis.bytes.length + head.bytes.length + head.signature.length
    if (namespaces.length > 0 && bytes > MAX_LISTING_BYTES) return { namespaces, more: true }
    namespaces.push(one)
  }
  return { namespaces, more: false }
}

/** A namespace that somebody else told of, checked, with its newest known head. */
export async function readForeign(
  { genesis, head, signature }: NamespaceBytes,
  network: Network,
  get: (id: string) => OpenNamespace | undefined,
): Promise<
  | { readonly namespace: Pick<OpenNamespace, 'id' | 'genesis' | 'head' | 'lost'>; readonly theirs: SignedHead; readonly isHere: boolean }
  | { readonly refused: Refusal }
> {
  const decoded = decodeGenesis(genesis, network.cid)
  if (!decoded.ok) return { refused: decoded.reason }
  const signed = await decodeHead(head, signature, decoded.value)
  if (!signed.ok) return { refused: signed.reason }
  const id = decoded.value.cid.toString()
  const known = get(id)
  const namespace = known !== undefined && !headWins(signed.value, known.head) ? known : { id, genesis: decoded.value, head: signed.value }
  return { namespace, theirs: signed.value, isHere: known !== undefined }
}
