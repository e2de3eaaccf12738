import { concatBytes, equalBytes, utf8 } from './bytes.ts'
import { type CID, cidOf, DAG_CBOR, DAG_JSON, equalCids, isOurCid } from './encoding/cid.ts'
import { isCollectionName } from './namespace/collection-name.ts'
import { MAX_TIME } from './clock.ts'
import { decodeCbor, isBytes, isUint, readStruct } from './encoding/cbor.ts'
import { sha256 } from '#crypto'
import { type EditPath, isEditPath, pathText } from './edits/edit-path.ts'
import { readSeen, type Seen } from './edits/seen.ts'
import { MAX_CONTENT_BYTES, MAX_EDIT_PATH_BYTES, MAX_KEY_BYTES, MAX_RECORD_BYTES } from './limits.ts'
import type { WritePolicy } from './namespace/namespace.ts'
import { authorName, isAuthorLength, principalOf } from './people/author.ts'
import { accept, refuse, type Verdict } from './verdict.ts'

/** Where a record belongs: its network and its namespace. */
export interface RecordScope {
  readonly net: CID
  readonly ns: CID
  readonly write: WritePolicy
}

interface RecordBase {
  /** Hybrid time, see `clock.ts`. */
  readonly at: number
  /** Hash of the version that the writer saw under this key. */
  readonly prev?: Uint8Array
  /** Hybrid time after which the record may be forgotten. */
  readonly exp?: number
  /** Author: a key, or a key and the person for whom it signs, see `author.ts`. */
  readonly by: Uint8Array
  /** Which versions by others the writer had before him. */
  readonly seen?: Seen
  /** Whether the slot is its author's own, whatever the write policy is: see `isOfAuthors`. */
  readonly ownSlot?: true
}

/** "Key `k` has this content". */
export interface PutRecord extends RecordBase {
  readonly del: false
  readonly k: string
  /** sha-256 of the content; with the codec dag-json it makes the content's CID. */
  readonly digest: Uint8Array
  /** Length of the content, bytes. */
  readonly size: number
  /** Of an edit: the field of the document whose value the content gives. */
  readonly path?: EditPath
}

/** "The document under this key is deleted". Carries no key in plain text, only its hash. */
export interface DeleteRecord extends RecordBase {
  readonly del: true
  readonly kh: Uint8Array
}

/** The signed statement about one key of a namespace, without its scope. */
export type DocRecord = PutRecord | DeleteRecord

/** Length of a slot, bytes. 16 are enough: finding a second key for a slot takes 2^128 hashes. */
export const SLOT_BYTES = 16

/** Hash of a key within its namespace: what a tombstone carries in place of the key. */
export function keyHash(ns: CID, key: string): Uint8Array {
  scratch.set(ns.bytes)
  const { read, written } = TEXT_ENCODER.encodeInto(key, scratch.subarray(ns.bytes.length))
  if (read < key.length) throw new RangeError(`a key has at most ${MAX_KEY_BYTES} bytes`)
  return sha256(scratch.subarray(0, ns.bytes.length + written))
}

/**
 * The place that versions of one document compete for. With policy `author`, and where a record says so, each author has places of its own, which all
 * devices of a person share.
 */
export function slotOf(write: WritePolicy, kh: Uint8Array, by: Uint8Array, ownSlot?: true): Uint8Array {
  return (write === 'author' || ownSlot === true ? sha256(concatBytes(kh, principalOf(by))) : kh).slice(0, SLOT_BYTES)
}

/**
 * The place that versions of one field of a document compete for, once it is edited by itself: 8 bytes of the document's slot, so that a document
 * and its edits lie side by side, and 8 of a hash of key and field.
 */
export function editSlotOf(write: WritePolicy, kh: Uint8Array, by: Uint8Array, path: EditPath): Uint8Array {
  return fieldSlotOf(slotOf(write, kh, by), kh, path)
}

/** The same where the slot of the document is known. */
export function fieldSlotOf(document: Uint8Array, kh: Uint8Array, path: EditPath): Uint8Array {
  scratch.set(kh)
  const text = pathText(path)
  const { read, written } = TEXT_ENCODER.encodeInto(text, scratch.subarray(kh.length))
  if (read < text.length) throw new RangeError(`a path has at most ${MAX_EDIT_PATH_BYTES} bytes`)
  const slot = document.slice()
  slot.set(sha256(scratch.subarray(0, kh.length + written)).subarray(0, SLOT_BYTES / 2), SLOT_BYTES / 2)
  return slot
}

/**
 * The place of a version that lost and is kept: 8 bytes of the document's slot and 8 of its own hash. So it competes with nothing, and lies beside its
 * document.
 */
export function loserSlotOf(document: Uint8Array, hash: Uint8Array): Uint8Array {
  return concatBytes(document.subarray(0, SLOT_BYTES / 2), hash.subarray(0, SLOT_BYTES / 2))
}

/** The record key of a document, or `undefined` where the id is not allowed (empty, too long, NUL or ill-formed). */
export function recordKey(collection: string, id: string): string | undefined {
  const key = `${collection}/${id}`
  return isDocumentId(id) && isKeyLength(key) ? key : undefined
}

