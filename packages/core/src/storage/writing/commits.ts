import { DocstoreError } from '../../errors.ts'
import { equalBytes } from '../../model/bytes.ts'
import { follows } from '../../model/edits/normal-form.ts'
import { RECORDS_PER_SEAL } from '../../model/limits.ts'
import type { Seal } from '../../model/seal.ts'
import type { EditedDocument } from '../records/edited-document.ts'
import { fullError } from '../space/room.ts'
import { shrinkingOnly } from '../space/shrinking.ts'
import type { CommitEntry, CommitOutcome, CommitSeals, NewRecord, StoredRecord } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** A record that takes its place. */
interface Placed {
  readonly entry: CommitEntry
  readonly old: StoredRecord | undefined
  readonly document: EditedDocument | undefined
  readonly record: NewRecord
  readonly seal: number | null
}

/** What holds the slot of an entry. */
interface Held {
  readonly old: StoredRecord | undefined
  /** The document where that has edits, or the entry is one. */
  readonly document: EditedDocument | undefined
  /** Up to when it was forgotten, hybrid time; 0 for never. */
  readonly forgotten: number
}

/** Writes records in groups: each takes the place of what holds its slot, or gives way to it. */
export class Commits {
  readonly #parts: StorageParts
  /** What holds slots of the commit, where that was asked for all of them at once. */
  #foreseen: ReturnType<NonNullable<StorageParts['foresee']>>

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  commit(ns: number, entries: readonly CommitEntry[], { seals = [], sealWith, notes }: CommitSeals = {}): (CommitOutcome | undefined)[] {
    const { transactions, room, late } = this.#parts
    const write = (): (CommitOutcome | undefined)[] => {
      // Where there are edits, what is written is signed when it leaves.
      const isLate = sealWith === undefined || late.edited?.hasEdits(ns) === true
      const outcomes = isLate ? this.#commitWith(ns, entries, seals) : this.#commitAndSeal(ns, entries, sealWith)
      this.#committed(ns, outcomes, seals.length > 0)
      this.#note(notes)
      return outcomes
    }
    const outcomes = transactions.orWithoutHistory(() => transactions.growing(write, ns))
    room.stored(outcomes.length, unitsOf(outcomes))
    return outcomes
  }

  commitShrinking(
    ns: number,
    entries: readonly CommitEntry[],
    { seals = [], isWhole = false, notes }: Pick<CommitSeals, 'seals' | 'notes'> & { readonly isWhole?: boolean } = {},
  ): (CommitOutcome | undefined | 'no-room')[] {
    const { transactions, room, late } = this.#parts
    const shrink = (): (CommitOutcome | undefined | 'no-room')[] => {
      const shrinking = shrinkingOnly(entries)
      const outcomes = this.#commitWith(ns, shrinking.entries, seals)
      if (isWhole && outcomes.some((_, i) => shrinking.isLeftOut(i))) throw fullError('some of it would need more room than what it replaces')
      // Where nothing is written, nothing may be taken from the reserve.
      if (outcomes.some((outcome) => outcome !== undefined)) this.#committed(ns, outcomes, seals.length > 0)
      this.#note(notes)
      return outcomes.map((outcome, i) => (shrinking.isLeftOut(i) ? 'no-room' : outcome))
    }
    const makeRoom = (): (CommitOutcome | undefined | 'no-room')[] => transactions.makingRoom(shrink, entries.length, ns)
    const outcomes = late.history === undefined ? makeRoom() : late.history.paused(makeRoom)
    room.stored(outcomes.length, 0)
    return outcomes
  }

