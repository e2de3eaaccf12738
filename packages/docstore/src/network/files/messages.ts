import { asStruct, decodeCbor, encodeCbor, isFileCid, isUint, MAX_FILE_BYTES, parseCid, DAG_CBOR, type Verdict } from '@p2p-docstore/core'
import { decodeBlockFrame, encodeBlockFrame } from './block-frame.ts'
import { MAX_BLOCK_FRAME_BYTES, MAX_REQUEST_BYTES } from './limits.ts'

/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** What is asked of a peer. */
export type FileRequest =
  /** Give me this block. */
  | { readonly t: 'block'; readonly cid: string }
  /** Do you have all of this file, which I have? Wait up to `wait` milliseconds until you do. */
  | { readonly t: 'whole'; readonly ns: string; readonly cid: string; readonly size: number; readonly wait: number }

/** What it answers. */
export type FileResponse =
  | { readonly t: 'block'; readonly bytes: Uint8Array }
  | { readonly t: 'none' }
  | { readonly t: 'whole'; readonly whole: boolean }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

export function encodeFileMessage(message: FileRequest | FileResponse): Uint8Array {
  return message.t === 'block' && 'bytes' in message ? encodeBlockFrame(message.bytes) : encodeCbor(message)
}

/** Reads a request of another peer. */
export function decodeFileRequest(frame: Uint8Array): Verdict<FileRequest> {
  const decoded = decodeCbor(frame, MAX_REQUEST_BYTES)
  if (!decoded.ok) return decoded
  const block = asStruct(decoded.value, ['t', 'cid'])
  if (block?.['t'] === 'block' && isCidText(block['cid'])) return { ok: true, value: { t: 'block', cid: block['cid'] } }
  const { t, ns, cid, size, wait } = asStruct(decoded.value, ['t', 'ns', 'cid', 'size', 'wait']) ?? {}
  const isWhole = t === 'whole' && typeof ns === 'string' && parseCid(DAG_CBOR, ns) !== undefined && isUint(size) && size <= MAX_FILE_BYTES
  if (isWhole && isCidText(cid) && isUint(wait)) return { ok: true, value: { t, ns, cid, size, wait } }
  return { ok: false, reason: 'malformed' }
}

/** Reads a response of another peer. */
export function decodeFileResponse(frame: Uint8Array): Verdict<FileResponse> {
  const bytes = frame.length > MAX_BLOCK_FRAME_BYTES ? undefined : decodeBlockFrame(frame)
  if (bytes !== undefined) return { ok: true, value: { t: 'block', bytes } }
  const decoded = decodeCbor(frame, MAX_BLOCK_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const response = readResponse(decoded.value)
  return response === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: response }
}

function readResponse(value: unknown): FileResponse | undefined {
  if (asStruct(value, ['t'])?.['t'] === 'none') return { t: 'none' }
  const whole = asStruct(value, ['t', 'whole'])
  if (whole?.['t'] === 'whole' && typeof whole['whole'] === 'boolean') return { t: 'whole', whole: whole['whole'] }
  const { t, code, message } = asStruct(value, ['t', 'code', 'message']) ?? {}
  return t === 'error' && isText(code) && isText(message) ? { t, code, message } : undefined
}

function isCidText(value: unknown): value is string {
  return isText(value) && isFileCid(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
