import { utf8 } from '../../model/bytes.ts'
import type { Document } from '../../model/content.ts'
import type { EditPath } from '../../model/edits/edit-path.ts'
import { valueOfEdit } from '../../model/edits/edit-content.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import type { HeadRules } from '../../rules/read-rules.ts'
import type { Fault } from '../../rules/run.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { StoredRecord } from '../../storage/storage.ts'

/** What a document or an edit says, to be judged by the rules of its collection. */
export interface JudgedRecord {
  readonly id: string
  /** Canonical JSON of a document or of an edit. */
  readonly content: string
  /** Bytes of it. */
  readonly size: number
  /** Of an edit. */
  readonly path?: EditPath | undefined
}

/** The first rule that a put or an edit breaks by itself. A tombstone breaks none. */
export function recordFault(rules: CollectionRules, write: WritePolicy, { id, content, size, path }: JudgedRecord): Fault | undefined {
  if (path !== undefined) return rules.judgeEdit(path, valueOfEdit(content), size)
  return rules.judgeDocument({ id, document: JSON.parse(content) as Document, size }, idPrefix(write, id))
}

/** The first rule that a stored record breaks by itself; one that has expired breaks none, as nobody knows what it said. */
export function storedFault(rules: HeadRules, write: WritePolicy, record: StoredRecord): Fault | undefined {
  const { collection, id, edit, erased } = record
  const content = ownContent(record)
  if (collection === null || id === null || content === null || erased !== undefined) return undefined
  const own = rules.get(collection)
  return own && recordFault(own, write, { id, content, size: utf8(content).length, path: edit?.path })
}

/** What stands before the id that rules derive: where each author has documents of their own, the author's name. */
export function idPrefix(write: WritePolicy, id: string): string {
  return write === 'author' ? id.slice(0, id.indexOf('/') + 1) : ''
}
