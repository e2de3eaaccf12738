import { asStruct, decodeCbor, encodeCbor, isBytes, isUint, type LogParcel, type Signed, type Verdict } from '@p2p-docstore/core'
import { MAX_STATEMENT_BYTES, usernameFault } from '@p2p-docstore/core/people/names'
import { MAX_ACTS, MAX_ASKED, MAX_NAMES_FRAME_BYTES, MAX_NAMES_OF_PERSON, MAX_STATEMENTS } from './limits.ts'

/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512
const DIGEST_BYTES = 32
const SIGNATURE_BYTES = 64

export type NamesRequest =
  /** What was said about these names? `passed`: by a relay that was asked itself, and is not to be asked in turn. */
  | { readonly t: 'about'; readonly names: readonly string[]; readonly passed: boolean }
  /** Which names did these persons, by their digests, claim? */
  | { readonly t: 'of'; readonly persons: readonly Uint8Array[] }
  /** The log of a person with a name, from an act on. */
  | { readonly t: 'log'; readonly person: Uint8Array; readonly from: number }
  /** A part of the log of a person, without which what follows cannot be judged. */
  | { readonly t: 'learn'; readonly genesis: Uint8Array; readonly acts: LogParcel['acts'] }
  /** Asks an authority for a name. */
  | { readonly t: 'claim'; readonly claim: Signed }
  /** Asks an authority to say that it never grants a claim, which some others have granted. */
  | { readonly t: 'deny'; readonly claim: Signed }
  /** Brings statements. */
  | { readonly t: 'tell'; readonly statements: readonly Signed[] }

export type NamesResponse =
  /** About the first `taken` of the names. */
  | { readonly t: 'about'; readonly statements: readonly Signed[]; readonly taken: number }
  /** For each person that was asked about. */
  | { readonly t: 'of'; readonly names: readonly (readonly string[])[] }
  | { readonly t: 'log'; readonly genesis: Uint8Array; readonly acts: LogParcel['acts']; readonly more: boolean }
  | { readonly t: 'none' }
  /** The grant of an authority. */
  | { readonly t: 'granted'; readonly grant: Signed }
  /** The denial of an authority. */
  | { readonly t: 'denied'; readonly denial: Signed }
  /** Acts or statements that were new, and are kept. */
  | { readonly t: 'taken'; readonly count: number }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

export function encodeNames(message: NamesRequest | NamesResponse): Uint8Array {
  return encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeNamesRequest(frame: Uint8Array): Verdict<NamesRequest> {
  const decoded = decodeCbor(frame, MAX_NAMES_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const request = readRequest(decoded.value)
  return request === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: request }
}

function readRequest(value: unknown): NamesRequest | undefined {
  switch (typeOf(value)) {
    case 'about': {
      const { names, passed } = asStruct(value, ['t', 'names', 'passed']) ?? {}
      return isAskedList(names, isUsername) && typeof passed === 'boolean' ? { t: 'about', names, passed } : undefined
    }
    case 'of': {
      const { persons } = asStruct(value, ['t', 'persons']) ?? {}
      return isAskedList(persons, isDigest) ? { t: 'of', persons } : undefined
    }
    case 'log': {
      const { person, from } = asStruct(value, ['t', 'person', 'from']) ?? {}
      return isDigest(person) && isUint(from) ? { t: 'log', person, from } : undefined
    }
    case 'learn': {
      const { genesis, acts } = asStruct(value, ['t', 'genesis', 'acts']) ?? {}
      const read = readSigned(acts, MAX_ACTS)
      return isBytes(genesis) && read !== undefined ? { t: 'learn', genesis, acts: read } : undefined
    }
    case 'claim':
    case 'deny': {
      const { t, claim } = asStruct(value, ['t', 'claim']) ?? {}
      const read = asStatement(claim)
      return read === undefined ? undefined : { t: t === 'deny' ? t : 'claim', claim: read }
    }
    case 'tell': {
      const { statements } = asStruct(value, ['t', 'statements']) ?? {}
      const read = readSigned(statements, MAX_STATEMENTS, MAX_STATEMENT_BYTES)
      return read === undefined ? undefined : { t: 'tell', statements: read }
    }
    default:
      return undefined
  }
}

/** Reads a response of another peer. */
export function decodeNamesResponse(frame: Uint8Array): Verdict<NamesResponse> {
  const decoded = decodeCbor(frame, MAX_NAMES_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const response = readResponse(decoded.value)
  return response === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: response }
}

function readResponse(value: unknown): NamesResponse | undefined {
  switch (typeOf(value)) {
    case 'about': {
      const { statements, taken } = asStruct(value, ['t', 'statements', 'taken']) ?? {}
      const read = readSigned(statements, MAX_ASKED * MAX_STATEMENTS, MAX_STATEMENT_BYTES)
      return read !== undefined && isUint(taken) && taken > 0 && taken <= MAX_ASKED ? { t: 'about', statements: read, taken } : undefined
    }
    case 'of': {
      const { names } = asStruct(value, ['t', 'names']) ?? {}
      const isList = (list: unknown): list is readonly string[] => Array.isArray(list) && list.length <= MAX_NAMES_OF_PERSON && list.every(isUsername)
      return Array.isArray(names) && names.length <= MAX_ASKED && names.every(isList) ? { t: 'of', names } : undefined
    }
    case 'log': {
      const { genesis, acts, more } = asStruct(value, ['t', 'genesis', 'acts', 'more']) ?? {}
      const read = readSigned(acts, MAX_ACTS)
      return isBytes(genesis) && read !== undefined && typeof more === 'boolean' ? { t: 'log', genesis, acts: read, more } : undefined
    }
    case 'none':
      return asStruct(value, ['t']) && { t: 'none' }
    case 'granted': {
      const { grant } = asStruct(value, ['t', 'grant']) ?? {}
      const read = asStatement(grant)
      return read === undefined ? undefined : { t: 'granted', grant: read }
    }
    case 'denied': {
      const { denial } = asStruct(value, ['t', 'denial']) ?? {}
      const read = asStatement(denial)
      return read === undefined ? undefined : { t: 'denied', denial: read }
    }
    case 'taken': {
      const { count } = asStruct(value, ['t', 'count']) ?? {}
      return isUint(count) ? { t: 'taken', count } : undefined
    }
    case 'error': {
      const { code, message } = asStruct(value, ['t', 'code', 'message']) ?? {}
      return isText(code) && isText(message) ? { t: 'error', code, message } : undefined
    }
    default:
      return undefined
  }
}

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 't' in value ? value.t : undefined
}

function isAskedList<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MAX_ASKED && value.every(is)
}

function isUsername(value: unknown): value is string {
  return typeof value === 'string' && usernameFault(value) === undefined
}

function isDigest(value: unknown): value is Uint8Array {
  return isBytes(value, DIGEST_BYTES)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}

function asStatement(value: unknown): Signed | undefined {
  return readSigned([value], 1, MAX_STATEMENT_BYTES)?.[0]
}

/** Acts and statements travel alike. */
function readSigned(value: unknown, maxCount: number, maxBytes = Number.POSITIVE_INFINITY): readonly Signed[] | undefined {
  if (!Array.isArray(value) || value.length > maxCount) return undefined
  const read = value.flatMap((one): Signed[] => {
    const { bytes, signature } = asStruct(one, ['bytes', 'signature']) ?? {}
    return isBytes(bytes) && bytes.length <= maxBytes && isBytes(signature, SIGNATURE_BYTES) ? [{ bytes, signature }] : []
  })
  return read.length === value.length ? read : undefined
}
