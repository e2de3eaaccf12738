import { encodeCbor } from './encoding/cbor.ts'
import { CborReader } from './encoding/cbor-reader.ts'
import { type EditPath, isEditPath } from './edits/edit-path.ts'
import { AUTHOR_TAG_BYTES, readSeen, type Seen, seenList } from './edits/seen.ts'
import { SIGNATURE_BYTES } from './keys/identity.ts'
import { MAX_CONTENT_BYTES, MAX_EDIT_PATH_LENGTH, MAX_LOSERS, MAX_SEEN_AUTHORS } from './limits.ts'
import { isAuthorLength } from './people/author.ts'
import { splitKey } from './record.ts'
import { isHashList, type Seal } from './seal.ts'
import { accept, refuse, type Verdict } from './verdict.ts'

/** A record on its way between peers. What the batch or its scope says already (network, namespace, author, CID) is left out. */
export interface WireRecord {
  /** The key of a put, or the key hash of a delete. */
  readonly key: string | Uint8Array
  readonly at: number
  /** Content of a put, UTF-8 canonical JSON; `null` for a delete, and where it expired. */
  readonly content: Uint8Array | null
  /** Of a put that has expired: what its content was. */
  readonly erased?: ErasedContent
  /** Which seal of the batch covers it. */
  readonly seal: number
  readonly prev: Uint8Array | null
  readonly exp: number | null
  /** Of an edit: the field whose value the content gives. */
  readonly path?: EditPath
  /** Whether the slot is its author's own. Edits have none. */
  readonly ownSlot?: true
  /** Which versions by others its writer had before him. */
  readonly seen?: Seen
}

/** What is known of a content that is not there any more. */
export interface ErasedContent {
  /** Its sha-256. */
  readonly digest: Uint8Array
  /** Its length, bytes. */
  readonly size: number
}

/** Records with the seals that cover them: the unit in which documents travel. All are of one namespace. */
export interface Batch {
  readonly seals: readonly Seal[]
  readonly records: readonly WireRecord[]
}

/** Most records in one batch. Bounds the work that one frame can ask for. */
export const MAX_BATCH_RECORDS = 2048

/** Length of a key of Nostr, which signs an event by itself. In any other namespace nothing is signed so. */
const NOSTR_KEY_BYTES = 32

/** Bytes that a record adds to a batch beside its key's UTF-8 and its content, at most; used to fill frames without encoding twice. */
export const RECORD_OVERHEAD_BYTES = 96
/** Bytes that an author, or a time that is left open, adds to what a record has seen, at most. */
export const SEEN_OVERHEAD_BYTES: number = AUTHOR_TAG_BYTES + 11
/** Bytes that a seal adds beside its hashes, at most. */
export const SEAL_OVERHEAD_BYTES = 144

/**
 * dag-cbor of `[[[by, signature, hashes]…], [[key, at, content, seal, prev, exp]…]]`; an edit has its path as a seventh element, a record whose slot is
 * its author's own has `true` there, what has seen others that as an eighth, after `null` where it is neither, and what has expired `[digest, size]` in
 * place of its content.
 */
export function encodeBatch({ seals, records }: Batch): Uint8Array<ArrayBuffer> {
  return encodeCbor([
    seals.map(({ by, signature, hashes }) => [by, signature, hashes]),
    records.map(({ key, at, content, erased, seal, prev, exp, ...rest }) => {
      const said = erased === undefined ? content : [erased.digest, erased.size]
      return [key, at, said, seal, prev, exp, ...lastParts(rest)]
    }),
  ])
}

/** What a record has behind the six parts that all have, in a batch and in an export: nothing for most. */
export function lastParts({ path, ownSlot, seen }: Pick<WireRecord, 'path' | 'ownSlot' | 'seen'>): readonly unknown[] {
  const seventh = path ?? ownSlot
  return seen === undefined ? (seventh === undefined ? [] : [seventh]) : [seventh ?? null, seenList(seen)]
}

/** Reads that back from values that were decoded; `undefined` where it cannot be. The names of a path are looked at where the batch is judged. */
export function readLastParts(parts: readonly unknown[], at: number): Pick<WireRecord, 'path' | 'ownSlot' | 'seen'> | undefined {
  const [seventh, list] = parts
  if (parts.length === 0) return {}
  const path = Array.isArray(seventh) && seventh.every((name) => typeof name === 'string') ? { path: seventh } : undefined
  const ownSlot = seventh === true ? { ownSlot: true as const } : undefined
  const isNeither = seventh === null && parts.length === 2
  const seen = parts.length === 2 ? readSeen(list, at) : undefined
  if (parts.length > 2 || (path === undefined && ownSlot === undefined && !isNeither) || (parts.length === 2 && seen === undefined)) return undefined
  return { ...path, ...ownSlot, ...(seen && { seen }) }
}

