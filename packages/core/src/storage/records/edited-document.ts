import { toHex } from '../../model/bytes.ts'
import { compareVersions } from '../../model/edits/compare-versions.ts'
import { mergedContent } from '../../model/edits/merged.ts'
import { MAX_EDITS } from '../../model/limits.ts'
import { ownContent } from './own-content.ts'
import type { DocumentView, NewRecord, StoredRecord } from '../storage.ts'

/** A record of a document inside of a commit: one that lies in the database, or one that will. */
export interface Part extends StoredRecord {
  /** What is yet to be inserted; `undefined` where it lies there already. */
  readonly pending: NewRecord | undefined
}

/** A document with its edits, as a commit changes it: nothing is written before all of the commit is known. */
export class EditedDocument implements DocumentView {
  readonly slot: Uint8Array
  #base: Part | undefined
  readonly #edits = new Map<string, Part>()
  /** The row that showed the document before the commit: its content is that of the whole document. */
  readonly shown: StoredRecord | undefined
  /** What lay in the document's slot before the commit. */
  readonly before: StoredRecord | undefined
  /** Rows that are no longer needed. */
  readonly removed: Part[] = []
  /** By position, in order. */
  readonly pending: Map<number, Part> = new Map()
  #content: string | null | undefined

  /** `records` are all that are stored of it. */
  constructor(slot: Uint8Array, records: readonly StoredRecord[]) {
    this.slot = slot
    for (const record of records) {
      if (record.edit === undefined) this.#base = { ...record, pending: undefined }
      else this.#edits.set(toHex(record.slot), { ...record, pending: undefined })
    }
    this.before = this.#base
    this.shown = records.find(({ content }) => content !== null)
    this.#content = this.shown?.content ?? null
  }

  get base(): Part | undefined {
    return this.#base
  }

  /** In no order. */
  get edits(): readonly Part[] {
    return [...this.#edits.values()]
  }

  get newest(): number {
    let newest = this.#base?.at ?? 0
    for (const { at } of this.#edits.values()) newest = Math.max(newest, at)
    return newest
  }

  get lastSeq(): number {
    let last = this.#base?.seq ?? 0
    for (const { seq } of this.#edits.values()) last = Math.max(last, seq)
    return last
  }

  get isEdited(): boolean {
    return this.#edits.size > 0
  }

  get isChanged(): boolean {
    return this.pending.size > 0 || this.removed.length > 0
  }

  /** The record that holds a slot of it. */
  heldBy(slot: Uint8Array, isEdit: boolean): StoredRecord | undefined {
    return isEdit ? this.#edits.get(toHex(slot)) : this.#base
  }

  content(): string | null {
    this.#content = this.#content === undefined ? this.merged() : this.#content
    return this.#content
  }

  /** The same from its records, whatever was shown. */
  merged(): string | null {
    const text = this.#base === undefined ? null : ownContent(this.#base)
    const edits = this.edits.filter(({ erased }) => erased === undefined)
    return text === null ? null : mergedContent(text, edits.map(editOf))
  }

  /** Takes a record in; gives those that go for it, its predecessor first. */
  take(slot: Uint8Array, record: NewRecord, { seq, seal }: { readonly seq: number; readonly seal: number | null }): readonly Part[] {
    const { digest: _, content, ...rest } = record
    // An edit that has expired says nothing, and is no change of its own either.
    const own = content ?? (record.erased !== undefined && record.edit !== undefined ? '' : undefined)
    const part: Part = { ...rest, seq, slot, seal, content: null, ...(own === undefined ? {} : { own }), pending: record }
    const gone = record.edit === undefined ? this.#takeBase(part) : this.#takeEdit(part)
    this.pending.set(seq, part)
    for (const one of gone) if (!this.pending.delete(one.seq)) this.removed.push(one)
    this.#content = undefined
    return gone
  }

  #takeBase(part: Part): Part[] {
    const gone = this.#base === undefined ? [] : [this.#base]
    this.#base = part
    for (const [slot, edit] of this.#edits) {
      if (edit.at > part.at) continue
      this.#edits.delete(slot)
      gone.push(edit)
    }
    return gone
  }

  #takeEdit(part: Part): Part[] {
    const slot = toHex(part.slot)
    const old = this.#edits.get(slot)
    this.#edits.set(slot, part)
    const gone = old === undefined ? [] : [old]
    if (this.#edits.size <= MAX_EDITS) return gone
    let least = part
    for (const one of this.#edits.values()) if (compareVersions(one, least) < 0) least = one
    this.#edits.delete(toHex(least.slot))
    return [...gone, least]
  }
}

function editOf({ at, hash, edit, own }: Part): Parameters<typeof mergedContent>[1][number] {
  return { at, hash, path: edit?.path ?? [], content: own ?? '' }
}
