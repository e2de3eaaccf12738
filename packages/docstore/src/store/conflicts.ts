import {
  contentCidText,
  type ConflictRow,
  type Document,
  DocstoreError,
  isPlainObject,
  type Replica,
  type UpdateResult,
  type Write,
} from '@p2p-docstore/core'
import { isoTime } from './iso-time.ts'
import { checkOptions } from './options.ts'
import type { Source } from './reading/reading.ts'
import { withPrefix } from './with-prefix.ts'
import type { Conflict, SeenConflict } from './collection.ts'

/** Conflicts that are read at a time. */
const PAGE = 64

/** Documents that are looked at in one step. */
const DOCUMENTS_AT_ONCE = 100

/** A document of which versions lost to others whose writers had not seen them. */
export interface ConflictedDocument {
  readonly collection: string
  readonly _id: string
  /** How many versions. */
  readonly conflicts: number
  /** Whether it was deleted, so that no list shows it. */
  readonly isDeleted: boolean
}

/** Documents that have conflicts, in order of collection and id. */
export async function* conflictedIn(replica: Replica, namespace: string): AsyncGenerator<ConflictedDocument, void, undefined> {
  let after: Parameters<Replica['conflicted']>[1]['after']
  do {
    const page = await replica.conflicted(namespace, { after, limit: DOCUMENTS_AT_ONCE })
    for (const { collection, id, conflicts, isDeleted } of page.documents) yield { collection, _id: id, conflicts, isDeleted }
    after = page.after
  } while (after !== undefined)
}

/** The versions that lost, by id. */
export async function* conflictsIn<T>(
  source: Source,
  prefix: string,
  options: { readonly id?: string | undefined },
): AsyncGenerator<Conflict<T>, void, undefined> {
  checkOptions(options, ['id'], 'conflicts')
  for await (const row of rowsOf(source, options.id === undefined ? undefined : withPrefix(options.id, prefix))) yield conflictOf<T>(row)
}

async function* rowsOf({ replica, namespace, name }: Source, id: string | undefined): AsyncGenerator<ConflictRow, void, undefined> {
  for (let after: { readonly id: string; readonly seq: number } | undefined; ; ) {
    const page = await replica.conflicts(namespace, name, { id, after, limit: PAGE })
    yield* page.conflicts
    if (page.after === undefined) return
    after = page.after
  }
}

function conflictOf<T>({ id, content, cid, at, by, field, value, won }: ConflictRow): Conflict<T> {
  const parsed = (text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T))
  return {
    _id: id,
    cid,
    at: isoTime(at),
    by,
    document: parsed(content),
    ...(field !== undefined && { field }),
    ...(value !== undefined && { value }),
    won: { cid: won.cid, at: isoTime(won.at), by: won.by, document: parsed(won.content) },
  }
}

/** What settles conflicts, and which. */
export interface Settling {
  /** What stands (`winner`), or what has a CID, or the delete among what lost (`null`), or a document that is written. */
  readonly keep: string | Write | null
  /** Those that the caller saw: by their CIDs, or as `conflicts` gave them. All that are here where it is left out. */
  readonly seen?: readonly SeenConflict[] | undefined
}

/** Settles conflicts of a document that the caller saw: what stands stays, or a version that lost takes its place, or what is written. */
export async function resolveConflicts(source: Source, id: string, { keep, seen }: Settling): Promise<Pick<UpdateResult, 'cid' | 'at'>> {
  const rows: ConflictRow[] = []
  for await (const row of rowsOf(source, id)) if (seen === undefined || seen.some((one) => isSeen(one, row))) rows.push(row)
  const write = typeof keep === 'object' && keep !== null
  const chosen = write ? undefined : rows.find(({ cid, field }) => cid === keep && (cid !== null || field === undefined))
  const [first] = rows
  if (!write && (first === undefined || (keep !== 'winner' && chosen === undefined))) throw noSuchConflict(id, keep, rows)
  const shown = seen?.find((one) => typeof one === 'object' && one !== null)
  const won = typeof shown === 'object' && shown !== null ? shown.won.cid : first?.won.cid
  const settled = { if: won, rows }
  if (write) return put(source, keep, { ...settled, if: shown === undefined ? undefined : won })
  if (chosen?.field !== undefined) return update(source, id, [chosen], settled)
  if (chosen !== undefined) return put(source, { id, content: chosen.content }, settled)
  const content = first?.won.content ?? null
  if (content === null || rows.some(({ field }) => field === undefined)) return put(source, { id, content }, settled)
  const document = JSON.parse(content) as Document
  return update(
    source,
    id,
    rows.map((row) => standing(row, document)),
    settled,
  )
}

function isSeen(seen: SeenConflict, { cid, at, by, field }: ConflictRow): boolean {
  if (typeof seen !== 'object' || seen === null) return seen === cid
  return seen.at === isoTime(at) && seen.by === by && seen.field === field
}

/** What a field is now, in place of what lost. */
function standing({ field = '' }: ConflictRow, document: Document): Pick<ConflictRow, 'field' | 'value'> {
  let value: unknown = document
  for (const name of namesOf(field)) value = isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return { field, ...(value !== undefined && { value: value as Document[string] }) }
}

/** The names of a path: `address.city`, or `"a.b".c` for a name that has a dot in it. */
function namesOf(field: string): readonly string[] {
  return [...field.matchAll(/"(?:[^"\\]|\\.)*"|[^.]+/g)].map(([name]) => (name.startsWith('"') ? (JSON.parse(name) as string) : name))
}

/** The document that is expected, and what is settled. */
interface Settled {
  readonly if: string | null | undefined
  readonly rows: readonly ConflictRow[]
}

async function update(
  { replica, namespace, name }: Source,
  id: string,
  fields: readonly Pick<ConflictRow, 'field' | 'value'>[],
  { if: expected, rows }: Settled,
): Promise<UpdateResult> {
  const set: Record<string, unknown> = {}
  const unset: Record<string, unknown> = {}
  for (const { field = '', value } of fields)
    if (value === undefined) unset[field] = true
    else set[field] = value
  return replica.update(namespace, name, { id, changes: { $set: set, $unset: unset }, if: expected, settles: versionsOf(rows) })
}

async function put({ replica, namespace, name }: Source, one: Write, { if: expected, rows }: Settled): Promise<Pick<UpdateResult, 'cid' | 'at'>> {
  const [result] = await replica.write(namespace, name, [{ ...one, if: expected, settles: versionsOf(rows) }])
  return { cid: one.content === null ? '' : contentCidText(one.content), at: result?.at ?? 0 }
}

function versionsOf(rows: readonly ConflictRow[]): readonly Pick<ConflictRow, 'at' | 'by'>[] {
  return rows.map(({ at, by }) => ({ at, by }))
}

function noSuchConflict(id: string, keep: string | null, rows: readonly ConflictRow[]): DocstoreError {
  const text =
    rows.length === 0
      ? `The document ${JSON.stringify(id)} has none of these conflicts: it has none, or others. conflicts lists them`
      : `The document ${JSON.stringify(id)} has no conflict with the CID ${JSON.stringify(keep)?.slice(0, 80)}. conflicts lists them`
  return new DocstoreError('not-found', text)
}
