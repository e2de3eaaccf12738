import { sha256 } from '#crypto'
import { toHex } from '../../model/bytes.ts'
import { compareVersions } from '../../model/edits/compare-versions.ts'
import { valueOfEdit } from '../../model/edits/edit-content.ts'
import { mergedContent } from '../../model/edits/merged.ts'
import { type DocumentVersion, type NormalForm, normalForm } from '../../model/edits/normal-form.ts'
import { loserSlotOf } from '../../model/record.ts'
import { MAX_EDITS } from '../../model/limits.ts'
import { hiddenEdits, isConflict } from './is-conflict.ts'
import { ownContent } from './own-content.ts'
import type { DocumentView, NewRecord, StoredRecord } from '../storage.ts'

/** A record of a document inside of a commit: one that lies in the database, or one that will. */
export interface Part extends StoredRecord, DocumentVersion {
  /** What is yet to be inserted; `undefined` where it lies there already. */
  readonly pending: NewRecord | undefined
}

/** A record that competes. */
export interface Arrival {
  /** The slot for which it does. */
  readonly slot: Uint8Array
  readonly record: NewRecord
  readonly seal: number | null
  /** Whether it takes the place of what holds the slot though that is later. */
  readonly isAnew: boolean
}

/** What a commit gives a document. */
export interface Places {
  /** The next position. */
  readonly next: () => number
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
}

/** What became of a record that competed. */
export interface Taken {
  readonly seq: number
  /** What went for it. */
  readonly gone: readonly Part[]
  /** What left its slot, those that lost included. */
  readonly left: readonly StoredRecord[]
  /** How many conflicts there are by it, itself perhaps. */
  readonly lost: number
}

/** A document with its edits and losers, as a commit changes it: nothing is written before all of the commit is known. */
export class EditedDocument implements DocumentView {
  readonly slot: Uint8Array
  #form: NormalForm<Part>
  /** The row that showed the document before the commit: its content is that of the whole document. */
  readonly shown: StoredRecord | undefined
  /** What lay in the document's slot before the commit. */
  readonly before: StoredRecord | undefined
  /** Rows that are no longer needed. */
  readonly removed: Part[] = []
  /** Rows that are written anew, in another place. */
  readonly moved: Part[] = []
  /** Rows that get the name of their document, which was not known when they came. */
  readonly named: Part[] = []
  /** By position, in order. */
  readonly pending: Map<number, Part> = new Map()
  #content: string | null | undefined
  #digest: Uint8Array | undefined

