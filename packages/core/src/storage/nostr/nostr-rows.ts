import type { NostrEvent } from '../../model/nostr/event.ts'
import { sha256 } from '#crypto'
import { concatBytes, equalBytes, utf8 } from '../../model/bytes.ts'
import { EVENTS } from '../../model/nostr/event-record.ts'
import { eventOf } from '../../model/nostr/event-text.ts'
import { fromHex } from '../../model/nostr/hex.ts'
import { DELETION, VANISH } from '../../model/nostr/kinds.ts'
import { coordinateOf, deletionTargets, indexedTags, recipientOf, vanishRelays } from '../../model/nostr/tags.ts'
import type { AuthorTable } from '../records/author-table.ts'
import { bytes } from '../rows.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { StoredRecord } from '../storage.ts'
import { positionOf } from './position.ts'
import { NOSTR_TABLE_NAMES } from './schema.ts'
import { tagKey } from './tag-key.ts'
import { wordsOf } from './words.ts'

const INSERT_EVENT = 'INSERT INTO nostr_events (rid, pos, kind, author) VALUES (?, ?, ?, ?)'
const INSERT_TAG = 'INSERT INTO nostr_tags (tag, pos, rid, kind, author) VALUES (?, ?, ?, ?, ?)'
const INSERT_WORDS = 'INSERT INTO nostr_words (rowid, words) VALUES (?, ?)'
const RID_OF_ID = `SELECT rid FROM records WHERE ns = ? AND collection = '${EVENTS}' AND id = ? AND content IS NOT NULL`
const ARE_DELETIONS = 'SELECT 1 FROM nostr_deletions WHERE target IN (?, ?) LIMIT 1'
const DELETIONS =
  'SELECT d.target, d.author, d.rid, d.upto, d.hit, a.key AS by FROM nostr_deletions d JOIN authors a ON a.author = d.author WHERE d.target IN (?, ?)'

/** The rows beside records by which events are found, and by which it is known what must not come back. Call all of it inside transactions. */
export class NostrRows {
  readonly ns: number
  readonly #statements: Statements
  readonly #authors: AuthorTable
  /** Whether there may be rows in these tables: every event asks. */
  #hasVanished: boolean
  #hasBanned: boolean

  constructor(ns: number, { statements, authors }: { readonly statements: Statements; readonly authors: AuthorTable }) {
    this.ns = ns
    this.#statements = statements
    this.#authors = authors
    this.#hasVanished = statements.own('SELECT 1 FROM nostr_vanished LIMIT 1').get() !== undefined
    this.#hasBanned = statements.own('SELECT 1 FROM nostr_banned LIMIT 1').get() !== undefined
  }

  /** Takes all of them away, with their namespace. */
  drop(): void {
    for (const name of NOSTR_TABLE_NAMES) this.#statements.exec(`DROP TABLE IF EXISTS ${name}`)
  }

  /** Makes an event found. */
  show(rid: number, event: NostrEvent, by: Uint8Array): void {
    const { created_at, id, kind } = event
    const pos = positionOf(created_at, id)
    const author = this.#authors.number(by)
    this.#statements.own(INSERT_EVENT).run(rid, pos, kind, author)
    for (const [letter, value] of indexedTags(event)) this.#statements.own(INSERT_TAG).run(tagKey(letter, value), pos, rid, kind, author)
    const words = wordsOf(event)
    if (words !== undefined) this.#statements.own(INSERT_WORDS).run(rid, words)
  }

