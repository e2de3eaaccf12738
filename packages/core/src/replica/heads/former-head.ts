import { decodeCbor, encodeCbor, isBytes } from '../../model/encoding/cbor.ts'
import { SIGNATURE_BYTES } from '../../model/keys/identity.ts'
import { MAX_HEAD_BYTES } from '../../model/limits.ts'
import { type ActingDevices, decodeHead, type SignedHead } from '../../model/namespace/namespace.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { FORMER_HEAD } from './head-prefixes.ts'

/** Keeps a head that one of another device takes the place of: should that turn out to be a thief's, it says what the owner had said. */
export async function noteFormer(storage: Storage, { id, head }: OpenNamespace): Promise<void> {
  await storage.setMeta(FORMER_HEAD + id, encodeCbor([head.bytes, head.signature]))
}

/** The head that was kept so, where it still counts. */
export async function formerHead(storage: Storage, { id, genesis }: OpenNamespace, owner: ActingDevices): Promise<SignedHead | undefined> {
  const packed = await storage.getMeta(FORMER_HEAD + id)
  const decoded = packed && decodeCbor(packed, MAX_HEAD_BYTES + 2 * SIGNATURE_BYTES)
  const [bytes, signature]: readonly unknown[] = decoded?.ok === true && Array.isArray(decoded.value) ? decoded.value : []
  if (!isBytes(bytes) || !isBytes(signature)) return undefined
  const head = await decodeHead(bytes, signature, genesis, owner)
  return head.ok ? head.value : undefined
}
