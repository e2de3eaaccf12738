import { decode, encode } from '@ipld/dag-cbor'
import {
  asStruct,
  type Batch,
  type CID,
  DAG_CBOR,
  DAG_JSON,
  DAG_PB,
  equalBytes,
  type FileKey,
  isBytes,
  isOurCid,
  isUint,
  RAW,
  readLastParts,
  type WireRecord,
  type LogParcel,
} from '@p2p-docstore/core'
import { badExport } from './car-reader.ts'
import { MAX_LISTED_BATCHES, MAX_LISTED_FILES, MAX_LISTS } from './limits.ts'

/** Versions of the format that are read. All structures of a file have the same. */
export type ExportVersion = 1 | 2

/** The end of an export: what should have come before it. */
export type ExportEnd = LinkedEnd | CountedEnd

/** The end of version 2, the root of the file. CIDs are text here. */
export interface LinkedEnd {
  readonly t: 'end'
  readonly v: 2
  readonly ns: string
  readonly head: string
  readonly lists: readonly string[]
  readonly files: readonly string[]
  readonly logs: readonly string[]
}

/** Logs of persons and roles, or parts of some. */
export interface LogsBlock {
  readonly t: 'logs'
  readonly logs: readonly LogParcel[]
}

/** The end of version 1. */
export interface CountedEnd {
  readonly t: 'end'
  readonly v: 1
  readonly blocks: number
  readonly digest: Uint8Array
}

/** What links the batches that came before it. */
export interface BatchList {
  readonly t: 'list'
  readonly batches: readonly string[]
}

/** Files whose blocks come after it. */
export interface FileList {
  readonly t: 'files'
  readonly files: readonly FileKey[]
}

/** A batch whose contents are blocks before it. */
export interface LinkedBatch {
  readonly t: 'batch'
  /** The batch once its contents are found; `content` gives the bytes behind a CID. */
  readonly withContents: (content: (cid: string) => Uint8Array) => Batch
}

/** Reads the block of a signed head: the head's own bytes, the signature, and the version of the file. Throws `bad-export`. */
export function decodeSigned(bytes: Uint8Array): { version: ExportVersion; head: Uint8Array; signature: Uint8Array } {
  const value = decodeBlock(bytes)
  const { v, t, head, signature } = asStruct(value, ['v', 't', 'head', 'signature']) ?? {}
  if (t !== 'signed' || !isBytes(signature)) throw badExport('its head is missing')
  if (v !== 1 && v !== 2) throw badExport('it is of a later version')
  return { version: v, head: encode(head), signature }
}

/** Reads a block after the head. Throws `bad-export`. */
export function decodeStruct(bytes: Uint8Array, version: ExportVersion): LinkedBatch | BatchList | FileList | LogsBlock | ExportEnd {
  const value = decodeBlock(bytes)
  const batch = structOf(value, version, 'batch', ['seals', 'records'])
  if (batch !== undefined) return readBatch(batch, version)
  if (version === 1) {
    const end = structOf(value, 1, 'end', ['root', 'records', 'blocks', 'digest'])
    if (end !== undefined) return readCountedEnd(end)
  } else {
    const list = structOf(value, 2, 'list', ['batches'])
    if (list !== undefined) return { t: 'list', batches: readLinks(list['batches'], 1, MAX_LISTED_BATCHES) }
    const files = structOf(value, 2, 'files', ['files'])
    if (files !== undefined) return { t: 'files', files: readFiles(files['files']) }
    const logs = structOf(value, 2, 'logs', ['logs'])
    if (logs !== undefined) return readLogs(logs['logs'])
    const end = structOf(value, 2, 'end', ['ns', 'head', 'lists', 'root', 'records'], ['files', 'logs'])
    if (end !== undefined) return readLinkedEnd(end)
  }
  throw badExport('a block is unknown')
}

type Fields = Readonly<Record<string, unknown>>

/** The value of a block, which is canonical dag-cbor. */
function decodeBlock(bytes: Uint8Array): unknown {
  let value: unknown
  try {
    value = decode(bytes)
  } catch (error) {
    throw badExport('a block is not dag-cbor', error)
  }
  if (!equalBytes(encode(value), bytes)) throw badExport('a block is not canonical')
  return value
}

function structOf(
  value: unknown,
  version: ExportVersion,
  type: string,
  names: readonly string[],
  optional: readonly string[] = [],
): Fields | undefined {
  const struct = asStruct(value, ['v', 't', ...names], optional)
  return struct?.['v'] === version && struct['t'] === type ? struct : undefined
}