  #committed(ns: number, outcomes: readonly (CommitOutcome | undefined)[], isSealed: boolean): void {
    const { totals, times, references, late } = this.#parts
    totals.store(ns)
    times.committed(ns, outcomes, isSealed)
    references.committed(ns, outcomes, late.edited?.takeShown() ?? [])
  }

  #note(notes: CommitSeals['notes']): void {
    if (notes !== undefined) for (const [key, value] of notes()) this.#parts.meta.write(key, value)
  }

  #commitWith(ns: number, entries: readonly CommitEntry[], seals: readonly Seal[]): (CommitOutcome | undefined)[] {
    const { seals: table, records, late } = this.#parts
    const kept = new Map<number, { readonly seal: number; records: number }>()
    this.#foreseen = this.#parts.foresee?.(ns, entries)
    const outcomes = entries.map((entry) => {
      const { seal: position } = entry
      const { old, document, forgotten } = this.#heldFor(ns, entry)
      const record = entry.build(old, document, forgotten)
      if (record === undefined) {
        this.#late(ns, entry, old, document)
        return undefined
      }
      if (position === undefined) return this.#put(ns, { entry, old, document, record, seal: null })
      const seal = seals[position]
      if (seal === undefined) throw new DocstoreError('internal', 'A record refers to a seal that is not in its commit')
      // Counted generously while the commit runs, so that a seal outlives a record that the same commit replaces.
      const under = kept.get(position) ?? { seal: table.add(seal, entries.length), records: 0 }
      kept.set(position, under)
      const outcome = this.#put(ns, { entry, old, document, record, seal: under.seal })
      if (outcome !== undefined) under.records++
      return outcome
    })
    late.edited?.settle(ns)
    for (const { seal, records: used } of kept.values()) table.release(seal, entries.length - used)
    if (kept.size > 0) records.advanceSealed(ns)
    return outcomes
  }

  #bySlot(ns: number, slot: Uint8Array): StoredRecord | undefined {
    const known = this.#foreseen?.(slot)
    return known === undefined ? this.#parts.records.bySlot(ns, slot) : known.record
  }

  /** Keeps a record for the history that came too late for anything else. */
  #late(ns: number, { slot, late }: CommitEntry, old: StoredRecord | undefined, document: EditedDocument | undefined): void {
    const { history } = this.#parts.late
    if (late === undefined || history === undefined) return
    history.late(ns, document?.slot ?? slot, late, document === undefined ? old : document.base)
  }

  #heldFor(ns: number, entry: CommitEntry): Held {
    const { forgotten, late } = this.#parts
    const { slot } = entry
    const found = late.edited?.find(ns, entry, entry.document === undefined)
    if (entry.document !== undefined && found === undefined) throw new DocstoreError('internal', 'The storage was not made ready for edits')
    if (found === undefined || 'record' in found) {
      const old = found === undefined ? this.#bySlot(ns, slot) : found.record
      return { old, document: undefined, forgotten: forgotten.of(ns, slot) }
    }
    const document = found
    const old = document.heldBy(slot, entry.document !== undefined && !equalBytes(entry.document, slot))
    return { old, document, forgotten: forgotten.of(ns, document.slot) }
  }

  #put(ns: number, { entry, old, document, record, seal }: Placed): CommitOutcome | undefined {
    const { records, late } = this.#parts
    const { slot, isAnew = false } = entry
    const isNext = document === undefined && (old === undefined || isAnew || follows(record, old))
    if (isNext) return records.replace(ns, slot, old, record, seal)
    this.#foreseen = undefined
    // Neither has seen the other, or the old one is later: what is kept of both is found out with all that there is of the document.
    const whole = document ?? late.edited?.of(ns, { slot, document: record.edit?.document ?? slot }, false)
    if (whole === undefined || late.edited === undefined) throw new DocstoreError('internal', 'The storage was not made ready for edits and losers')
    const outcome = late.edited.take(ns, whole, { slot, record, seal, isAnew })
    if (outcome === undefined) this.#late(ns, entry, old, whole)
    return outcome
  }

  #commitAndSeal(ns: number, entries: readonly CommitEntry[], sealWith: NonNullable<CommitSeals['sealWith']>): (CommitOutcome | undefined)[] {
    const { records, seals: table, forgotten } = this.#parts
    this.#foreseen = this.#parts.foresee?.(ns, entries)
    const built = entries.map((entry) => {
      const old = this.#bySlot(ns, entry.slot)
      return { slot: entry.slot, old, record: entry.build(old, undefined, forgotten.of(ns, entry.slot)) }
    })
    const hashes = built.flatMap(({ record }) => (record === undefined ? [] : [record.hash]))
    const seals: number[] = []
    for (let i = 0; i < hashes.length; i += RECORDS_PER_SEAL) {
      const group = hashes.slice(i, i + RECORDS_PER_SEAL)
      const joined = new Uint8Array(group.length * 32)
      group.forEach((hash, at) => joined.set(hash, at * 32))
      seals.push(table.add(sealWith(joined), group.length))
    }
    let position = 0
    const outcomes = built.map(
      ({ slot, old, record }) => record && records.replace(ns, slot, old, record, seals[Math.floor(position++ / RECORDS_PER_SEAL)] ?? null),
    )
    if (seals.length > 0) records.advanceSealed(ns)
    return outcomes
  }

  /** Signs records that were written without. */
  attachSeal(ns: number, seqs: readonly number[], seal: Seal): void {
    const { transactions, seals, records, room } = this.#parts
    transactions.sealing(() => {
      const number = seals.add(seal, seqs.length)
      const passedOver = seqs.filter((seq) => !records.seal(ns, seq, number))
      seals.release(number, passedOver.length)
      records.advanceSealed(ns)
    }, ns)
    room.stored(seqs.length, 0)
  }
}

function unitsOf(outcomes: readonly (CommitOutcome | undefined)[]): number {
  let units = 0
  for (const outcome of outcomes) units += outcome?.record.content?.length ?? 0
  return units
}