/** Reads a batch. Checks its shape only; seals, policies and contents are judged record by record. What it gives points into `bytes`. */
export function decodeBatch(bytes: Uint8Array): Verdict<Batch> {
  const reader = new CborReader(bytes)
  if (reader.array() !== 2) return refuse('malformed')
  const seals: Seal[] = []
  const sealCount = reader.array()
  if (sealCount === undefined || sealCount > MAX_BATCH_RECORDS) return refuse('malformed')
  for (let i = 0; i < sealCount; i++) {
    const seal = readSeal(reader)
    if (seal === undefined) return refuse('malformed')
    seals.push(seal)
  }
  const records: WireRecord[] = []
  const recordCount = reader.array()
  if (recordCount === undefined || sealCount > recordCount || recordCount > MAX_BATCH_RECORDS) return refuse('malformed')
  for (let i = 0; i < recordCount; i++) {
    const record = readRecord(reader)
    if (record === undefined || record.seal >= sealCount) return refuse('malformed')
    records.push(record)
  }
  return reader.done ? accept({ seals, records }) : refuse('malformed')
}

function readSeal(reader: CborReader): Seal | undefined {
  if (reader.array() !== 3) return undefined
  const by = reader.bytes()
  const signature = reader.bytes()
  const hashes = reader.view()
  if (
    by === undefined ||
    !(isAuthorLength(by.length) || by.length === NOSTR_KEY_BYTES) ||
    signature?.length !== SIGNATURE_BYTES ||
    hashes === undefined ||
    !isHashList(hashes)
  )
    return undefined
  return { by, signature, hashes }
}

function readRecord(reader: CborReader): WireRecord | undefined {
  const length = reader.array()
  if (length !== 6 && length !== 7 && length !== 8) return undefined
  const key = reader.text() ?? reader.bytes()
  const at = reader.uint()
  const parts = reader.array()
  const erased = parts === undefined ? undefined : readErased(reader, parts)
  if (parts !== undefined && erased === undefined) return undefined
  const content = erased !== undefined || reader.readNull() ? null : reader.view()
  const seal = reader.uint()
  const prev = reader.readNull() ? null : reader.bytes()
  const exp = reader.readNull() ? null : reader.uint()
  if (key === undefined || at === undefined || content === undefined || seal === undefined || prev === undefined || exp === undefined)
    return undefined
  if (prev !== null && prev.length !== 32) return undefined
  const ownSlot = length > 6 && reader.readTrue()
  const isEdit = !ownSlot && (length === 7 || (length === 8 && !reader.readNull()))
  const path = isEdit ? readPath(reader) : undefined
  if (isEdit && (path === undefined || typeof key !== 'string')) return undefined
  const seen = length === 8 ? readSeenList(reader, at) : undefined
  if (length === 8 && seen === undefined) return undefined
  // Only what has a time at which it ends can be without what it says.
  const isWhole = content !== null || (erased !== undefined && exp !== null)
  const isShaped = typeof key === 'string' ? isWhole && splitKey(key) !== undefined : content === null && erased === undefined && key.length === 32
  if (!isShaped) return undefined
  const record = { key, at, content, seal, prev, exp }
  if (length === 6 && erased === undefined) return record
  return { ...record, ...(ownSlot && { ownSlot }), ...(path && { path }), ...(seen && { seen }), ...(erased && { erased }) }
}

/** Nothing is read beyond what a record may have. */
function readSeenList(reader: CborReader, at: number): Seen | undefined {
  const length = reader.array()
  if (length === undefined || length < 1 || length > MAX_SEEN_AUTHORS + 1) return undefined
  const list: unknown[] = [reader.uint()]
  for (let i = 1; i < length; i++) {
    const fields = reader.array()
    if (fields === undefined || fields < 2 || fields > MAX_LOSERS + 2) return undefined
    const author: unknown[] = [reader.bytes()]
    for (let field = 1; field < fields; field++) author.push(reader.uint())
    list.push(author)
  }
  return readSeen(list, at)
}

function readErased(reader: CborReader, parts: number): ErasedContent | undefined {
  const digest = reader.bytes()
  const size = reader.uint()
  return parts === 2 && digest?.length === 32 && size !== undefined && size <= MAX_CONTENT_BYTES ? { digest, size } : undefined
}

function readPath(reader: CborReader): EditPath | undefined {
  const length = reader.array()
  if (length === undefined || length > MAX_EDIT_PATH_LENGTH) return undefined
  const path: string[] = []
  for (let i = 0; i < length; i++) {
    const name = reader.text()
    if (name === undefined) return undefined
    path.push(name)
  }
  return isEditPath(path) ? path : undefined
}
