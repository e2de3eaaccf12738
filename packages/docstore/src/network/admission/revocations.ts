import { decodeCbor, DocstoreError, sha256, toHex } from '@p2p-docstore/core'
import { MAX_REVOCATIONS } from '../limits.ts'
import type { Meta } from './invitation.ts'

/** Name prefix of invitations that were taken back, among the small values of the peer; a hash follows. Each has its own, so that none is written twice. */
const REVOKED = 'revocations/'
/** Name of the list of them that earlier versions wrote, and its largest size, bytes. */
const REVOCATIONS = 'revocations'
const MAX_LIST_BYTES: number = 2 * 1024 * 1024

/** Packed revocations that this data knows. */
export async function knownRevocations(meta: Meta): Promise<readonly Uint8Array[]> {
  const stored = await meta.getMeta(REVOCATIONS)
  const decoded = stored && decodeCbor(stored, MAX_LIST_BYTES)
  const earlier = decoded?.ok === true && Array.isArray(decoded.value) ? decoded.value.filter((packed) => packed instanceof Uint8Array) : []
  return [...earlier, ...(await meta.listMeta(REVOKED)).map(([, packed]) => packed)]
}

/** Remembers one. */
export async function rememberRevocation(meta: Pick<Meta, 'setMeta'>, packed: Uint8Array): Promise<void> {
  await meta.setMeta(REVOKED + toHex(sha256(packed)), packed)
}

/** Why no more can be taken back: none is ever forgotten. */
export function tooManyRevocations(): DocstoreError {
  return new DocstoreError(
    'too-many-revocations',
    `A network remembers at most ${MAX_REVOCATIONS} revoked invitations. Let invitations expire instead, or begin a new network`,
  )
}