  /** `records` are all that are stored of it. */
  constructor(slot: Uint8Array, records: readonly StoredRecord[]) {
    this.slot = slot
    const parts = records.map((record) => partOf(record, undefined))
    const standing = parts.filter(({ lost }) => lost === undefined)
    this.#form = {
      base: standing.find(({ isEdit }) => !isEdit),
      edits: standing.filter(({ isEdit }) => isEdit),
      losers: parts.filter(({ lost }) => lost !== undefined),
    }
    this.before = this.#form.base
    this.shown = records.find(({ content }) => content !== null)
    this.#content = this.shown?.content ?? null
  }

  get base(): Part | undefined {
    return this.#form.base
  }

  get edits(): readonly Part[] {
    return this.#form.edits
  }

  get losers(): readonly Part[] {
    return this.#form.losers
  }

  /** Those that make the document. */
  get standing(): readonly Part[] {
    return this.base === undefined ? this.edits : [this.base, ...this.edits]
  }

  get newest(): number {
    return this.standing.reduce((newest, { at }) => Math.max(newest, at), 0)
  }

  get lastSeq(): number {
    return this.standing.reduce((last, { seq }) => Math.max(last, seq), 0)
  }

  /** Whether one record is all that there is of it. */
  get isPlain(): boolean {
    return this.edits.length === 0 && this.losers.length === 0
  }

  get isChanged(): boolean {
    return this.pending.size > 0 || this.removed.length > 0 || this.named.length > 0
  }

  /** The record that holds a slot of it. */
  heldBy(slot: Uint8Array, isEdit: boolean): StoredRecord | undefined {
    if (!isEdit) return this.base
    const unit = toHex(slot)
    return this.edits.find((edit) => edit.unit === unit)
  }

  content(): string | null {
    this.#content = this.#content === undefined ? this.merged() : this.#content
    return this.#content
  }

  digest(): Uint8Array | null {
    const content = this.content()
    return content === null ? null : (this.#digest ??= sha256(content))
  }

  #becomes(content: string | undefined): void {
    this.#content = content
    this.#digest = undefined
  }

  /** The same from its records, whatever was shown. */
  merged(): string | null {
    const text = this.base === undefined ? null : ownContent(this.base)
    const edits = this.edits.filter(({ erased }) => erased === undefined)
    return text === null ? null : mergedContent(text, edits.map(editOf))
  }

  /** Lets a record compete; `undefined` where nothing of it is kept. */
  take({ slot, record, seal, isAnew }: Arrival, places: Places): Taken | undefined {
    const { digest: _, becomes, content, ...rest } = record
    // An edit that has expired says nothing, and is no change of its own either.
    const own = content ?? (record.erased !== undefined && record.edit !== undefined ? '' : undefined)
    const arrival = partOf({ ...rest, seq: 0, slot, seal, content: null, ...(own === undefined ? {} : { own }) }, record)
    if (this.#isFirstOfField(arrival)) {
      const placed = this.#place({ ...arrival, seq: places.next() })
      this.#form = { base: this.base, edits: [...this.edits, placed], losers: [] }
      this.#becomes(becomes)
      return { seq: placed.seq, gone: [], left: [], lost: hiddenEdits(this).filter((one) => placed === one).length }
    }
    const before = [...this.standing, ...this.losers]
    const rivals = isAnew ? before.filter(({ unit, lost }) => unit !== arrival.unit || lost !== undefined) : before
    const form = normalForm([...rivals, arrival])
    const stay = new Set([...(form.base === undefined ? [] : [form.base]), ...form.edits, ...form.losers])
    if (!stay.has(arrival)) return undefined
    const name = [arrival, ...before].find(({ collection }) => collection !== null)
    const gone = before.filter((part) => !stay.has(part))
    for (const part of gone) this.#leave(part, this.removed)
    // They get positions of their own: others that have seen them in their old place have to hear that they are kept.
    const fallen = form.losers.filter((part) => part !== arrival && part.lost === undefined)
    const losers = form.losers.map((part) => (part === arrival ? part : this.#name(fallen.includes(part) ? this.#fall(part, places) : part, name)))
    const isLost = form.losers.includes(arrival)
    const placed = isLost ? this.#name(this.#fall(arrival, places), name) : this.#place({ ...arrival, seq: places.next() })
    const inPlace = (part: Part): Part => (part === arrival ? placed : part)
    this.#form = { base: form.base && inPlace(form.base), edits: form.edits.map(inPlace), losers: losers.map(inPlace) }
    if (!isLost) this.#becomes(becomes !== undefined && isNewest(arrival, before, [...gone, ...fallen]) ? becomes : undefined)
    const lost = (isLost ? [arrival] : fallen).filter((one) => isConflict(one, this))
    // Those that this record hides, or that it is.
    const hidden = hiddenEdits(this).filter((one) => placed === one || placed === this.base)
    return { seq: placed.seq, gone, left: [...gone, ...fallen], lost: lost.length + hidden.length }
  }

  /** Whether it edits a field that nobody has edited, after everything else: then all stays, which `normalForm` would find out too. */
  #isFirstOfField(arrival: Part): boolean {
    if (!arrival.isEdit || this.base === undefined || this.losers.length > 0 || this.edits.length >= MAX_EDITS) return false
    return this.standing.every((one) => one.unit !== arrival.unit && one.at < arrival.at)
  }

  /** Finds out anew what stands, now that records were removed which others had lost against; gives what rises. */
  riseAgain(): readonly Part[] {
    const form = normalForm([...this.standing, ...this.losers])
    const risen = [...(form.base === undefined ? [] : [form.base]), ...form.edits].filter(({ lost }) => lost !== undefined)
    this.#form = form
    this.#becomes(undefined)
    return risen
  }

  #leave(part: Part, rows: Part[]): void {
    if (!this.pending.delete(part.seq)) rows.push(part)
  }

  #place(part: Part): Part {
    this.pending.set(part.seq, part)
    return part
  }

  /** Writes a version as one that lost, in a slot of its own. */
  #fall(part: Part, { next, now }: Places): Part {
    const unit = part.slot
    if (part.seq > 0) this.#leave(part, this.moved)
    const { pending, own: _, ...rest } = part
    const content = ownContent(part)
    const record: NewRecord = pending ?? { ...rest, content, digest: null }
    return this.#place({
      ...rest,
      seq: next(),
      slot: loserSlotOf(this.slot, part.hash),
      content: null,
      ...(content === null ? {} : { own: content }),
      lost: { document: this.slot, unit, since: now() },
      pending: record,
    })
  }

  /** A delete that lost is found by the name of its document, which it does not say itself. */
  #name(part: Part, name: Part | undefined): Part {
    if (part.collection !== null || name === undefined) return part
    const { collection, id } = name
    const named: Part = { ...part, collection, id, pending: part.pending && { ...part.pending, collection, id } }
    if (this.pending.has(part.seq)) this.pending.set(part.seq, named)
    else this.named.push(named)
    return named
  }
}

/**
 * Whether an edit comes after everything that its document is made of, so that it changes what that was. What leaves for it was the last change of the
 * same field: with an earlier one, or where the field is taken away, others may be passed over no more, or the objects around it be missing.
 */
function isNewest(arrival: Part, before: readonly Part[], left: readonly Part[]): boolean {
  if (before.some((part) => part.lost === undefined && compareVersions(part, arrival) >= 0)) return false
  const [one, ...more] = left
  if (one === undefined) return true
  const isLast =
    one.lost === undefined && one.unit === arrival.unit && before.every((part) => part.lost !== undefined || compareVersions(part, one) <= 0)
  return more.length === 0 && isLast && arrival.own !== undefined && valueOfEdit(arrival.own) !== undefined
}

function partOf(record: StoredRecord, pending: NewRecord | undefined): Part {
  return { ...record, unit: toHex(record.lost?.unit ?? record.slot), isEdit: record.edit !== undefined, pending }
}

/** An edit as it is merged. */
export function editOf({ at, hash, edit, own }: StoredRecord): Parameters<typeof mergedContent>[1][number] {
  return { at, hash, path: edit?.path ?? [], content: own ?? '' }
}
