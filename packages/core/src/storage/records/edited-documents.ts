import { sha256 } from '#crypto'
import { toHex } from '../../model/bytes.ts'
import { compareVersions } from '../../model/edits/merged.ts'
import { pathText } from '../../model/edits/edit-path.ts'
import type { SqlValue } from '../drivers/driver.ts'
import { storedRecord } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { CommitEntry, CommitOutcome, NewRecord, ShownVersion, StoredRecord } from '../storage.ts'
import { EditedDocument, type Part } from './edited-document.ts'
import { contentKey, type RecordTable, type RecordTableInit, SELECT } from './record-table.ts'

/**
 * Documents with fields that were edited by themselves. Of such a document one row shows the whole, that of the record which came last: its
 * `content` is what all of them make together, and `own` what it says itself. The others have only that. So whoever reads documents reads rows
 * with a content, as without edits, and every change of the document has a position of its own. Of a document without edits nothing is here.
 */
export class EditedDocuments {
  readonly #init: RecordTableInit & { readonly records: RecordTable }
  /** Of each namespace, whether it has edits at all: where it has none, nobody looks for them. */
  readonly #hasEdits = new Map<number, boolean>()
  /** The documents of the commit that runs, by slot. */
  readonly #open = new Map<string, EditedDocument>()

  constructor(init: RecordTableInit & { readonly records: RecordTable }) {
    this.#init = init
  }

  /** The document that an entry is about, where that has edits or is to get one. Call inside a transaction. */
  of(ns: number, { slot, document }: Pick<CommitEntry, 'slot' | 'document'>): EditedDocument | undefined {
    if (document === undefined && this.#open.size === 0 && !this.#anyIn(ns)) return undefined
    const documentSlot = document ?? slot
    const key = toHex(documentSlot)
    const open = this.#open.get(key)
    if (open !== undefined) return open
    const edits = this.#anyIn(ns) ? this.#init.statements.own(`${SELECT} WHERE r.ns = ? AND r.document = ?`).all(ns, documentSlot) : []
    if (document === undefined && edits.length === 0) return undefined
    const edited = new EditedDocument(documentSlot, this.#init.records.bySlot(ns, documentSlot), edits.map(storedRecord))
    this.#open.set(key, edited)
    return edited
  }

  /** What a record shows, with time and author of the newest record of its document. */
  version(ns: number, { content, at, by, hash, own, slot, edit }: StoredRecord): ShownVersion {
    let newest: Pick<StoredRecord, 'at' | 'hash' | 'by'> = { at, hash, by }
    if (own !== undefined) {
      const rows = this.#init.statements.own(`${SELECT} WHERE r.ns = ?1 AND (r.document = ?2 OR r.slot = ?2)`).all(ns, edit?.document ?? slot)
      for (const record of rows.map(storedRecord)) if (compareVersions(newest, record) < 0) newest = record
    }
    return { content: content ?? '', at: newest.at, by: newest.by }
  }

  #anyIn(ns: number): boolean {
    const known = this.#hasEdits.get(ns)
    if (known !== undefined) return known
    const hasEdits = this.#init.statements.own('SELECT 1 FROM records WHERE ns = ? AND document IS NOT NULL LIMIT 1').get(ns) !== undefined
    this.#hasEdits.set(ns, hasEdits)
    return hasEdits
  }

  /** Takes a record into its document. It is written with `settle`. */
  take(ns: number, document: EditedDocument, slot: Uint8Array, record: NewRecord, seal: number | null): CommitOutcome {
    const replaced = document.heldBy(slot, record.edit !== undefined)
    const seq = this.#init.totals.next(ns)
    const gone = document.take(slot, record, { seq, seal })
    this.#init.totals.swap(ns, gone, record)
    for (const { pending, seal: released } of gone) if (pending !== undefined && released !== null) this.#init.seals.release(released)
    if (record.edit !== undefined) this.#hasEdits.set(ns, true)
    const others = gone.filter(({ seq }) => seq !== replaced?.seq)
    return { seq, record, replaced, edited: { ns, gone: others.map(({ slot, hash }) => ({ slot, hash })) } }
  }

  /** Writes what became of the documents of a commit. Call at the end of its work, inside the transaction. */
  settle(ns: number): void {
    for (const document of this.#open.values()) if (document.isChanged) this.#write(ns, document)
    this.#open.clear()
  }

  /** Forgets what a transaction that was rolled back has learned. */
  rolledBack(): void {
    this.#open.clear()
    this.#hasEdits.clear()
  }

  #write(ns: number, document: EditedDocument): void {
    const { statements, indexes, texts, totals, readings, seals } = this.#init
    const { shown, before, removed, pending } = document
    const known = shown ?? before
    if (known !== undefined) readings.replaced(ns, document.slot, known)
    if (shown !== undefined) indexes.removed(ns * SEQ_SPAN + shown.seq)
    for (const { seq, seal } of removed) {
      statements.own('DELETE FROM records WHERE rid = ?').run(ns * SEQ_SPAN + seq)
      if (seal !== null) seals.release(seal)
    }
    if (shown !== undefined && !removed.some(({ seq }) => seq === shown.seq))
      statements.own('UPDATE records SET own = coalesce(own, content), content = NULL, content_key = NULL WHERE rid = ?').run(ns * SEQ_SPAN + shown.seq)
    const last = [...pending.values()].at(-1)
    for (const part of pending.values()) this.#insert(ns, part, part === last ? document : undefined)
    if (last === undefined) return
    const content = document.content()
    const { seq, collection } = last
    if (content !== null && collection !== null) indexes.added(ns, collection, ns * SEQ_SPAN + seq, content)
    texts.replaced(ns, shown, { seq, collection, content })
    totals.changedDocuments(ns, collection, Number(content !== null) - Number(shown !== undefined))
  }

  /** Inserts a record; with a document, as the row that shows it. */
  #insert(ns: number, { seq, slot, seal, pending: record, edit, ...part }: Part, shows: EditedDocument | undefined): void {
    if (record === undefined) return
    const own = part.own ?? null
    const { collection, id, at, hash, prev, exp, kh, digest } = record
    const content = shows?.content() ?? null
    const isWhole = content === own && edit === undefined
    const key = content === null ? null : contentKey(isWhole && digest !== null ? digest : sha256(content))
    const values: SqlValue[] = [ns * SEQ_SPAN + seq, ns, slot, collection, id, at, hash, this.#init.authors.number(record.by), seal, prev, exp, kh, key, content]
    this.#init.statements
      .own(
        'INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, seal, prev, exp, kh, content_key, content, document, path, own) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
      )
      .run(...values, edit?.document ?? null, edit === undefined ? null : pathText(edit.path), isWhole ? null : own)
  }
}
