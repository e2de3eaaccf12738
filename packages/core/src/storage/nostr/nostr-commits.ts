import { compareBytes, equalBytes } from '../../model/bytes.ts'
import { eventSlot } from '../../model/nostr/event-record.ts'
import { eventOf } from '../../model/nostr/event-text.ts'
import { fromHex } from '../../model/nostr/hex.ts'
import type { NostrEvent } from '../../model/nostr/event.ts'
import { DELETION, GIFT_WRAP, VANISH } from '../../model/nostr/kinds.ts'
import { coordinateOf, deletionTargets, recipientOf } from '../../model/nostr/tags.ts'
import type { Seal } from '../../model/seal.ts'
import { bytes, storedRecord } from '../rows.ts'
import { SELECT } from '../records/record-table.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { NostrCommit, NostrRecord, StoredRecord, Version } from '../storage.ts'
import type { StorageParts } from '../storage-parts.ts'
import { coordinateTarget, isVanish, type NostrRows } from './nostr-rows.ts'
import { startOf } from './position.ts'
import { tagKey } from './tag-key.ts'

/** Records of a vanished author that are removed with one look. */
const VANISH_PAGE = 500

/** Stores events, and applies what they say of others, in one transaction. Each is judged by what is here, so that it does not matter in which order they come. */
export class NostrCommits {
  readonly #parts: StorageParts
  readonly #rows: NostrRows
  #gone: Pick<Version, 'slot' | 'hash'>[] = []

  constructor(parts: StorageParts, rows: NostrRows) {
    this.#parts = parts
    this.#rows = rows
  }

  /** Stores events whose signatures are right; `now` is a hybrid time. Call inside a transaction. */
  commit(records: readonly NostrRecord[], now: number): NostrCommit {
    const { ns } = this.#rows
    const { records: table, totals, times } = this.#parts
    this.#gone = []
    const results = records.map((one) => this.#take(one, now))
    const outcomes = results.flatMap(({ outcome }) => outcome ?? [])
    if (outcomes.length > 0) {
      table.advanceSealed(ns)
      times.committed(ns, outcomes, true)
    }
    if (this.#gone.length > 0) totals.storeNow(ns)
    else if (outcomes.length > 0) totals.store(ns)
    return { results, gone: this.#gone }
  }

  #take({ event, slot, record, seal }: NostrRecord, now: number): NostrCommit['results'][number] {
    const { records } = this.#parts
    const { ns } = this.#rows
    if (record.exp !== null && record.exp <= now) return { what: 'expired' }
    const old = records.bySlot(ns, slot)
    if (old !== undefined && equalBytes(old.hash, record.hash)) return { what: 'duplicate' }
    const gone = this.#rows.goneBecause(event, record.hash, record.by)
    const isHidden = gone === 'vanished' && event.kind === DELETION
    if (gone !== undefined && !isHidden) return { what: gone }
    if (old !== undefined && !wins(record, old)) return { what: 'superseded' }
    // It goes with the record that takes its place: afterwards nobody knows what it said.
    if (old !== undefined) this.#rows.removed(old)
    const outcome = records.replace(ns, slot, old, record, this.#addSeal(seal))
    const rid = ns * SEQ_SPAN + outcome.seq
    if (!isHidden) this.#rows.show(rid, event, record.by)
    if (event.kind === DELETION || event.kind === VANISH) {
      this.#rows.note(rid, event, record.by)
      this.#apply(event, record.by, rid)
    }
    return { what: isHidden ? 'hidden' : 'stored', outcome }
  }

  /** As `SealTable.add`, without `RETURNING`: that begins a savepoint, at each of which FTS5 writes all that it has gathered. */
  #addSeal({ by, hashes, signature }: Seal): number {
    const { statements, authors } = this.#parts
    statements.own('INSERT INTO seals (author, hashes, signature, live) VALUES (?, ?, ?, 1)').run(authors.number(by), hashes, signature)
    return Number(statements.own('SELECT last_insert_rowid() AS seal').get()?.['seal'])
  }

  /** Takes away what an event wants to be gone. */
  #apply(event: NostrEvent, by: Uint8Array, rid: number): void {
    if (event.kind === DELETION) this.#delete(event, by, rid)
    if (isVanish(event)) this.#vanish(event, by)
  }

  #delete(event: NostrEvent, by: Uint8Array, rid: number): void {
    const { ns } = this.#rows
    const author = this.#parts.authors.number(by)
    const { ids, coordinates } = deletionTargets(event)
    for (const id of ids) {
      const found = this.#byRid(this.#rows.ridOf(id))
      if (found === undefined || !mayDelete(event.pubkey, found.event)) continue
      this.#rows.noteHit(fromHex(id), author, rid)
      this.#remove(found.record)
    }
    for (const coordinate of coordinates) {
      const [kind = '', pubkey = '', ...name] = coordinate.split(':')
      const slot = eventSlot({ id: '', kind: Number(kind), pubkey, tags: [['d', name.join(':')]] })
      const record = this.#parts.records.bySlot(ns, slot)
      if (record?.content == null) continue
      const old = eventOf(record.content)
      if (coordinateOf(old) !== coordinate || old.created_at > event.created_at) continue
      this.#rows.noteHit(coordinateTarget(coordinate), author, rid)
      this.#remove(record)
    }
  }

