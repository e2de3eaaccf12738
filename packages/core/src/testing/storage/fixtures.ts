import { sha256 } from '#crypto'
import { concatBytes, utf8 } from '../../model/bytes.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import { formerJson } from '../../model/json/former-json.ts'
import type { Seal } from '../../model/seal.ts'
import { parseFilter, parseSort } from '../../query/index.ts'
import type { CommitEntry, NewRecord, Storage, StoredQuery } from '../../storage/storage.ts'
import { buildOf, signerOf } from './plans.ts'

/** A key of an author, which need not be one that signs. */
export function author(name: string): Uint8Array {
  return concatBytes(Uint8Array.of(0xed, 0x01), sha256(name))
}

/** A slot for a name. */
export function slot(name: string): Uint8Array {
  return sha256(`slot ${name}`).slice(0, 16)
}

/** What a test says about a version; the rest follows from it. */
export interface VersionInit {
  readonly id?: string
  readonly collection?: string
  readonly at?: number
  readonly by?: Uint8Array
  /** Fields of the document beside `_id`; `null` for a tombstone. */
  readonly fields?: Readonly<Record<string, unknown>> | null
  /** Whether the content is as earlier versions wrote it. */
  readonly isFormer?: boolean
}

/** A version of a document. */
export function version({
  id = 'lyon',
  collection = 'cities',
  at = 1,
  by = author('ada'),
  fields = {},
  isFormer = false,
}: VersionInit = {}): NewRecord {
  const canonical = fields === null ? null : canonicalJson({ ...fields, _id: id })
  const content = canonical !== null && isFormer ? formerJson(JSON.parse(canonical) as Document) : canonical
  return {
    collection,
    id,
    at,
    by,
    hash: sha256(canonicalJson([collection, id, at, [...by], content])),
    prev: null,
    exp: null,
    kh: content === null ? sha256(id) : null,
    digest: content === null ? null : sha256(content),
    content,
  }
}

/** An entry that stores a version in the slot of its document. */
export function put(init: VersionInit = {}): CommitEntry {
  return entry(version(init))
}

/** An entry that stores a record in the slot of its document, whatever is there, under one of the seals of the commit. */
export function entry(record: NewRecord, seal?: number): CommitEntry {
  return { slot: slotOf(record), isAnew: true, build: buildOf({ kind: 'put', record }), ...(seal === undefined ? {} : { seal }) }
}

/** An entry that stores a version where it is newer; it has seen what is not. */
export function compete(init: VersionInit, seal?: number): CommitEntry {
  const record = { ...version(init), seen: { base: init.at ?? 1, authors: [] } }
  return { slot: slotOf(record), build: buildOf({ kind: 'compete', record }), ...(seal === undefined ? {} : { seal }) }
}

/** An entry that leaves a slot as it is. */
export function keep(id = 'lyon', collection = 'cities'): CommitEntry {
  return { slot: slot(`${collection}/${id}`), build: buildOf({ kind: 'keep' }) }
}

/** An entry whose build throws. */
export const FAIL: CommitEntry = { slot: slot('fails'), build: buildOf({ kind: 'fail' }) }

/** The slot of a document in the tests. */
export function slotOf({ collection, id }: Pick<NewRecord, 'collection' | 'id'>): Uint8Array {
  return slot(`${collection ?? ''}/${id ?? ''}`)
}

/** A seal over records. */
export function sealOver(records: readonly { readonly hash: Uint8Array }[], by: Uint8Array = author('ada')): Seal {
  return signerOf({ kind: 'sign', by })(concatBytes(...records.map(({ hash }) => hash)))
}

/** Adds a namespace and gives its number. */
export async function addNamespace(storage: Storage, name = 'places'): Promise<number> {
  return storage.saveNamespace({ cid: name, genesis: utf8(`genesis of ${name}`), head: utf8(`head of ${name}`), signature: new Uint8Array(64) })
}

/** A query, written as people do. */
export function query(
  filter: unknown = {},
  { sort = {}, limit = 100, after }: { sort?: unknown; limit?: number; after?: StoredQuery['after'] } = {},
): StoredQuery {
  return { filter: parseFilter(filter), sort: parseSort(sort), limit, after }
}

/** Ids of the documents that a query finds. */
export async function idsOf(storage: Storage, ns: number, wanted: StoredQuery, collection = 'cities'): Promise<string[]> {
  const { contents } = await storage.find(ns, collection, wanted)
  return contents.map(idOf)
}

function idOf(content: string): string {
  const document: unknown = JSON.parse(content)
  return typeof document === 'object' && document !== null && '_id' in document ? String(document._id) : ''
}

/** Everything that a storage shows of a namespace, for comparing before and after. */
export async function snapshot(storage: Storage, ns: number, collection = 'cities'): Promise<unknown> {
  const records = await storage.recordsSince(ns, 0, 10_000)
  const seals = await Promise.all([...new Set(records.flatMap(({ seal }) => seal ?? []))].map(async (seal) => [seal, await storage.seal(seal)]))
  return {
    lastSeq: await storage.lastSeq(ns),
    total: await storage.total(ns),
    records,
    seals,
    versions: await storage.versionsSince(ns, 0, 10_000),
    unsealed: await storage.unsealed(ns, 10_000),
    indexes: await storage.indexes(ns, collection),
    collections: await storage.collections(ns),
    found: await storage.find(ns, collection, query()),
    tagged: await storage.find(ns, collection, query({ tags: 'x' })),
    namespaces: await storage.namespaces(),
    meta: await storage.listMeta(''),
  }
}
