import { asStruct, DAG_JSON, decodeCbor, encodeCbor, isBytes, isFileCid, parseCid, type Verdict } from '@p2p-docstore/core'
import { MAX_CONTENT_FRAME_BYTES, MAX_CONTENT_REQUEST_BYTES } from './limits.ts'

/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** Give me the content of this CID. `passed`: by a relay that was asked itself, so that nobody else is to be asked in turn. */
export interface ContentRequest {
  readonly t: 'content'
  readonly cid: string
  readonly passed: boolean
}

/** What a relay answers. */
export type ContentResponse =
  | { readonly t: 'content'; readonly bytes: Uint8Array }
  | { readonly t: 'none' }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

export function encodeContent(message: ContentRequest | ContentResponse): Uint8Array {
  return encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeContentRequest(frame: Uint8Array): Verdict<ContentRequest> {
  const decoded = decodeCbor(frame, MAX_CONTENT_REQUEST_BYTES)
  if (!decoded.ok) return decoded
  const { t, cid, passed } = asStruct(decoded.value, ['t', 'cid', 'passed']) ?? {}
  return t === 'content' && isText(cid) && (parseCid(DAG_JSON, cid) !== undefined || isFileCid(cid)) && typeof passed === 'boolean'
    ? { ok: true, value: { t, cid, passed } }
    : { ok: false, reason: 'malformed' }
}

/** Reads a response of another peer. */
export function decodeContentResponse(frame: Uint8Array): Verdict<ContentResponse> {
  const decoded = decodeCbor(frame, MAX_CONTENT_FRAME_BYTES)
  if (!decoded.ok) return decoded
  if (asStruct(decoded.value, ['t'])?.['t'] === 'none') return { ok: true, value: { t: 'none' } }
  const content = asStruct(decoded.value, ['t', 'bytes'])
  const bytes = content?.['bytes']
  if (content?.['t'] === 'content' && isBytes(bytes)) return { ok: true, value: { t: 'content', bytes } }
  const { t, code, message } = asStruct(decoded.value, ['t', 'code', 'message']) ?? {}
  return t === 'error' && isText(code) && isText(message) ? { ok: true, value: { t, code, message } } : { ok: false, reason: 'malformed' }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
