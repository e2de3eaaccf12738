import type { Batch } from '../../model/batch.ts'
import { errorCode } from '../../errors.ts'
import { flatText } from '../../model/encoding/cid.ts'
import type { NostrEvent } from '../../model/nostr/event.ts'
import { EVENTS } from '../../model/nostr/event-record.ts'
import { eventId } from '../../model/nostr/event-text.ts'
import { DELETION, VANISH } from '../../model/nostr/kinds.ts'
import { nostrNamespace } from '../../model/nostr/nostr-namespace.ts'
import { type SchnorrVerifier, verifySchnorr } from '../../model/nostr/verify.ts'
import type { Refusal } from '../../model/verdict.ts'
import { storedEvent } from '../../storage/nostr/nostr-queries.ts'
import type { NostrCommit, NostrRecord, NostrStorage, NostrStored } from '../../storage/storage.ts'
import type { NostrFilter, NostrGate, NostrIds, NostrPage, PageOptions, SetOptions, StoredEvent } from '../../storage/nostr/types.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { Slices } from '../slices.ts'
import type { Acceptance, AcceptResult } from '../types.ts'
import type { Expiry } from '../writing/expiry.ts'
import { type EventRules, judgeEvent, judgeWire } from './judge-events.ts'
import { PutQueue } from './put-queue.ts'
import type { NostrOutcome, ReplicaNostr } from './types.ts'

/** Records of a batch that are checked and stored together. */
const PART_RECORDS = 128

/** What it works with. */
export interface NostrEventsInit {
  readonly ground: ReplicaGround
  readonly namespaces: Namespaces
  readonly expiry: Pick<Expiry, 'isDue' | 'sweep'>
}

/** Events of Nostr here: those that clients bring, and those that other relays do. */
export class NostrEvents implements ReplicaNostr {
  readonly namespace: string
  readonly #init: NostrEventsInit
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>()
  readonly #queue: PutQueue
  #verify: SchnorrVerifier = verifySchnorr
  #opened: { readonly open: OpenNamespace; readonly storage: NostrStorage } | undefined

  constructor(init: NostrEventsInit) {
    this.#init = init
    this.namespace = flatText(nostrNamespace(init.ground.network.cid).genesis.cid)
    this.#queue = new PutQueue(init.ground.pause, (records) => this.#store(records))
  }

  /** Makes the network's namespace, where it is not here. */
  async open(): Promise<void> {
    await this.#open()
  }

