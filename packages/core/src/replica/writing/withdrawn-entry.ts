import { sha256 } from '#crypto'
import { equalBytes, utf8 } from '../../model/bytes.ts'
import { encodeEdit } from '../../model/edits/edit-content.ts'
import type { EditPath } from '../../model/edits/edit-path.ts'
import { authorTag, hasSeen, type Seen, seenBy } from '../../model/edits/seen.ts'
import { isSameKey } from '../../model/people/author.ts'
import { type DocRecord, keyHash, type RecordScope, recordHash, recordKey } from '../../model/record.ts'
import type { HeadRules } from '../../rules/read-rules.ts'
import { isConflict, wonOver } from '../../storage/records/is-conflict.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../storage/storage.ts'
import { recordFault } from '../rules/record-fault.ts'

/** How a version is taken back. */
export interface Withdrawal {
  readonly scope: RecordScope
  /** Who takes it back: its author, or another device of the same person. */
  readonly by: Uint8Array
  /** What the head asks of documents. */
  readonly rules: HeadRules | undefined
  /** Whether it may take no more room than what it takes back: then a field is taken away rather than said to be what won. */
  readonly isSmall: boolean
}

/**
 * Takes back a version of ours that lost, so that nobody keeps it: a delete right behind it in time, or of a field what won, or nothing; and an edit that a delete hides. Whoever has seen
 * one of an author has seen his earlier ones, so the version goes everywhere; and what won is later than this too, and stays as it is.
 */
export function withdrawnEntries(withdrawal: Withdrawal, record: StoredRecord): readonly CommitEntry[] {
  const { collection, id, lost, edit } = record
  const key = collection === null || id === null ? undefined : recordKey(collection, id)
  if (collection === null || id === null || key === undefined) return []
  const name: Name = { collection, id, key }
  if (lost === undefined) return edit === undefined ? [] : [hiddenEntry(withdrawal, record, name, edit)]
  const entry = (slot: Uint8Array, build: (taken: Taken) => NewRecord | undefined): CommitEntry => ({
    slot,
    document: lost.document,
    build: (_, document) => {
      const taken = document && takenBack(withdrawal, record, document)
      return taken && build(taken)
    },
  })
  const deleted = entry(lost.document, ({ at, winner }) => {
    // Of a field only where its document won, and rules let nobody take the field away.
    const isNeeded = record.edit === undefined || (winner.edit === undefined && !canTakeAway(withdrawal, name, record.edit.path))
    return isNeeded ? tombstone(withdrawal, record, name, at) : undefined
  })
  if (edit === undefined) return [deleted]
  const replaced = entry(lost.unit, ({ at, winner }) => {
    const isFree = canTakeAway(withdrawal, name, edit.path)
    const won = winner.erased === undefined && winner.edit !== undefined && !(withdrawal.isSmall && isFree) ? ownContent(winner) : null
    if (won === null && !isFree) return undefined
    // What expires where it won expires here.
    const exp = won === null ? null : winner.exp
    const content = won ?? encodeEdit(id, undefined)
    // Taken back before.
    if (content === ownContent(record)) return undefined
    return editAt(withdrawal, record, { name, edit, content, exp, at })
  })
  return [replaced, deleted]
}

/** Takes back an edit that a delete hides, which did not know of it: it takes the place of nothing else, whatever its time. */
function hiddenEntry(withdrawal: Withdrawal, record: StoredRecord, name: Name, edit: NonNullable<StoredRecord['edit']>): CommitEntry {
  const build = (old: StoredRecord | undefined, document: DocumentView | undefined): NewRecord | undefined => {
    const isHere = old !== undefined && equalBytes(old.hash, record.hash) && document !== undefined && document.content() === null
    const content = encodeEdit(name.id, undefined)
    if (!isHere || content === ownContent(record) || !canTakeAway(withdrawal, name, edit.path)) return undefined
    return editAt(withdrawal, record, { name, edit, content, exp: record.exp, at: record.at + 1 })
  }
  return { slot: record.slot, document: edit.document, build }
}

interface NewEdit {
  readonly name: Name
  readonly edit: NonNullable<StoredRecord['edit']>
  readonly content: string
  readonly exp: number | null
  readonly at: number
}

function editAt(withdrawal: Withdrawal, record: StoredRecord, { name: { collection, id, key }, edit, content, exp, at }: NewEdit): NewRecord {
  const { scope, by } = withdrawal
  const bytes = utf8(content)
  const digest = sha256(bytes)
  const seen = seenOf(withdrawal, record, at)
  const more = seen && { seen }
  const put: DocRecord = { at, by, del: false, k: key, digest, size: bytes.length, path: edit.path, ...(exp === null ? {} : { exp }), ...more }
  return { collection, id, at, by, prev: null, exp, content, kh: null, digest, hash: recordHash(scope, put), edit, ...more }
}

interface Name {
  readonly collection: string
  readonly id: string
  readonly key: string
}

/** What a version lost to, and the time at which it is taken back. */
interface Taken {
  readonly winner: StoredRecord
  readonly at: number
}

function takenBack(withdrawal: Withdrawal, record: StoredRecord, document: DocumentView): Taken | undefined {
  const isHere = document.losers.some(({ hash }) => equalBytes(hash, record.hash))
  const winner = isHere && isConflict(record, document) ? wonOver(record, document) : undefined
  const at = winner && timeBehind(withdrawal, record, document)
  // Next to each other in time, the hash would say which of the two wins.
  return winner === undefined || at === undefined || winner.at <= at ? undefined : { winner, at }
}

/** What it had seen stays seen: nobody is told again of what it had taken the place of. */
function tombstone(withdrawal: Withdrawal, version: StoredRecord, { collection, id, key }: Name, at: number): NewRecord {
  const { scope, by } = withdrawal
  const kh = keyHash(scope.ns, key)
  const seen = seenOf(withdrawal, version, at)
  const more = seen && { seen }
  const record: DocRecord = { at, by, del: true, kh, ...more }
  return { collection, id, at, by, prev: null, exp: null, content: null, kh, digest: null, hash: recordHash(scope, record), ...more }
}

/** Another device has not seen by itself what it takes back. */
function seenOf({ by }: Withdrawal, version: StoredRecord, at: number): Seen | undefined {
  return isSameKey(version.by, by) ? version.seen : seenBy({ at, by }, { versions: [version] })
}

function canTakeAway({ scope, rules }: Withdrawal, { collection, id }: Name, path: EditPath): boolean {
  const content = encodeEdit(id, undefined)
  const own = rules?.get(collection)
  return own === undefined || recordFault(own, scope.write, { id, content, size: utf8(content).length, path }) === undefined
}

/** The first time after a version at which nobody who has not seen that has seen its author; `undefined` where there is none. */
function timeBehind({ by }: Withdrawal, { at: before, slot, lost }: StoredRecord, { base, edits, losers }: DocumentView): number | undefined {
  const rivals = [...(base === undefined ? [] : [base]), ...edits, ...losers].filter(
    (one) => one.edit === undefined || equalBytes(one.lost?.unit ?? one.slot, lost?.unit ?? slot),
  )
  const tag = authorTag(by)
  let at = before + 1
  for (let tries = 0; tries <= rivals.length; tries++) {
    const knowing = rivals.find((one) => one.at >= at && !equalBytes(one.by, by) && hasSeen(one, { at, by }))
    if (knowing === undefined) return at
    const { authors = [], base: all = 0 } = knowing.seen ?? {}
    at = (authors.find((one) => equalBytes(one.tag, tag))?.to ?? all) + 1
  }
  return undefined
}