  /** Makes an event found no more. */
  hide(rid: number, event: NostrEvent): void {
    if (this.#statements.own('SELECT 1 FROM nostr_events WHERE rid = ?').get(rid) === undefined) return
    this.#statements.own('DELETE FROM nostr_events WHERE rid = ?').run(rid)
    const pos = positionOf(event.created_at, event.id)
    for (const [letter, value] of indexedTags(event))
      this.#statements.own('DELETE FROM nostr_tags WHERE tag = ? AND pos = ?').run(tagKey(letter, value), pos)
    const words = wordsOf(event)
    // What was indexed has to be said again to be deleted.
    if (words !== undefined) this.#statements.own("INSERT INTO nostr_words (nostr_words, rowid, words) VALUES ('delete', ?, ?)").run(rid, words)
  }

  /** Notes what an event wants to be gone. */
  note(rid: number, event: NostrEvent, by: Uint8Array): void {
    if (event.kind === DELETION) {
      const author = this.#authors.number(by)
      const insert = this.#statements.own('INSERT OR IGNORE INTO nostr_deletions (target, author, rid, upto) VALUES (?, ?, ?, ?)')
      const { ids, coordinates } = deletionTargets(event)
      for (const id of ids) insert.run(fromHex(id), author, rid, Number.MAX_SAFE_INTEGER)
      for (const coordinate of coordinates) insert.run(coordinateTarget(coordinate), author, rid, event.created_at)
    }
    if (isVanish(event)) {
      this.#hasVanished = true
      this.#statements.own('INSERT OR IGNORE INTO nostr_vanished (key, rid, upto) VALUES (?, ?, ?)').run(by, rid, event.created_at)
    }
  }

  /** To be called with every record of the namespace that goes, whatever took it away. */
  removed({ seq, content, by }: Pick<StoredRecord, 'seq' | 'content' | 'by'>): void {
    if (content === null) return
    const rid = this.ns * SEQ_SPAN + seq
    const event = eventOf(content)
    this.hide(rid, event)
    if (event.kind === VANISH) this.#statements.own('DELETE FROM nostr_vanished WHERE key = ? AND rid = ?').run(by, rid)
    if (event.kind !== DELETION) return
    const drop = this.#statements.own('DELETE FROM nostr_deletions WHERE target = ? AND author = ? AND rid = ?')
    const author = this.#authors.number(by)
    const { ids, coordinates } = deletionTargets(event)
    for (const target of [...ids.map(fromHex), ...coordinates.map(coordinateTarget)]) drop.run(target, author, rid)
  }

  /** Row of the event of this id, found or hidden. */
  ridOf(id: string): number | undefined {
    const row = this.#statements.own(RID_OF_ID).get(this.ns, id)
    return row && Number(row['rid'])
  }

  /** Why an event must not come back, if it must not. */
  goneBecause(event: NostrEvent, id: Uint8Array, by: Uint8Array): 'deleted' | 'vanished' | undefined {
    if (this.isBanned(id)) return 'deleted'
    if (event.kind === VANISH) return undefined
    const recipient = recipientOf(event)
    const other = recipient === undefined ? by : fromHex(recipient)
    // A deletion cannot be deleted.
    if (event.kind !== DELETION && this.#isDeleted(event, id, [by, other])) return 'deleted'
    if (!this.#hasVanished) return undefined
    const upto = this.#statements.own('SELECT max(upto) AS upto FROM nostr_vanished WHERE key IN (?, ?)').get(by, other)?.['upto']
    return typeof upto === 'number' && event.created_at <= upto ? 'vanished' : undefined
  }

  #isDeleted(event: NostrEvent, id: Uint8Array, by: readonly Uint8Array[]): boolean {
    const coordinate = coordinateOf(event)
    const target = coordinate === undefined ? id : coordinateTarget(coordinate)
    // Nearly always there are none.
    if (this.#statements.own(ARE_DELETIONS).get(id, target) === undefined) return false
    const rows = this.#statements.own(DELETIONS).all(id, target)
    const row = rows.find((one) => Number(one['upto']) >= event.created_at && by.some((key) => equalBytes(key, bytes(one['by']))))
    if (row === undefined) return false
    if (row['hit'] === 0) this.noteHit(bytes(row['target']), Number(row['author']), Number(row['rid']))
    return true
  }

  /** Notes that a deletion is of something that its author may delete: from here on its id alone tells that it is not wanted. */
  noteHit(target: Uint8Array, author: number, rid: number): void {
    this.#statements.own('UPDATE nostr_deletions SET hit = 1 WHERE target = ? AND author = ? AND rid = ?').run(target, author, rid)
  }

  isBanned(id: Uint8Array): boolean {
    return this.#hasBanned && this.#statements.own('SELECT 1 FROM nostr_banned WHERE id = ?').get(id) !== undefined
  }

  ban(id: Uint8Array): void {
    this.#hasBanned = true
    this.#statements.own('INSERT OR IGNORE INTO nostr_banned (id) VALUES (?)').run(id)
  }

  unban(id: Uint8Array): void {
    this.#statements.own('DELETE FROM nostr_banned WHERE id = ?').run(id)
  }

  /** Whether an event of this id is here, or must not come back as far as its id tells. */
  stateOf(id: string): 'here' | 'unwanted' | undefined {
    if (this.ridOf(id) !== undefined) return 'here'
    const hash = fromHex(id)
    const isDeleted = this.#statements.own('SELECT 1 FROM nostr_deletions WHERE target = ? AND hit = 1').get(hash) !== undefined
    return isDeleted || this.isBanned(hash) ? 'unwanted' : undefined
  }
}

/** Whether an event asks that all of its author goes. */
export function isVanish(event: Pick<NostrEvent, 'kind' | 'tags'>): boolean {
  return event.kind === VANISH && vanishRelays(event).length > 0
}

/** What stands for a coordinate among targets: longer than an id. */
export function coordinateTarget(coordinate: string): Uint8Array {
  return concatBytes(sha256(utf8(coordinate)), Uint8Array.of(0))
}
