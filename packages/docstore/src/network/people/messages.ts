import {
  asStruct,
  DAG_CBOR,
  decodeCbor,
  encodeCbor,
  isAuthorKey,
  isBytes,
  isUint,
  type LogParcel,
  MAX_PERSON_BYTES,
  parseCid,
  sha256,
  type Verdict,
} from '@p2p-docstore/core'
import { MAX_ACTS, MAX_IDS, MAX_OTHERS, MAX_PEOPLE_FRAME_BYTES } from './limits.ts'

/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** Who has this recovery key? Acts of the log from a number on, and namespaces behind an id. */
export interface FindRequest {
  readonly t: 'find'
  readonly key: Uint8Array
  /** Of `findHash`, in domain `find`: nobody else is told where somebody writes. */
  readonly signature: Uint8Array
  readonly from: number
  readonly after: string
  /** Of which of several persons, by digest: where the relay has told of others. */
  readonly person?: Uint8Array
}

/** What a relay answers. */
export type FindResponse =
  | {
      readonly t: 'person'
      readonly genesis: Uint8Array
      readonly acts: LogParcel['acts']
      readonly moreActs: boolean
      readonly namespaces: readonly string[]
      readonly moreNamespaces: boolean
      /** Geneses of other persons who name the same recovery key; left out where there are none. */
      readonly others?: readonly Uint8Array[]
    }
  | { readonly t: 'none' }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

/** What the recovery key signs: that this peer may ask that relay. It says nothing to any other. */
export function findHash(network: string, asker: string, relay: string): Uint8Array {
  return sha256(encodeCbor({ v: 1, t: 'find', network, asker, relay }))
}

export function encodeFind(message: FindRequest | FindResponse): Uint8Array {
  return encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeFindRequest(frame: Uint8Array): Verdict<FindRequest> {
  const decoded = decodeCbor(frame, MAX_PEOPLE_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const { t, key, signature, from, after, person } = asStruct(decoded.value, ['t', 'key', 'signature', 'from', 'after'], ['person']) ?? {}
  const isKey = isBytes(key, 34) && isAuthorKey(key)
  if (t !== 'find' || !isKey || !isBytes(signature, 64) || !isUint(from) || !(after === '' || isId(after))) return { ok: false, reason: 'malformed' }
  if (!(person === undefined || isBytes(person, 32))) return { ok: false, reason: 'malformed' }
  return { ok: true, value: { t, key, signature, from, after, ...(person && { person }) } }
}

/** Reads a response of another peer. */
export function decodeFindResponse(frame: Uint8Array): Verdict<FindResponse> {
  const decoded = decodeCbor(frame, MAX_PEOPLE_FRAME_BYTES)
  if (!decoded.ok) return decoded
  if (asStruct(decoded.value, ['t'])?.['t'] === 'none') return { ok: true, value: { t: 'none' } }
  const error = asStruct(decoded.value, ['t', 'code', 'message'])
  const { t: type, code, message } = error ?? {}
  if (type === 'error' && isText(code) && isText(message)) return { ok: true, value: { t: 'error', code, message } }
  const person = asStruct(decoded.value, ['t', 'genesis', 'acts', 'moreActs', 'namespaces', 'moreNamespaces'], ['others']) ?? {}
  const { t, genesis, acts, moreActs, namespaces, moreNamespaces, others } = person
  if (
    t === 'person' &&
    isBytes(genesis) &&
    Array.isArray(acts) &&
    acts.length <= MAX_ACTS &&
    Array.isArray(namespaces) &&
    namespaces.length <= MAX_IDS &&
    (others === undefined || isOthers(others))
  ) {
    const read = acts.map(asAct).filter((act) => act !== undefined)
    if (read.length === acts.length && typeof moreActs === 'boolean' && typeof moreNamespaces === 'boolean' && namespaces.every(isId))
      return { ok: true, value: { t, genesis, acts: read, moreActs, namespaces, moreNamespaces, ...(others && { others }) } }
  }
  return { ok: false, reason: 'malformed' }
}

function isOthers(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.length <= MAX_OTHERS && value.every((one) => isBytes(one) && one.length <= MAX_PERSON_BYTES)
}

function asAct(value: unknown): LogParcel['acts'][number] | undefined {
  const { bytes, signature } = asStruct(value, ['bytes', 'signature']) ?? {}
  return isBytes(bytes) && isBytes(signature, 64) ? { bytes, signature } : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && parseCid(DAG_CBOR, value) !== undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
