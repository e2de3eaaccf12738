import { type ActingDevices, ANY_DEVICE, decodeGenesis, decodeHead, headWins, type SignedHead } from '../../model/namespace/namespace.ts'
import { keyOf, personOf } from '../../model/people/author.ts'
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

/** What is here already. */
interface KnownHere {
  readonly get: (id: string) => OpenNamespace | undefined
  /** What is known of a person, by digest. */
  readonly owner: (person: Uint8Array) => Promise<ActingDevices | undefined>
}

/** A namespace that somebody else told of, checked, with its newest known head. */
export async function readForeign(
  { genesis, head, signature }: NamespaceBytes,
  network: Network,
  { get, owner }: KnownHere,
): Promise<
  | { readonly namespace: Pick<OpenNamespace, 'id' | 'genesis' | 'head' | 'lost'>; readonly theirs: SignedHead; readonly isHere: boolean }
  | { readonly refused: Refusal }
> {
  const decoded = decodeGenesis(genesis, network.cid)
  if (!decoded.ok) return { refused: decoded.reason }
  // Who the devices of a person are is not known of those whose namespaces are not here. It is only shown.
  const signed = await decodeHead(head, signature, decoded.value, ANY_DEVICE)
  if (!signed.ok) return { refused: signed.reason }
  const { by, at } = signed.value.head
  const person = personOf(by)
  // Of an epoch that is not known here the log may only not have come yet.
  const acts = person && (await owner(person))?.acts(keyOf(by), at)
  if (acts !== undefined && acts !== 'yes') return { refused: acts }
  const id = decoded.value.cid.toString()
  const known = get(id)
  const namespace = known !== undefined && !headWins(signed.value, known.head) ? known : { id, genesis: decoded.value, head: signed.value }
  return { namespace, theirs: signed.value, isHere: known !== undefined }
}
