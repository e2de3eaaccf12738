import { sha256 } from '#crypto'
import { FILES_COLLECTION } from '../../files/named-file.ts'
import { equalBytes, toHex } from '../../model/bytes.ts'
import { pathText } from '../../model/edits/edit-path.ts'
import type { SqlValue } from '../drivers/driver.ts'
import { documentColumn, keyHashColumn, storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { CommitEntry, CommitOutcome, LostDocument, LostDocuments, LostVersion, Storage, StoredRecord } from '../storage.ts'
import { documentOf } from './document-of.ts'
import { documentRecords } from './document-records.ts'
import { lostVersion } from './lost-version.ts'
import { moreColumn } from './more-column.ts'
import { type Arrival, EditedDocument, type Part } from './edited-document.ts'
import { erasedColumn, isDue } from './erased-content.ts'
import { hiddenEdits, isConflict } from './is-conflict.ts'
import { ownContent } from './own-content.ts'
import { contentKey, type RecordTableInit, SELECT } from './record-table.ts'

/** What may be read of documents with edits before those of a commit are written, UTF-16 units; one more document can have 4 Mi. */
const MAX_OPEN_LENGTH: number = 8 * 1024 * 1024

/** How a document was shown before, and how it is now; without a content it is not there. */
export interface ShownChange {
  readonly replaced: Pick<StoredRecord, 'collection' | 'id' | 'content'> | undefined
  readonly record: Pick<StoredRecord, 'collection' | 'id' | 'content'>
}

/** A document without edits or losers. */
interface PlainDocument {
  readonly record: StoredRecord | undefined
}

/** What the last record of a document shows and remembers. */
interface Showing {
  readonly content: string | null
  readonly digest: Uint8Array | null
  readonly counted: Uint8Array | null
}

/**
 * Documents with fields that were edited by themselves, or with versions that lost and are kept. Of such a document one row shows the whole, that of the record which came last: its
 * `content` is what all of them make together, and `own` what it says itself. The others have only that. So whoever reads documents reads rows
 * with a content, as without edits, and every change of the document has a position of its own. Of a document without edits nothing is here.
 */
export class EditedDocuments {
  readonly #init: RecordTableInit
  /** Of each namespace, whether it has edits or losers at all: where it has none, nobody looks for them. */
  readonly #isNoted = new Map<number, boolean>()
  /** The documents of the commit that runs, by slot. */
  readonly #open = new Map<string, EditedDocument>()
  /** The one that was opened last. */
  #last: { readonly slot: Uint8Array; readonly edited: EditedDocument } | undefined
  /** UTF-16 units of what is read of them. */
  #openLength = 0
  readonly #shown: ShownChange[] = []

  constructor(init: RecordTableInit) {
    this.#init = init
  }

  /** The document that an entry is about, where it has edits or losers or may get some. Call inside a transaction. */
  of(ns: number, entry: Pick<CommitEntry, 'slot' | 'document'>, isPlain: boolean): EditedDocument | undefined {
    const found = this.find(ns, entry, isPlain)
    return found instanceof EditedDocument ? found : undefined
  }

  /** The same; where it has none, all that there is of it, as it has been read then; `undefined` where nothing was. */
  find(ns: number, { slot, document = slot }: Pick<CommitEntry, 'slot' | 'document'>, isPlain: boolean): EditedDocument | PlainDocument | undefined {
    if (isPlain && this.#open.size === 0 && !this.#anyIn(ns)) return undefined
    // Entries of one update come one after the other.
    if (this.#last?.slot === document) return this.#last.edited
    const open = this.#open.get(toHex(document))
    if (open !== undefined) return open
    const records = this.#records(ns, document)
    const edited = new EditedDocument(document, records)
    if (isPlain && edited.isPlain) return { record: edited.base }
    this.#opened(ns, edited, records)
    this.#last = { slot: document, edited }
    return edited
  }

  #opened(ns: number, edited: EditedDocument, records: readonly StoredRecord[]): void {
    // Others can have made all of them large: they are written and read again rather than held all at once.
    if (this.#openLength > MAX_OPEN_LENGTH) this.#writeOpen(ns)
    for (const { content, own } of records) this.#openLength += (content?.length ?? 0) + (own?.length ?? 0)
    this.#open.set(toHex(edited.slot), edited)
  }

  #records(ns: number, document: Uint8Array): StoredRecord[] {
    return documentRecords(this.#init.statements, ns, document)
  }

  /** Versions that lost and are kept, with what won. */
  conflicts(ns: number, collection: string, { id, after, limit }: Parameters<Storage['conflicts']>[2]): LostVersion[] {
    const which = 'r.ns = ? AND r.lost IS NOT NULL AND r.collection = ? AND (r.id, r.rid) > (?, ?) AND r.id <= coalesce(?, r.id)'
    const page = this.#init.statements.own(`${SELECT} WHERE ${which} ORDER BY r.id, r.rid LIMIT ?`)
    const found: LostVersion[] = []
    let [length, from] = [0, after]
    let document: EditedDocument | undefined
    for (;;) {
      const rows = page
        .all(ns, collection, from?.id ?? id ?? '', from === undefined ? 0 : ns * SEQ_SPAN + from.seq, id ?? null, limit)
        .map(storedRecord)
      for (const record of rows) {
        const slot = documentOf(record)
        if (document === undefined || !equalBytes(document.slot, slot)) document = new EditedDocument(slot, this.#records(ns, slot))
        const one = lostVersion(document, record)
        if (one === undefined) continue
        found.push(one)
        length += (one.content?.length ?? 0) + (one.won.content?.length ?? 0)
        if (length > MAX_OPEN_LENGTH / 2) return found
      }
      const last = rows.at(-1)
      if (found.length > 0 || last === undefined || rows.length < limit) return found
      // All of them say what won.
      from = { id: last.id ?? '', seq: last.seq }
    }
  }

  /** Documents of which versions lost, with how many. */
  conflicted(ns: number, { after, limit }: Parameters<Storage['conflicted']>[1]): LostDocuments {
    const which = 'ns = ? AND lost IS NOT NULL AND (collection, id) > (?, ?)'
    const rows = this.#init.statements
      .own(`SELECT collection, id, min(document) AS document FROM records WHERE ${which} GROUP BY collection, id ORDER BY collection, id LIMIT ?`)
      .all(ns, after?.collection ?? '', after?.id ?? '', limit)
    const documents: LostDocument[] = []
    let [length, seen] = [0, 0]
    for (const row of rows) {
      const key = { collection: String(row['collection']), id: String(row['id']) }
      const slot = row['document'] as Uint8Array
      const records = this.#records(ns, slot)
      const document = new EditedDocument(slot, records)
      const conflicts = document.losers.filter((record) => isConflict(record, document)).length + hiddenEdits(document).length
      if (conflicts > 0) documents.push({ ...key, conflicts, isDeleted: document.content() === null })
      for (const { content, own } of records) length += (content?.length ?? 0) + (own?.length ?? 0)
      seen++
      if (seen === limit || (seen < rows.length && length > MAX_OPEN_LENGTH / 2)) return { documents, end: key }
    }
    return { documents }
  }

  #anyIn(ns: number): boolean {
    const known = this.#isNoted.get(ns)
    if (known !== undefined) return known
    const hasEdits = this.#init.statements.own('SELECT edited FROM namespaces WHERE ns = ?').get(ns)?.['edited'] === 1
    this.#isNoted.set(ns, hasEdits)
    return hasEdits
  }

  #note(ns: number): void {
    if (this.#anyIn(ns)) return
    this.#init.statements.own('UPDATE namespaces SET edited = 1 WHERE ns = ?').run(ns)
    this.#isNoted.set(ns, true)
  }

  /** Lets a record compete within its document; `undefined` where nothing of it is kept. It is written with `settle`. */
  take(ns: number, document: EditedDocument, arrival: Arrival): CommitOutcome | undefined {
    const { totals, seals, now } = this.#init
    const { slot, record } = arrival
    const replaced = document.heldBy(slot, record.edit !== undefined)
    const taken = document.take(arrival, { next: () => totals.next(ns), now })
    if (taken === undefined) return undefined
    const { seq, gone, left, lost } = taken
    totals.swap(ns, gone, record)
    this.#init.onReplaced(ns, document.slot, gone, record)
    for (const { pending, seal } of gone) if (pending !== undefined && seal !== null) seals.release(seal)
    if (!document.isPlain) this.#note(ns)
    const others = left.filter((one) => one !== replaced)
    const edited = { ns, gone: others.map(({ slot, hash }) => ({ slot, hash })) }
    return { seq, record, replaced: others.length < left.length ? replaced : undefined, edited, ...(lost > 0 && { lost }) }
  }

  /** Writes what became of the documents of a commit. Call at the end of its work, inside the transaction. */
  settle(ns: number): void {
    this.#writeOpen(ns)
  }

  #writeOpen(ns: number): void {
    for (const document of this.#open.values()) if (document.isChanged) this.#write(ns, document)
    this.#open.clear()
    this.#last = undefined
    this.#openLength = 0
  }

  /** Whether a namespace has edits or losers, so that several documents of a commit cannot be looked at before the first of them is written. */
  hasEdits(ns: number): boolean {
    return this.#anyIn(ns)
  }

  /** How documents that name files are shown since this was last asked for. */
  takeShown(): readonly ShownChange[] {
    return this.#shown.splice(0)
  }

  /** Shows documents as they are now that some of their records were removed. Call inside a transaction. */
  showAnew(ns: number, removed: readonly StoredRecord[]): void {
    if (!this.#anyIn(ns)) return
    const documents = new Map<string, { readonly slot: Uint8Array; isChanged: boolean }>()
    for (const record of removed) {
      const slot = documentOf(record)
      const one = documents.get(toHex(slot)) ?? { slot, isChanged: false }
      documents.set(toHex(slot), one)
      one.isChanged ||= record.own !== undefined && record.lost === undefined
    }
    for (const { slot, isChanged } of documents.values()) {
      const document = new EditedDocument(slot, this.#records(ns, slot))
      const risen = document.riseAgain()
      for (const part of risen) this.#rise(ns, part)
      if (risen.length > 0 || isChanged) this.#showOne(ns, document)
    }
  }

  /** What it had lost against was removed: it holds its slot again. */
  #rise(ns: number, { seq, lost, edit, erased, seen }: Part): void {
    this.#init.statements
      .own('UPDATE records SET slot = ?, document = ?, more = ?, lost = NULL WHERE rid = ?')
      .run(lost?.unit ?? null, edit?.document ?? null, moreColumn({ erased, seen }), ns * SEQ_SPAN + seq)
  }

  /**
   * Takes away what the records of a document said that have expired; gives how it is shown then, and at which position, where that has changed. Call
   * inside a transaction, and `totals.storeNow` after it.
   */
  expire(ns: number, slot: Uint8Array, now: number): { readonly seq: number; readonly change: ShownChange } | undefined {
    const { statements, indexes, texts, totals, readings } = this.#init
    const records = this.#records(ns, slot)
    const due = records.filter((one) => isDue(one, now))
    // What lost shows nothing.
    const shown = due.every(({ lost }) => lost !== undefined) ? undefined : records.find(({ content }) => content !== null)
    if (shown !== undefined) {
      readings.replaced(ns, slot, shown)
      indexes.removed(ns * SEQ_SPAN + shown.seq)
      this.#hide(ns, shown)
    }
    for (const record of due)
      statements
        .own('UPDATE records SET own = ?, more = ? WHERE rid = ?')
        .run(record.edit === undefined ? null : '', erasedColumn(record), ns * SEQ_SPAN + record.seq)
    if (shown === undefined) return undefined
    const left = this.#records(ns, slot)
    const content = new EditedDocument(slot, left).merged()
    // What tells that it is gone is the record that was the document.
    const standing = left.filter(({ lost }) => lost === undefined)
    const teller = content === null ? standing.find(({ edit }) => edit === undefined) : standing.toSorted((a, b) => a.seq - b.seq).at(-1)
    if (teller === undefined) return undefined
    const seq = totals.next(ns)
    const { collection, id } = teller
    const own = content === ownContent(teller) && teller.edit === undefined ? null : ownContent(teller)
    statements
      .own('UPDATE records SET rid = ?, content = ?, own = ?, content_key = ? WHERE rid = ?')
      .run(ns * SEQ_SPAN + seq, content, own, content === null ? null : contentKey(sha256(content)), ns * SEQ_SPAN + teller.seq)
    if (content !== null && collection !== null) indexes.added(ns, collection, ns * SEQ_SPAN + seq, content)
    texts.replaced(ns, shown, { seq, collection, content })
    totals.changedDocuments(ns, collection, Number(content !== null) - 1)
    return { seq, change: { replaced: shown, record: { collection, id, content } } }
  }

  /** A record shows its document no more. */
  #hide(ns: number, { seq }: StoredRecord): void {
    const hide = 'UPDATE records SET own = coalesce(own, content), content = NULL, content_key = NULL WHERE rid = ?'
    this.#init.statements.own(hide).run(ns * SEQ_SPAN + seq)
  }

  /** The record that came last shows the document, at a new position: what was there before had another content. */
  #showOne(ns: number, document: EditedDocument): void {
    const { statements, indexes, texts, totals, readings } = this.#init
    const { shown, standing } = document
    const content = document.merged()
    const last = standing.toSorted((a, b) => a.seq - b.seq).at(-1)
    if (last === undefined) return
    if (shown !== undefined) {
      readings.replaced(ns, document.slot, shown)
      indexes.removed(ns * SEQ_SPAN + shown.seq)
      this.#hide(ns, shown)
    }
    const { collection, id } = last
    const seq = content === null ? last.seq : totals.next(ns)
    if (content !== null) {
      const own = content === ownContent(last) && last.edit === undefined ? null : ownContent(last)
      statements
        .own('UPDATE records SET rid = ?, content = ?, own = ?, content_key = ? WHERE rid = ?')
        .run(ns * SEQ_SPAN + seq, content, own, contentKey(sha256(content)), ns * SEQ_SPAN + last.seq)
      if (collection !== null) indexes.added(ns, collection, ns * SEQ_SPAN + seq, content)
    }
    texts.replaced(ns, shown, { seq, collection, content })
    this.#noteShown({ replaced: shown, record: { collection, id, content } })
    totals.changedDocuments(ns, collection, Number(content !== null) - Number(shown !== undefined))
  }

  /** Forgets what a transaction that was rolled back has learned. */
  rolledBack(): void {
    this.#open.clear()
    this.#last = undefined
    this.#openLength = 0
    this.#shown.length = 0
    this.#isNoted.clear()
  }

  #write(ns: number, document: EditedDocument): void {
    const { statements, indexes, texts, totals, readings, seals } = this.#init
    const { shown, before, removed, moved, named, pending } = document
    for (const { seq, collection, id } of named)
      statements.own('UPDATE records SET collection = ?, id = ? WHERE rid = ?').run(collection, id, ns * SEQ_SPAN + seq)
    const rows = [...removed, ...moved]
    const shows = [...pending.values()].findLast(({ lost }) => lost === undefined)
    const last = shows ?? [...pending.values()].at(-1)
    const known = shown ?? before
    if (shows !== undefined && known !== undefined) readings.replaced(ns, document.slot, known)
    if (shows !== undefined && shown !== undefined) indexes.removed(ns * SEQ_SPAN + shown.seq)
    const isHidden = shows !== undefined && shown !== undefined && !rows.some(({ seq }) => seq === shown.seq)
    const counted = totals.countedBefore(ns, rows, isHidden ? shown : undefined)
    for (const { seq } of rows) statements.own('DELETE FROM records WHERE rid = ?').run(ns * SEQ_SPAN + seq)
    for (const { seal } of removed) if (seal !== null) seals.release(seal)
    if (isHidden) this.#hide(ns, shown)
    const nothing = { content: null, digest: null }
    for (const part of pending.values()) {
      const said = part === shows ? { content: document.content(), digest: document.digest() } : nothing
      this.#insert(ns, part, part === last ? { ...said, counted } : undefined)
    }
    this.#markHidden(ns, document)
    if (shows === undefined) return
    const content = document.content()
    const { seq, collection, id } = shows
    if (content !== null && collection !== null) indexes.added(ns, collection, ns * SEQ_SPAN + seq, content)
    texts.replaced(ns, shown, { seq, collection, content })
    this.#noteShown({ replaced: shown, record: { collection, id, content } })
    totals.changedDocuments(ns, collection, Number(content !== null) - Number(shown !== undefined))
  }

  /** Marks edits that a delete hides, so that they are found among what lost. One that is shown again, or was never hidden, may keep its mark. */
  #markHidden(ns: number, document: EditedDocument): void {
    const hidden = hiddenEdits(document)
    if (hidden.length === 0) return
    const mark = this.#init.statements.own('UPDATE records SET lost = ? WHERE rid = ? AND lost IS NULL')
    for (const { seq } of hidden) mark.run(this.#init.now(), ns * SEQ_SPAN + seq)
  }

  #noteShown(change: ShownChange): void {
    if (change.record.collection === FILES_COLLECTION) this.#shown.push(change)
  }

  /** Inserts a record; the last one as the row that shows the document, where it does. */
  #insert(ns: number, { seq, slot, seal, pending: record, edit, lost, own, seen }: Part, shows: Showing | undefined): void {
    if (record === undefined) return
    const { collection, id, at, hash, prev, exp, kh } = record
    const content = shows?.content ?? null
    const isWhole = content === (own ?? null) && edit === undefined
    const key = shows?.digest ? contentKey(shows.digest) : null
    const values: SqlValue[] = [
      ns * SEQ_SPAN + seq,
      ns,
      slot,
      collection,
      id,
      at,
      hash,
      this.#init.authors.number(record.by),
      seal,
      prev,
      exp,
      keyHashColumn(kh, slot),
      key,
      content,
    ]
    this.#init.statements
      .own(
        'INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, seal, prev, exp, kh, content_key, content, document, path, own, counted, more, lost) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
      )
      .run(
        ...values,
        lost?.document ?? documentColumn(record),
        edit === undefined ? null : pathText(edit.path),
        isWhole ? null : (own ?? null),
        shows?.counted ?? null,
        moreColumn({ erased: record.erased, seen, unit: lost?.unit }),
        lost?.since ?? null,
      )
  }
}
