import {
  cidOfBytes,
  type ConflictRow,
  DAG_JSON,
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
import type { Conflict } from './collection.ts'

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

/** Settles the conflicts of a document: what stands stays, or what has a CID takes its place, or a document that is written. */
export async function resolveConflicts(source: Source, id: string, keep: string | Write): Promise<Pick<UpdateResult, 'cid' | 'at'>> {
  const rows: ConflictRow[] = []
  for await (const row of rowsOf(source, id)) rows.push(row)
  const [first] = rows
  if (typeof keep !== 'string') return write(source, keep)
  const chosen = rows.find(({ cid }) => cid === keep)
  if (first === undefined || (keep !== 'winner' && chosen === undefined)) throw noSuchConflict(id, keep, rows)
  const { won } = first
  const expected = won.cid ?? undefined
  if (chosen?.field !== undefined) return update(source, id, { rows: [chosen], if: expected })
  if (chosen !== undefined) return write(source, { id, content: chosen.content, if: expected })
  const isOfFields = won.content !== null && rows.every(({ field }) => field !== undefined)
  if (!isOfFields) return write(source, { id, content: won.content, if: expected })
  const document = JSON.parse(won.content ?? '{}') as Document
  return update(source, id, { rows: rows.map((row) => standing(row, document)), if: expected })
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

async function update(
  { replica, namespace, name }: Source,
  id: string,
  { rows, if: expected }: { readonly rows: readonly Pick<ConflictRow, 'field' | 'value'>[]; readonly if: string | undefined },
): Promise<UpdateResult> {
  const set: Record<string, unknown> = {}
  const unset: Record<string, unknown> = {}
  for (const { field = '', value } of rows)
    if (value === undefined) unset[field] = true
    else set[field] = value
  return replica.update(namespace, name, { id, changes: { $set: set, $unset: unset }, if: expected, settles: true })
}

async function write({ replica, namespace, name }: Source, one: Write): Promise<Pick<UpdateResult, 'cid' | 'at'>> {
  const [result] = await replica.write(namespace, name, [{ ...one, settles: true }])
  return { cid: one.content === null ? '' : cidOfBytes(DAG_JSON, one.content).toString(), at: result?.at ?? 0 }
}

function noSuchConflict(id: string, keep: string, rows: readonly ConflictRow[]): DocstoreError {
  const text =
    rows.length === 0
      ? `The document ${JSON.stringify(id)} has no conflicts`
      : `The document ${JSON.stringify(id)} has no conflict with the CID ${JSON.stringify(keep.slice(0, 80))}. conflicts lists them`
  return new DocstoreError('not-found', text)
}
