import * as dagCbor from '@ipld/dag-cbor'
import { isBytes, isUint } from './cbor.ts'
import { MAX_TIME } from './clock.ts'
import { MAX_CONTENT_BYTES, MAX_KEY_BYTES } from './limits.ts'
import type { Seal } from './seal.ts'
import { accept, refuse, type Verdict } from './verdict.ts'

/** A record on its way between peers. What the batch or its scope says already (network, namespace, author, CID) is left out. */
export interface WireRecord {
  /** The key of a put, or the key hash of a delete. */
  readonly key: string | Uint8Array
  readonly at: number
  /** Content of a put, UTF-8 canonical JSON; `null` for a delete. */
  readonly content: Uint8Array | null
  /** Which seal of the batch covers it. */
  readonly seal: number
  readonly prev: Uint8Array | null
  readonly exp: number | null
}

/** Records with the seals that cover them: the unit in which documents travel. All are of one namespace. */
export interface Batch {
  readonly seals: readonly Seal[]
  readonly records: readonly WireRecord[]
}

/** Most records in one batch. Bounds the work that one frame can ask for. */
export const MAX_BATCH_RECORDS = 2048

/** Bytes that a record adds to a batch beside its content, at most; used to fill frames without encoding twice. */
export const RECORD_OVERHEAD_BYTES = 80
/** Bytes that a seal adds beside its hashes. */
export const SEAL_OVERHEAD_BYTES = 112

/** dag-cbor of `[[[by, signature, hashes]…], [[key, at, content, seal, prev, exp]…]]`. */
export function encodeBatch({ seals, records }: Batch): Uint8Array<ArrayBuffer> {
  return dagCbor.encode([
    seals.map(({ by, signature, hashes }) => [by, signature, hashes]),
    records.map(({ key, at, content, seal, prev, exp }) => [key, at, content, seal, prev, exp]),
  ]) as Uint8Array<ArrayBuffer>
}

/** Reads a batch. Checks its shape only; seals, policies and contents are judged record by record. */
export function decodeBatch(bytes: Uint8Array): Verdict<Batch> {
  let value: unknown
  try {
    value = dagCbor.decode(bytes)
  } catch {
    return refuse('malformed')
  }
  if (!Array.isArray(value) || value.length !== 2) return refuse('malformed')
  const [sealList, recordList]: unknown[] = value
  if (!Array.isArray(sealList) || !Array.isArray(recordList)) return refuse('malformed')
  if (recordList.length > MAX_BATCH_RECORDS || sealList.length > recordList.length) return refuse('too-large')
  const seals: Seal[] = []
  for (const item of sealList as unknown[]) {
    if (!Array.isArray(item) || item.length !== 3) return refuse('malformed')
    const [by, signature, hashes]: unknown[] = item
    if (!isBytes(by) || !isBytes(signature) || !isBytes(hashes)) return refuse('malformed')
    seals.push({ by, signature, hashes })
  }
  const records: WireRecord[] = []
  for (const item of recordList as unknown[]) {
    if (!Array.isArray(item) || item.length !== 6) return refuse('malformed')
    const [key, at, content, seal, prev, exp]: unknown[] = item
    if (!isUint(at) || at > MAX_TIME || !isUint(seal) || seal >= seals.length) return refuse('malformed')
    if (!(prev === null || isBytes(prev, 32)) || !(exp === null || isUint(exp))) return refuse('malformed')
    if (typeof key === 'string') {
      if (!isBytes(content)) return refuse('malformed')
      if (key.length > MAX_KEY_BYTES || content.length > MAX_CONTENT_BYTES) return refuse('too-large')
      records.push({ key, at, content, seal, prev, exp })
    } else {
      if (!isBytes(key, 32) || content !== null) return refuse('malformed')
      records.push({ key, at, content, seal, prev, exp })
    }
  }
  return accept({ seals, records })
}