function isDocumentId(id: string): boolean {
  return id.length > 0 && !id.includes('\0') && id.isWellFormed()
}

function isKeyLength(key: string): boolean {
  return key.length * 3 <= MAX_KEY_BYTES || (key.length <= MAX_KEY_BYTES && utf8(key).length <= MAX_KEY_BYTES)
}

/** Collection and document id of a record key, or `undefined` where it is not one. */
export function splitKey(key: string): { collection: string; id: string } | undefined {
  const slash = key.indexOf('/')
  const collection = key.slice(0, slash)
  const id = key.slice(slash + 1)
  return slash > 0 && isCollectionName(collection) && isDocumentId(id) && isKeyLength(key) ? { collection, id } : undefined
}

/**
 * Whether the write policy lets author `by` write this key. With `author`, ids start with the author's own name. Whether a key signs for the person that
 * it names is said by that person's log, and what members may by the log of roles.
 */
export function mayWrite(write: WritePolicy, owner: Uint8Array, by: Uint8Array, id: string | undefined): boolean {
  switch (write) {
    case 'anyone':
      return true
    case 'author':
      return id === undefined || id.startsWith(`${authorName(by)}/`)
    case 'owner':
      return equalBytes(principalOf(by), owner)
    case 'members':
    case 'nostr':
      return false
  }
}

// A record is encoded once for every write and once for every record that arrives, so its dag-cbor is written by hand:
// the same bytes as @ipld/dag-cbor gives (a test compares them), in a quarter of the time.
const scratch = new Uint8Array(MAX_RECORD_BYTES)
const TEXT_ENCODER = new TextEncoder()
const field = (name: string): Uint8Array => Uint8Array.of(0x60 + name.length, ...utf8(name))
const F = field('f')
const K = field('k')
const T_REC = Uint8Array.of(...field('t'), ...field('rec'))
const V_1 = Uint8Array.of(...field('v'), 1)
const AT = field('at')
const BY = field('by')
const KH = field('kh')
const NS = field('ns')
const CID_ = field('cid')
const DEL_TRUE = Uint8Array.of(...field('del'), 0xf5)
const EXP = field('exp')
const NET = field('net')
const OWN_TRUE = Uint8Array.of(...field('own'), 0xf5)
const PREV = field('prev')
const SEEN = field('seen')
const SIZE = field('size')
/** CBOR tag 42, a byte string of 37 bytes, and the multibase prefix 0 (dag-cbor's link). */
const LINK = Uint8Array.of(0xd8, 0x2a, 0x58, 0x25, 0x00)
/** CIDv1, dag-json (varint 0x0129), sha2-256, 32 bytes. One byte longer than a dag-cbor CID. */
const CONTENT_LINK = Uint8Array.of(0xd8, 0x2a, 0x58, 0x26, 0x00, 0x01, 0xa9, 0x02, 0x12, 0x20)

let cursor = 0
function raw(bytes: Uint8Array): void {
  scratch.set(bytes, cursor)
  cursor += bytes.length
}
function head(major: number, value: number): void {
  if (value < 24) scratch[cursor++] = major | value
  else if (value < 0x100) {
    scratch[cursor++] = major | 24
    scratch[cursor++] = value
  } else if (value < 0x10000) {
    scratch[cursor++] = major | 25
    scratch[cursor++] = value >>> 8
    scratch[cursor++] = value & 0xff
  } else if (value < 0x100000000) {
    scratch[cursor++] = major | 26
    word(value)
  } else {
    scratch[cursor++] = major | 27
    word(Math.floor(value / 0x100000000))
    word(value % 0x100000000)
  }
}
function word(value: number): void {
  scratch[cursor++] = value >>> 24
  scratch[cursor++] = (value >>> 16) & 0xff
  scratch[cursor++] = (value >>> 8) & 0xff
  scratch[cursor++] = value & 0xff
}
function byteString(bytes: Uint8Array): void {
  head(0x40, bytes.length)
  raw(bytes)
}
function text(value: string): void {
  const start = cursor
  head(0x60, value.length)
  const { read, written } = TEXT_ENCODER.encodeInto(value, scratch.subarray(cursor))
  if (read < value.length) throw new RangeError(`a key has at most ${MAX_KEY_BYTES} bytes`)
  if (written !== value.length) {
    // Not ASCII: the length before it can need more room.
    cursor = start
    head(0x60, written)
    TEXT_ENCODER.encodeInto(value, scratch.subarray(cursor))
  }
  cursor += written
}

