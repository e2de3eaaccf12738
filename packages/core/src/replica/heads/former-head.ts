import { equalBytes } from '../../model/bytes.ts'
import { decodeCbor, encodeCbor, isBytes } from '../../model/encoding/cbor.ts'
import { type ActingDevices, decodeHead, headWins, type SignedHead } from '../../model/namespace/namespace.ts'
import type { Storage } from '../../storage/storage.ts'
import { MAX_FORMER_HEADS } from '../limits.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { FORMER_HEAD } from './head-prefixes.ts'

type Packed = readonly [by: Uint8Array, bytes: Uint8Array, signature: Uint8Array]

/** Keeps a head that one of another device takes the place of, the last of each device: should that other one turn out to be a thief's, they say what the owner had said. */
export async function noteFormer(storage: Storage, { id, head }: OpenNamespace): Promise<void> {
  const others = (await kept(storage, id)).filter(([by]) => !equalBytes(by, head.head.by))
  const all: readonly Packed[] = [[head.head.by, head.bytes, head.signature], ...others]
  await storage.setMeta(FORMER_HEAD + id, encodeCbor(all.slice(0, MAX_FORMER_HEADS)))
}

/** Of the heads that were kept so, the one that wins among those that count by what the log of the owner says now. */
export async function formerHead(
  storage: Storage,
  { id, genesis }: Pick<OpenNamespace, 'id' | 'genesis'>,
  owner: ActingDevices,
): Promise<SignedHead | undefined> {
  let best: SignedHead | undefined
  for (const [, bytes, signature] of await kept(storage, id)) {
    const head = await decodeHead(bytes, signature, genesis, owner)
    if (head.ok && (best === undefined || headWins(head.value, best))) best = head.value
  }
  return best
}

/** Who came last comes first. */
async function kept(storage: Storage, id: string): Promise<readonly Packed[]> {
  const packed = await storage.getMeta(FORMER_HEAD + id)
  const decoded = packed && decodeCbor(packed, packed.length)
  if (decoded?.ok !== true || !Array.isArray(decoded.value)) return []
  return decoded.value.flatMap((one): Packed[] => {
    const [by, bytes, signature]: readonly unknown[] = Array.isArray(one) ? one : []
    return isBytes(by) && isBytes(bytes) && isBytes(signature) ? [[by, bytes, signature]] : []
  })
}