  /** All of an author up to a time, and what was wrapped for him; deletions stay for what they do, and are found no more. */
  #vanish({ pubkey, created_at }: NostrEvent, by: Uint8Array): void {
    const author = this.#parts.authors.number(by)
    const start = startOf(created_at)
    this.#vanishAll(
      (after) =>
        this.#parts.statements
          .own('SELECT rid, pos FROM nostr_events WHERE author = ? AND pos >= ? AND pos > ? ORDER BY pos LIMIT ?')
          .all(author, start, after, VANISH_PAGE),
      () => true,
    )
    const tag = tagKey('p', pubkey)
    this.#vanishAll(
      (after) =>
        this.#parts.statements
          .own(`SELECT rid, pos FROM nostr_tags WHERE tag = ? AND kind = ${GIFT_WRAP} AND pos >= ? AND pos > ? ORDER BY pos LIMIT ?`)
          .all(tag, start, after, VANISH_PAGE),
      (event) => recipientOf(event) === pubkey,
    )
  }

  #vanishAll(
    next: (after: Uint8Array) => ReturnType<ReturnType<StorageParts['statements']['own']>['all']>,
    isMeant: (event: NostrEvent) => boolean,
  ): void {
    for (let rows = next(new Uint8Array()); rows.length > 0; rows = next(bytes(rows.at(-1)?.['pos']))) {
      for (const { rid } of rows) {
        const found = this.#byRid(Number(rid))
        if (found === undefined || found.event.kind === VANISH || !isMeant(found.event)) continue
        if (found.event.kind === DELETION) this.#rows.hide(Number(rid), found.event)
        else this.#remove(found.record)
      }
    }
  }

  #byRid(rid: number | undefined): { readonly record: StoredRecord; readonly event: NostrEvent } | undefined {
    const row = rid === undefined ? undefined : this.#parts.statements.own(`${SELECT} WHERE r.rid = ?`).get(rid)
    const record = row && storedRecord(row)
    return record?.content == null ? undefined : { record, event: eventOf(record.content) }
  }

  #remove(record: StoredRecord): void {
    this.#parts.records.remove(this.#rows.ns, record)
    this.#gone.push({ slot: record.slot, hash: record.hash })
  }

  /** Takes events away, and keeps them from coming back. Gives what went. Call inside a transaction. */
  ban(ids: readonly string[]): readonly Pick<Version, 'slot' | 'hash'>[] {
    const { totals } = this.#parts
    this.#gone = []
    for (const id of ids) {
      const found = this.#byRid(this.#rows.ridOf(id))
      if (found !== undefined) this.#remove(found.record)
      this.#rows.ban(fromHex(id))
    }
    if (this.#gone.length > 0) totals.storeNow(this.#rows.ns)
    return this.#gone
  }
}

/** Whether a version comes after another one of its slot: the newest, and of one second that with the lowest id (NIP-01). */
function wins(record: Pick<StoredRecord, 'at' | 'hash'>, old: Pick<StoredRecord, 'at' | 'hash'>): boolean {
  return record.at === old.at ? compareBytes(record.hash, old.hash) < 0 : record.at > old.at
}

/** Whether somebody may have an event deleted by its id: its author, or the one for whom it is wrapped. Neither deletions nor requests to vanish can be. */
function mayDelete(pubkey: string, event: NostrEvent): boolean {
  return event.kind !== DELETION && event.kind !== VANISH && (event.pubkey === pubkey || recipientOf(event) === pubkey)
}
