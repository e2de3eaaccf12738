import { decode, encode } from '@ipld/dag-cbor'
import { type Batch, equalBytes, type WireRecord } from '@p2p-docstore/core'
import { CID } from 'multiformats/cid'
import { badExport } from './car-reader.ts'

/** The end of an export: what should have come before it. */
export interface ExportEnd {
  readonly t: 'end'
  readonly root: string
  readonly records: number
  readonly blocks: number
  readonly digest: Uint8Array
}

/** A batch whose contents are blocks before it. */
export interface LinkedBatch {
  readonly t: 'batch'
  /** The batch once its contents are found; `content` gives the bytes behind a CID. */
  readonly withContents: (content: (cid: string) => Uint8Array) => Batch
}

/** Reads the block of a signed head: the head's own bytes, and the signature. Throws `bad-export`. */
export function decodeSigned(bytes: Uint8Array): { head: Uint8Array; signature: Uint8Array } {
  const { v, t, head, signature } = decodeMap(bytes)
  if (v !== 1 || t !== 'signed' || !(signature instanceof Uint8Array)) throw badExport('its head is missing')
  return { head: encode(head), signature }
}

/** Reads a block after the head. Throws `bad-export`. */
export function decodeStruct(bytes: Uint8Array): LinkedBatch | ExportEnd {
  const { v, t, seals, records, root, blocks, digest } = decodeMap(bytes)
  if (v !== 1) throw badExport('it is of a later version')
  if (t === 'batch') {
    if (!Array.isArray(seals) || !Array.isArray(records)) throw badExport('a batch cannot be read')
    return { t, withContents: (content) => ({ seals: seals.map(readSeal), records: records.map((record: unknown) => readRecord(record, content)) }) }
  }
  if (t === 'end' && typeof root === 'string' && isUint(records) && isUint(blocks) && digest instanceof Uint8Array)
    return { t, root, records, blocks, digest }
  throw badExport('a block is unknown')
}

function decodeMap(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = decode(bytes)
  } catch (error) {
    throw badExport('a block is not dag-cbor', error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badExport('a block is unknown')
  if (!equalBytes(encode(value), bytes)) throw badExport('a block is not canonical')
  return value as Readonly<Record<string, unknown>>
}

function readSeal(seal: unknown): Batch['seals'][number] {
  const [by, signature, hashes]: readonly unknown[] = Array.isArray(seal) ? seal : []
  if (!(by instanceof Uint8Array) || !(signature instanceof Uint8Array) || !(hashes instanceof Uint8Array)) throw badExport('a seal cannot be read')
  return { by, signature, hashes }
}

function readRecord(record: unknown, content: (cid: string) => Uint8Array): WireRecord {
  const [key, at, link, seal, prev, exp]: readonly unknown[] = Array.isArray(record) ? record : []
  const cid = link === null ? null : CID.asCID(link)
  const isShaped = (typeof key === 'string' || key instanceof Uint8Array) && isUint(at) && isUint(seal)
  if (!isShaped || (cid === null && link !== null) || !(prev === null || prev instanceof Uint8Array) || !(exp === null || isUint(exp))) {
    throw badExport('a record cannot be read')
  }
  return { key, at, content: cid === null ? null : content(cid.toString()), seal, prev, exp }
}

function isUint(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