function readBatch({ seals, records }: Fields, version: ExportVersion): LinkedBatch {
  if (!Array.isArray(seals) || !Array.isArray(records)) throw badExport('a batch cannot be read')
  return {
    t: 'batch',
    withContents: (content) => ({ seals: seals.map(readSeal), records: records.map((record: unknown) => readRecord(record, version, content)) }),
  }
}

function readCountedEnd({ root, records, blocks, digest }: Fields): CountedEnd {
  if (typeof root !== 'string' || !isUint(records) || !isUint(blocks) || !isBytes(digest)) throw badExport('its end cannot be read')
  return { t: 'end', v: 1, blocks, digest }
}

function readLinkedEnd({ ns, head, lists, files, logs, root, records }: Fields): LinkedEnd {
  if (typeof root !== 'string' || !isUint(records)) throw badExport('its end cannot be read')
  return {
    t: 'end',
    v: 2,
    ns: readLink(ns),
    head: readLink(head),
    lists: readLinks(lists, 0, MAX_LISTS),
    files: files === undefined ? [] : readLinks(files, 1, MAX_LISTS),
    logs: logs === undefined ? [] : readLinks(logs, 1, MAX_LISTS),
  }
}

function readLogs(value: unknown): LogsBlock {
  if (!Array.isArray(value) || value.length === 0) throw badExport('logs cannot be read')
  return { t: 'logs', logs: value.map(readLog) }
}

function readLog(value: unknown): LogParcel {
  const [log, genesis, acts, ...more]: readonly unknown[] = Array.isArray(value) ? value : []
  if (!isBytes(log) || !(genesis === null || isBytes(genesis)) || !Array.isArray(acts) || more.length > 0) throw badExport('a log cannot be read')
  const read = acts.map((act: unknown) => {
    const [bytes, signature, ...rest]: readonly unknown[] = Array.isArray(act) ? act : []
    if (!isBytes(bytes) || !isBytes(signature) || rest.length > 0) throw badExport('an act cannot be read')
    return { bytes, signature }
  })
  return { log, ...(genesis === null ? {} : { genesis }), acts: read }
}

function readFiles(value: unknown): readonly FileKey[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LISTED_FILES) throw badExport('a list of files cannot be read')
  return value.map((file: unknown) => {
    const [cid, size, ...more]: readonly unknown[] = Array.isArray(file) ? file : []
    if (!(isOurCid(cid, RAW) || isOurCid(cid, DAG_PB)) || !isUint(size) || more.length > 0) throw badExport('a list of files cannot be read')
    return { cid: cid.toString(), size }
  })
}

function readLinks(value: unknown, least: number, most: number): readonly string[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) throw badExport('a list cannot be read')
  return value.map(readLink)
}

function readLink(value: unknown): string {
  if (!isOurCid(value, DAG_CBOR)) throw badExport('a link cannot be read')
  return value.toString()
}

function readSeal(seal: unknown): Batch['seals'][number] {
  const [by, signature, hashes, ...more]: readonly unknown[] = Array.isArray(seal) ? seal : []
  if (!isBytes(by) || !isBytes(signature) || !isBytes(hashes) || more.length > 0) throw badExport('a seal cannot be read')
  return { by, signature, hashes }
}

function readRecord(record: unknown, version: ExportVersion, content: (cid: string) => Uint8Array): WireRecord {
  const [key, at, link, seal, prev, exp, ...last]: readonly unknown[] = Array.isArray(record) ? record : []
  const isShaped = (typeof key === 'string' || isBytes(key)) && isUint(at) && isUint(seal)
  const more = isShaped ? readLastParts(last, at) : undefined
  const erased = version === 2 ? readErased(link) : undefined
  if (
    !isShaped ||
    more === undefined ||
    !(link === null || erased !== undefined || isContentLink(link, version)) ||
    !(prev === null || isBytes(prev)) ||
    !(exp === null || isUint(exp))
  ) {
    throw badExport('a record cannot be read')
  }
  const common = { key, at, seal, prev, exp, ...more }
  return erased === undefined
    ? { ...common, content: isContentLink(link, version) ? content(link.toString()) : null }
    : { ...common, content: null, erased }
}

/** What stands in the place of a content that has expired. */
function readErased(value: unknown): WireRecord['erased'] {
  if (!Array.isArray(value)) return undefined
  const [digest, size, ...more]: readonly unknown[] = value
  return isBytes(digest) && isUint(size) && more.length === 0 ? { digest, size } : undefined
}

function isContentLink(value: unknown, version: ExportVersion): value is CID {
  return isOurCid(value, DAG_JSON) || (version === 2 && isOurCid(value, RAW))
}
