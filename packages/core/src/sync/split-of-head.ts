import { decodeCbor, isUint } from '../model/encoding/cbor.ts'
import { MAX_HEAD_BYTES, MAX_SPLIT } from '../model/limits.ts'

/** How often a namespace is halved by the bytes of its head, before anybody has judged these; 0 where they do not say. */
export function splitOfHead(bytes: Uint8Array): number {
  const decoded = decodeCbor(bytes, MAX_HEAD_BYTES)
  const { body } = (decoded.ok ? (decoded.value ?? {}) : {}) as { readonly body?: { readonly split?: unknown } | null }
  const split = body?.split
  return isUint(split) && split <= MAX_SPLIT ? split : 0
}