function writeRecord(scope: RecordScope, record: DocRecord): Uint8Array {
  cursor = 0
  const path = record.del ? undefined : record.path
  const { ownSlot, seen } = record
  const optional =
    Number(record.prev !== undefined) +
    Number(record.exp !== undefined) +
    Number(path !== undefined) +
    Number(ownSlot !== undefined) +
    Number(seen !== undefined)
  head(0xa0, (record.del ? 8 : 9) + optional)
  if (path !== undefined) {
    raw(F)
    head(0x80, path.length)
    for (const name of path) text(name)
  }
  if (!record.del) {
    raw(K)
    text(record.k)
  }
  raw(T_REC)
  raw(V_1)
  raw(AT)
  head(0, record.at)
  raw(BY)
  byteString(record.by)
  if (record.del) {
    raw(KH)
    byteString(record.kh)
  }
  raw(NS)
  raw(LINK)
  raw(scope.ns.bytes)
  if (record.del) raw(DEL_TRUE)
  else {
    raw(CID_)
    raw(CONTENT_LINK)
    raw(record.digest)
  }
  if (record.exp !== undefined) {
    raw(EXP)
    head(0, record.exp)
  }
  raw(NET)
  raw(LINK)
  raw(scope.net.bytes)
  if (ownSlot !== undefined) raw(OWN_TRUE)
  if (record.prev !== undefined) {
    raw(PREV)
    byteString(record.prev)
  }
  if (seen !== undefined) writeSeen(seen)
  if (!record.del) {
    raw(SIZE)
    head(0, record.size)
  }
  return scratch.subarray(0, cursor)
}

function writeSeen({ base, authors }: Seen): void {
  raw(SEEN)
  head(0x80, authors.length + 1)
  head(0, base)
  for (const { tag, to, but } of authors) {
    head(0x80, but.length + 2)
    byteString(tag)
    head(0, to)
    for (const time of but) head(0, time)
  }
}

/** The canonical dag-cbor of a record. */
export function encodeRecord(scope: RecordScope, record: DocRecord): Uint8Array {
  return writeRecord(scope, record).slice()
}

/** sha-256 of the record's canonical dag-cbor: its identity, and what a seal signs. */
export function recordHash(scope: RecordScope, record: DocRecord): Uint8Array {
  return sha256(writeRecord(scope, record))
}

/** CID of the content of a put record. */
export function contentCid(digest: Uint8Array): CID {
  return cidOf(DAG_JSON, digest)
}

/** Checks and reads a record's dag-cbor within its scope. The seal and the content are checked elsewhere. */
export function decodeRecord(bytes: Uint8Array, scope: RecordScope): Verdict<DocRecord> {
  const decoded = decodeCbor(bytes, MAX_RECORD_BYTES)
  if (!decoded.ok) return decoded
  const isDelete = typeof decoded.value === 'object' && decoded.value !== null && 'del' in decoded.value
  const required = isDelete ? ['net', 'ns', 'kh', 'at', 'del', 'by'] : ['net', 'ns', 'k', 'at', 'cid', 'size', 'by']
  const struct = readStruct(decoded.value, 'rec', required, ['prev', 'exp', 'own', 'seen', ...(isDelete ? [] : ['f'])])
  if (!struct.ok) return struct
  const { net, ns, k, kh, at, cid, del, size, by, prev, exp, f, own, seen: list } = struct.value
  if (!isOurCid(net, DAG_CBOR) || !isOurCid(ns, DAG_CBOR)) return refuse('malformed')
  if (!isBytes(by) || !isUint(at)) return refuse('malformed')
  if (!(prev === undefined || isBytes(prev, 32)) || !(exp === undefined || isUint(exp))) return refuse('malformed')
  if (!(own === undefined || own === true)) return refuse('malformed')
  const seen = list === undefined ? undefined : readSeen(list, at)
  if (list !== undefined && seen === undefined) return refuse('malformed')
  const base: RecordBase = {
    at,
    by,
    ...(prev === undefined ? {} : { prev }),
    ...(exp === undefined ? {} : { exp }),
    ...(own === undefined ? {} : { ownSlot: true }),
    ...(seen === undefined ? {} : { seen }),
  }
  const record = isDelete ? readDelete(base, del, kh) : readPut(base, k, cid, size, f)
  if (record === undefined || !isRecord(record)) return refuse('malformed')
  if (!equalCids(net, scope.net)) return refuse('wrong-network')
  return equalCids(ns, scope.ns) ? accept(record) : refuse('wrong-namespace')
}

function readDelete(base: RecordBase, del: unknown, kh: unknown): DeleteRecord | undefined {
  return del === true && isBytes(kh) ? { ...base, del: true, kh } : undefined
}

function readPut(base: RecordBase, k: unknown, cid: unknown, size: unknown, f: unknown): PutRecord | undefined {
  if (typeof k !== 'string' || !isOurCid(cid, DAG_JSON) || !isUint(size)) return undefined
  const put: PutRecord = { ...base, del: false, k, digest: cid.multihash.digest, size }
  if (f === undefined) return put
  return Array.isArray(f) && f.every((name) => typeof name === 'string') ? { ...put, path: f } : undefined
}

/** Whether the fields of a record are within their limits; its types hold already. */
export function isRecord(record: DocRecord): boolean {
  if (record.at > MAX_TIME || !isAuthorLength(record.by.length)) return false
  if (record.del) return record.kh.length === 32
  if (record.path !== undefined && (!isEditPath(record.path) || record.ownSlot === true)) return false
  return splitKey(record.k) !== undefined && record.digest.length === 32 && record.size <= MAX_CONTENT_BYTES
}
