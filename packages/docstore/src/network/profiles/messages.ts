import { asStruct, decodeCbor, DAG_CBOR, encodeCbor, isBytes, isUint, type NamespaceBytes, parseCid, type Verdict } from '@p2p-docstore/core'
import { MAX_ASKED_PROFILES, MAX_PROFILES_FRAME_BYTES } from './limits.ts'

/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** Which profiles, by the ids of their namespaces: each follows from the owner. */
export interface ProfilesRequest {
  readonly t: 'profiles'
  readonly ids: readonly string[]
}

/** What a relay answers. */
export type ProfilesResponse =
  /** Those that it has of the first `taken` ids, in their order. */
  | { readonly t: 'profiles'; readonly profiles: readonly NamespaceBytes[]; readonly taken: number }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

export function encodeProfiles(message: ProfilesRequest | ProfilesResponse): Uint8Array {
  return encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeProfilesRequest(frame: Uint8Array): Verdict<ProfilesRequest> {
  const decoded = decodeCbor(frame, MAX_PROFILES_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const { t, ids } = asStruct(decoded.value, ['t', 'ids']) ?? {}
  if (t !== 'profiles' || !Array.isArray(ids) || ids.length === 0 || ids.length > MAX_ASKED_PROFILES) return { ok: false, reason: 'malformed' }
  return ids.every(isId) ? { ok: true, value: { t, ids } } : { ok: false, reason: 'malformed' }
}

/** Reads a response of another peer. */
export function decodeProfilesResponse(frame: Uint8Array): Verdict<ProfilesResponse> {
  const decoded = decodeCbor(frame, MAX_PROFILES_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const { t, profiles, taken } = asStruct(decoded.value, ['t', 'profiles', 'taken']) ?? {}
  if (t === 'profiles' && Array.isArray(profiles) && isUint(taken) && taken > 0 && profiles.length <= taken && taken <= MAX_ASKED_PROFILES) {
    const read = profiles.map(asNamespace).filter((one) => one !== undefined)
    if (read.length === profiles.length) return { ok: true, value: { t, profiles: read, taken } }
  }
  const error = asStruct(decoded.value, ['t', 'code', 'message'])
  const [code, message] = [error?.['code'], error?.['message']]
  return error?.['t'] === 'error' && isText(code) && isText(message)
    ? { ok: true, value: { t: 'error', code, message } }
    : { ok: false, reason: 'malformed' }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && parseCid(DAG_CBOR, value) !== undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}

function asNamespace(value: unknown): NamespaceBytes | undefined {
  const { genesis, head, signature } = asStruct(value, ['genesis', 'head', 'signature']) ?? {}
  return isBytes(genesis) && isBytes(head) && isBytes(signature) ? { genesis, head, signature } : undefined
}