  async #open(): Promise<{ readonly open: OpenNamespace; readonly storage: NostrStorage }> {
    const { ground, namespaces } = this.#init
    // One that was forgotten and made again has other tables.
    if (this.#opened !== undefined && namespaces.get(this.namespace) === this.#opened.open) return this.#opened
    const { genesis, head } = nostrNamespace(ground.network.cid)
    const imported = await namespaces.importNamespace(genesis.bytes, head.bytes, head.signature)
    if ('refused' in imported) throw new TypeError(`the namespace of Nostr was refused: ${imported.refused}`)
    const open = namespaces.open(imported.id)
    return (this.#opened = { open, storage: await ground.storage.nostr(open.ns) })
  }

  /** The same for reading, when what has expired is gone. */
  async #current(): Promise<NostrStorage> {
    const { expiry } = this.#init
    if (expiry.isDue) await expiry.sweep()
    return (await this.#open()).storage
  }

  verifyWith(verifier: SchnorrVerifier): void {
    this.#verify = verifier
  }

  async put(events: readonly NostrEvent[], { isVerified = false }: { readonly isVerified?: boolean } = {}): Promise<readonly NostrOutcome[]> {
    const storage = await this.#current()
    const known = storage.known(events.map(({ id }) => id))
    const judged = events.map((event, i): NostrRecord | NostrOutcome => {
      const state = known[i]
      if (state !== undefined) return state === 'here' ? 'duplicate' : 'deleted'
      if (!isVerified && eventId(event) !== event.id) return 'malformed'
      return judgeEvent(event, this.#rules())
    })
    const checked = isVerified ? judged : await this.#verified(judged, 'bad-signature')
    return Promise.all(checked.map(async (one) => (typeof one === 'string' ? one : this.#queue.add(one))))
  }

  #rules(): EventRules {
    const { network, latest } = this.#init.ground
    return { maxContentBytes: network.descriptor.limits.content, latest: latest() }
  }

  /** The same with those left out whose signatures are wrong. */
  async #verified<Word extends string>(judged: readonly (NostrRecord | Word)[], wrong: Word): Promise<readonly (NostrRecord | Word)[]> {
    const records = judged.filter((one): one is NostrRecord => typeof one !== 'string')
    if (records.length === 0) return judged
    const valid = await this.#verify(records.map(({ record, seal }) => ({ hash: record.hash, key: record.by, signature: seal.signature })))
    let next = 0
    return judged.map((one) => (typeof one === 'string' || valid[next++] === true ? one : wrong))
  }

  /** One transaction. */
  async #store(records: readonly NostrRecord[]): Promise<readonly NostrOutcome[]> {
    const { open, storage } = await this.#open()
    const { clock } = this.#init.ground
    try {
      const commit = storage.commit(records, clock.wall())
      this.#tell(open, records, commit)
      return commit.results.map(({ what }) => outcomeOf(what))
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
    }
    // What takes others away makes room.
    return records.map((one) => {
      if (one.event.kind !== DELETION && one.event.kind !== VANISH) return 'full'
      try {
        const commit = storage.commitShrinking([one], clock.wall())
        this.#tell(open, [one], commit)
        return outcomeOf(commit.results[0]?.what ?? 'stored')
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
        return 'full'
      }
    })
  }

  /** Gives the positions of what was stored. */
  #tell({ id, ns }: OpenNamespace, records: readonly NostrRecord[], { results, gone }: NostrCommit): [from: number, to: number][] {
    const { news } = this.#init.ground
    if (gone.length > 0) {
      news.gone(ns, gone)
      news.erased()
    }
    const ranges = news.tellOf(
      id,
      results.map(({ outcome }) => outcome),
    )
    if (this.#listeners.size === 0) return ranges
    const stored = records.flatMap(({ record }, i) => (results[i]?.what === 'stored' && record.content !== null ? [storedEvent(record.content)] : []))
    if (stored.length > 0) for (const listener of this.#listeners) listener(stored)
    return ranges
  }

  /** Judges events that another peer sends, and stores those that are good, in parts: others have their turn in between. */
  async accept(id: string, { seals, records }: Batch, refused: ReadonlyMap<number, Refusal>): Promise<AcceptResult | { refused: Refusal }> {
    const { ground, namespaces } = this.#init
    const slices = new Slices(ground.pause)
    const results: Acceptance[] = []
    const ranges: [from: number, to: number][] = []
    const written = new Map<string, { readonly by: Uint8Array; records: number; bytes: number }>()
    for (let from = 0; from < records.length; from += PART_RECORDS) {
      const rules = this.#rules()
      const judged: (NostrRecord | Refusal | 'same')[] = []
      const { storage } = await this.#open()
      for (const [i, wire] of records.slice(from, from + PART_RECORDS).entries()) {
        const one = refused.get(from + i) ?? judgeWire(wire, seals, rules)
        judged.push(typeof one !== 'string' && storage.known([one.event.id])[0] === 'here' ? 'same' : one)
        await slices.rest()
      }
      const checked = await this.#verified<Refusal | 'same'>(judged, 'bad-signature')
      const good = checked.filter((one): one is NostrRecord => typeof one !== 'string')
      // It may have been taken away meanwhile.
      if (namespaces.get(id) === undefined) return { refused: 'wrong-namespace' }
      const now = await this.#open()
      const stored = this.#commitFitting(now.open, now.storage, good)
      ranges.push(...stored.ranges)
      let next = 0
      for (const one of checked) {
        if (typeof one === 'string') {
          results.push(one)
          continue
        }
        const what = stored.results[next++] ?? 'quota'
        results.push(what)
        if (what !== 'stored') continue
        const sum = written.get(one.event.pubkey) ?? { by: one.record.by, records: 0, bytes: 0 }
        sum.records++
        sum.bytes += one.record.content?.length ?? 0
        written.set(one.event.pubkey, sum)
      }
      await slices.rest()
    }
    return { results, ranges, written: [...written.values()] }
  }

  #commitFitting(
    open: OpenNamespace,
    storage: NostrStorage,
    records: readonly NostrRecord[],
  ): { results: readonly Acceptance[]; ranges: [number, number][] } {
    if (records.length === 0) return { results: [], ranges: [] }
    const { clock } = this.#init.ground
    const all = (commit: NostrCommit, of: readonly NostrRecord[]) => ({
      results: commit.results.map(({ what }) => acceptanceOf(what)),
      ranges: this.#tell(open, of, commit),
    })
    try {
      return all(storage.commit(records, clock.wall()), records)
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
    }
    const results: Acceptance[] = []
    const ranges: [number, number][] = []
    for (const one of records) {
      try {
        if (one.event.kind !== DELETION && one.event.kind !== VANISH) {
          results.push('quota')
          continue
        }
        const done = all(storage.commitShrinking([one], clock.wall()), [one])
        results.push(...done.results)
        ranges.push(...done.ranges)
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
        results.push('quota')
      }
    }
    return { results, ranges }
  }

  async known(ids: readonly string[]): Promise<readonly boolean[]> {
    return (await this.#current()).known(ids).map((state) => state !== undefined)
  }

  async page(filter: NostrFilter, options: PageOptions): Promise<NostrPage> {
    return (await this.#current()).page(filter, options)
  }

  async count(filter: NostrFilter, { gate }: { readonly gate?: NostrGate } = {}): Promise<number> {
    return (await this.#current()).count(filter, gate)
  }

  async authorsOf(filter: NostrFilter, options: SetOptions): Promise<readonly string[]> {
    return (await this.#current()).authorsOf(filter, options)
  }

  async ids(filter: NostrFilter, options: SetOptions): Promise<NostrIds | undefined> {
    return (await this.#current()).ids(filter, options)
  }

  onStored(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async ban(ids: readonly string[]): Promise<number> {
    const { open, storage } = await this.#open()
    const { news } = this.#init.ground
    const gone = storage.ban(ids)
    if (gone.length > 0) {
      news.gone(open.ns, gone)
      news.erased()
      news.tell({ namespace: open.id, from: 0, to: 0, collections: [EVENTS] })
    }
    return gone.length
  }

  async unban(ids: readonly string[]): Promise<void> {
    const { storage } = await this.#open()
    storage.unban(ids)
  }
}

function outcomeOf(what: NostrStored): NostrOutcome {
  // For its author everything is gone, this too.
  return what === 'hidden' ? 'vanished' : what
}

/** What is not wanted any more holds nothing up: who has it hears why, or when its time is over. */
function acceptanceOf(what: NostrStored): Acceptance {
  switch (what) {
    case 'stored':
    case 'hidden':
      return 'stored'
    case 'duplicate':
      return 'same'
    case 'superseded':
      return what
    case 'deleted':
    case 'vanished':
    case 'expired':
      return 'forgotten'
  }
}
