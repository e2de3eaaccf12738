import { errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import { msFromTime, timeFromMs } from '../model/clock.ts'
import { canonicalJson } from '../model/content.ts'
import { parseCid, DAG_CBOR } from '../model/encoding/cid.ts'
import { authorName } from '../model/people/author.ts'
import { createNetwork } from '../model/network/network.ts'
import type { WritePolicy } from '../model/namespace/namespace.ts'
import { hasSeen } from '../model/edits/seen.ts'
import { MAX_LOSERS } from '../model/limits.ts'
import { editSlotOf, keyHash, loserSlotOf, recordKey, slotOf } from '../model/record.ts'
import type { CollectionChange, Write, WriteResult } from '../replica/types.ts'
import { documentOf } from '../storage/records/document-of.ts'
import type { StoredRecord } from '../storage/storage.ts'
import { type Faults, HostileNetwork, NO_FAULTS } from './hostile-network.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import { LOG, MAP, PARTS, TypedWrites } from './typed-writes.ts'
import { TestPeer } from './test-peer.ts'
import { TestTab } from './test-tab.ts'
import { VirtualTime } from './virtual-time.ts'

const COLLECTION = 'notes'
/** Collections of all types, in each namespace. */
const COLLECTIONS = { [MAP]: { type: 'map' }, [LOG]: { type: 'log' }, [PARTS]: { type: 'crdt' } } as const
const MINUTE_MS = 60_000
/** How long a document lives that expires, at least: a tab that takes over while it is written must not find that its time is over. */
const MIN_LIFE_MS: number = MINUTE_MS
/** And at most. */
const MAX_LIFE_MS: number = 2 * MINUTE_MS
/** How wrong a clock may be. Twice this lies between the slowest and the fastest, and then some. */
const MAX_SKEW_MS: number = 10 * MINUTE_MS
/** How far the clock of one peer may be set, ahead or back. */
const MAX_TRAVEL_MS: number = 400 * 24 * 60 * MINUTE_MS
/** Until then the slowest clock has passed everything that the fastest wrote. */
const PATIENCE_MS: number = 45 * MINUTE_MS

/** Of so many runs one has rules. */
const RULED_EVERY = 3
/** What documents may have to be: some of what is written breaks each, and the last can be broken by two edits together. */
const RULES: readonly CollectionChange[] = [
  { schema: canonicalJson({ properties: { text: { maxLength: 70 }, f0: { maximum: 90 } } }) },
  { schema: canonicalJson({ properties: { n: { type: 'number' }, f1: { multipleOf: 2 } } }), maxBytes: 100 },
  { schema: canonicalJson({ not: { required: ['f1', 'f2'] } }) },
]

/** A write that was acknowledged, with the time that it had then. */
interface Acknowledged {
  readonly by: TestPeer
  readonly at: number
  readonly content: string | null
  /** Of an update: the field that it set, and to what. */
  readonly field?: { readonly name: string; readonly value: number }
  /** Hybrid time at which it expires, where it does. */
  readonly exp?: number | undefined
}

/** A time at which it stands in the end, and what was written then. */
interface Timed extends Pick<Acknowledged, 'content' | 'field' | 'exp'> {
  readonly at: number
}

/** All acknowledged writes of one document. */
interface AcknowledgedWrites {
  readonly ns: string
  readonly id: string
  readonly writes: Acknowledged[]
}

/** What a run did, for the curious. */
export interface RunFigures {
  readonly peers: number
  readonly writes: number
  readonly refused: number
  /** Virtual milliseconds from the end of the trouble until all were equal. */
  readonly healedAfterMs: number
}

/** Peers in a hostile network, random writers, and at the end a look at whether everything arrived everywhere. Throws where not. */
export class HostileRun {
  readonly #random: SeededRandom
  readonly #time = new VirtualTime()
  readonly #wires: HostileNetwork
  readonly #peers: TestPeer[] = []
  /** Peers that are used through several tabs. */
  readonly #tabs = new Map<TestPeer, readonly TestTab[]>()
  readonly #policies = new Map<string, { readonly write: WritePolicy; readonly owner: TestPeer }>()
  readonly #acknowledged = new Map<string, AcknowledgedWrites>()
  /** What each peer was seen to have, per namespace. */
  readonly #observed = new Map<string, { ns: number | undefined; seq: number; readonly versions: Map<string, StoredRecord> }>()
  readonly #canLie: boolean
  /** Whether the clock of one peer is set days ahead and back; a lie about the time could make it believe that others have what it wrote then. */
  readonly #hasTraveller: boolean
  #traveller: TestPeer | undefined
  readonly #typed: TypedWrites
  /** Chooses rules, so that runs without them stay what they were. */
  readonly #ruling: SeededRandom | undefined
  /** Namespaces whose rules change: what was acknowledged may go again, and what it had replaced with it. */
  readonly #changing = new Set<string>()
  #canExpire = false
  #writes = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#ruling = seed % RULED_EVERY === 0 ? seededRandom(1_000_000 + seed) : undefined
    this.#wires = new HostileNetwork(this.#time, this.#random)
    this.#typed = new TypedWrites(this.#random)
    this.#hasTraveller = this.#random.chance(0.3)
    this.#canLie = !this.#hasTraveller && this.#random.chance(0.4)
  }

  /** Runs to the end. */
  async run(): Promise<RunFigures> {
    try {
      await this.#build()
      const steps = 12 + this.#random.below(24)
      for (let step = 0; step < steps; step++) {
        this.#wires.faults = this.#randomFaults()
        await this.#step()
        await this.#changeRules()
        await this.#time.advance(this.#random.pick([0, 1, 20, 500, 5000, 20_000]))
        await this.#checkInvariants()
      }
      this.#traveller?.setClock(0)
      this.#wires.faults = NO_FAULTS
      this.#wires.heal()
      const healedAfterMs = await this.#until(() => this.#differing())
      // What expires has done so by the slowest clock too.
      await this.#time.advance(this.#lastExpiryMs())
      // A relay may have heard of a namespace only meanwhile.
      await this.#until(() => this.#differing())
      await this.#checkContents()
      await this.#until(() => this.#misled())
      await this.#checkInvariants()
      let refused = 0
      for (const { sessions } of this.#peers) for (const { status } of sessions.values()) for (const one of status.values()) refused += one.refused
      return { peers: this.#peers.length, writes: this.#writes, refused, healedAfterMs }
    } finally {
      for (const peer of this.#peers) await peer.close()
    }
  }

  /** Milliseconds until all that was written to expire has done so by the slowest clock, but for what a traveller wrote. */
  #lastExpiryMs(): number {
    if (!this.#canExpire) return 0
    let last = 0
    for (const { writes } of this.#acknowledged.values()) for (const { exp = 0, by } of writes) if (by !== this.#traveller) last = Math.max(last, exp)
    // Of some writes nobody knows, since their answers were lost.
    return Math.max(MAX_LIFE_MS + 2000, msFromTime(last) - Math.min(...this.#peers.map(({ now }) => now())) + 1)
  }

  async #build(): Promise<void> {
    const random = this.#random
    const network = createNetwork('hostile', { nonce: random.bytes(16) })
    const isSkewed = !this.#hasTraveller && random.chance(0.8)
    // Waiting until something has expired by clocks that are far apart takes long.
    this.#canExpire = !isSkewed || random.chance(0.2)
    const peer = async (name: string, role: 'relay' | 'peer'): Promise<TestPeer> => {
      const skewMs = isSkewed ? random.below(2 * MAX_SKEW_MS) - MAX_SKEW_MS : random.below(2000) - 1000
      const one = new TestPeer({ name, role, network, time: this.#time, wires: this.#wires, random, skewMs })
      await one.start()
      this.#peers.push(one)
      return one
    }
    const relays: TestPeer[] = []
    for (let i = 1 + random.below(3); i > 0; i--) relays.push(await peer(`relay${i}`, 'relay'))
    for (const [i, relay] of relays.entries()) {
      const next = relays[i + 1]
      if (next === undefined) continue
      relay.dial(next)
      if (random.chance(0.5)) next.dial(relay)
    }
    const writers: TestPeer[] = []
    for (let i = 2 + random.below(4); i > 0; i--) {
      const one = await peer(`peer${i}`, 'peer')
      writers.push(one)
      one.dial(random.pick(relays))
      if (random.chance(0.3)) one.dial(random.pick(relays))
      if (random.chance(0.5)) this.#tabs.set(one, [new TestTab(one, this.#time, random), new TestTab(one, this.#time, random)])
    }
    if (this.#hasTraveller) this.#traveller = random.pick(writers)
    if (random.chance(0.5)) this.#travel()
    for (const write of ['owner', 'author', 'anyone'] as const) {
      const owner = random.pick(this.#peers)
      const isChanging = this.#ruling?.chance(0.5) === true
      const rules = this.#ruling === undefined || isChanging ? undefined : this.#ruling.pick(RULES)
      const ns = await owner.createNamespace(write, { ...COLLECTIONS, ...(rules === undefined ? {} : { [COLLECTION]: rules }) })
      if (isChanging) this.#changing.add(ns)
      this.#policies.set(ns, { write, owner })
      for (const one of writers) if (random.chance(0.9)) one.want(ns)
    }
  }

  #randomFaults(): Faults {
    const random = this.#random
    if (random.chance(0.4)) return { ...NO_FAULTS, maxDelayMs: random.pick([0, 5, 200]) }
    const some = (): number => (random.chance(0.5) ? random.next() * 0.2 : 0)
    const lies = this.#canLie ? { cut: some(), flip: random.next() * 0.1 } : { cut: 0, flip: 0 }
    return { drop: some(), loseAnswer: some(), repeat: some(), ...lies, maxDelayMs: random.pick([0, 50, 2000]) }
  }

  async #step(): Promise<void> {
    const random = this.#random
    const event = random.below(20)
    if (event === 0) this.#wires.heal()
    else if (event < 3) {
      const [a, b] = [random.pick(this.#peers), random.pick(this.#peers)]
      if (a !== b) this.#wires.partition(a.name, b.name)
    } else if (event < 5) {
      const one = random.pick(this.#peers)
      await one.stop()
      if (random.chance(0.5)) await this.#time.advance(random.below(30_000))
      await one.start()
    } else if (event === 5) await this.#changeLeader()
    else if (event < 9 && this.#traveller !== undefined) this.#travel()
    else for (let writes = random.below(6); writes >= 0; writes--) await this.#settled(this.#write(random.pick(this.#peers)))
  }

  /** An owner asks something else of documents, whatever there are. */
  async #changeRules(): Promise<void> {
    for (const ns of this.#changing) {
      const owner = this.#policies.get(ns)?.owner
      if (this.#ruling?.chance(0.15) !== true || owner === undefined || owner.life.aborted) continue
      const rules = this.#ruling.chance(0.3) ? null : this.#ruling.pick(RULES)
      await this.#settled(owner.replica.changeHead(ns, { collections: { [COLLECTION]: rules }, force: true }))
    }
  }

  /** Somebody sets the clock of one peer: days ahead or back, or right again. */
  #travel(): void {
    const far = MINUTE_MS * 60 + this.#random.below(MAX_TRAVEL_MS)
    this.#traveller?.setClock(this.#random.pick([0, 0, far, far, -far]))
  }

  /** The tab that leads closes while several write through it; another takes over. */
  async #changeLeader(): Promise<void> {
    const peers = [...this.#tabs.keys()]
    if (peers.length === 0) return
    const peer = this.#random.pick(peers)
    const writing = [this.#write(peer), this.#write(peer), this.#write(peer)]
    await this.#time.advance(this.#random.below(30))
    await peer.stop()
    await this.#time.advance(this.#random.below(2000))
    await peer.start()
    await this.#settled(Promise.all(writing))
  }

  /** Lets time pass until the work is done. */
  async #settled(work: Promise<unknown>): Promise<void> {
    const progress = { isDone: false }
    const watched = work.finally(() => {
      progress.isDone = true
    })
    watched.catch(() => undefined)
    for (await this.#time.settle(); !progress.isDone; await this.#time.advance(10)) continue
    await watched
  }

  async #write(peer: TestPeer): Promise<void> {
    const random = this.#random
    const [ns, { write, owner }] = random.pick([...this.#policies])
    if (peer.life.aborted || (await peer.replica.namespace(ns)) === undefined || (write === 'owner' && peer !== owner)) return
    // Several at once, so that they share a transaction or wait for each other.
    const tabs = this.#tabs.get(peer)
    const door = tabs === undefined ? peer.replica : random.pick(tabs)
    if (random.chance(0.3)) return this.#typed.write(peer, ns, door)
    const prefix = write === 'author' ? `${authorName(peer.identity.author)}/` : ''
    if (random.chance(0.4)) return this.#update(peer, ns, `${prefix}${random.below(12)}`)
    const count = random.pick([1, 1, 1, 2, 5, 70])
    const writes: Write[] = []
    for (let i = 0; i < count; i++) {
      // Few ids for single writes, so that peers meet on them.
      const id = `${prefix}${random.below(count > 10 ? 150 : 12)}`
      const isDelete = random.chance(0.25)
      const exp =
        !isDelete && this.#canExpire && random.chance(0.2)
          ? { exp: timeFromMs(peer.now() + MIN_LIFE_MS + random.below(MAX_LIFE_MS - MIN_LIFE_MS)) }
          : {}
      writes.push({ ...exp, id, content: isDelete ? null : `{"_id":"${id}","n":${this.#writes++},"text":"${'x'.repeat(random.below(80))}"}` })
    }
    const pending = random.chance(0.5)
      ? writes.map(async (one) => [one, (await byRules(door.write(ns, COLLECTION, [one])))[0]] as const)
      : [byRules(door.write(ns, COLLECTION, writes))].flatMap((all) => writes.map(async (one, i) => [one, (await all)[i]] as const))
    for (const [{ id, content, exp }, result] of await Promise.all(pending)) {
      // Unchanged: this content stood already, or a leader that is gone wrote it and could not say so any more.
      if (result === undefined || result.at === 0) continue
      this.#acknowledge(ns, id, { by: peer, at: result.at, content, exp })
    }
  }

  #acknowledge(ns: string, id: string, write: Acknowledged): void {
    const key = `${ns} ${id}`
    const known = this.#acknowledged.get(key) ?? { ns, id, writes: [] }
    this.#acknowledged.set(key, known)
    known.writes.push(write)
  }

  /** Sets one field of a document, or several, where it is there. */
  async #update(peer: TestPeer, ns: string, id: string): Promise<void> {
    const random = this.#random
    const fields = Array.from({ length: 1 + random.below(2) }, () => ({ name: `f${random.below(5)}`, value: this.#writes++ }))
    const set = Object.fromEntries(fields.map(({ name, value }) => [name, value]))
    try {
      const { at } = await peer.replica.update(ns, COLLECTION, { id, changes: { $set: set } })
      // Each field has a time of its own, one after the other.
      for (const [i, [name, value]] of Object.entries(set).toReversed().entries())
        this.#acknowledge(ns, id, { by: peer, at: at - i, content: null, field: { name, value } })
    } catch (error) {
      if (!['not-found', 'against-rules'].includes(errorCode(error))) throw error
    }
  }

  /** What holds at any moment, however bad the network is. */
  async #checkInvariants(): Promise<void> {
    for (const peer of this.#peers) {
      for (const ns of this.#policies.keys()) if (!this.#changing.has(ns)) await this.#observe(peer, ns)
      if (this.#canLie) continue
      for (const other of peer.sessions.keys()) await this.#checkAcked(peer, other)
      const [cause] = peer.failures
      if (cause !== undefined) throw new Error(`${peer.name} ended a session though nobody did anything wrong`, { cause })
    }
  }

  /** `acked` claims nothing that the other peer does not have. */
  async #checkAcked(peer: TestPeer, other: TestPeer): Promise<void> {
    for (const [ns, { acked, held }] of peer.sessions.get(other)?.status ?? []) {
      if (acked === 0 || this.#changing.has(ns)) continue
      const theirs = await this.#observe(other, ns)
      let missing = 0
      for (const record of (await this.#observe(peer, ns)).values()) {
        // Erased too early under a clock that was ahead, it was taken back, and comes again.
        if (record.exp !== null && (other === this.#traveller || peer === this.#traveller)) continue
        if (record.seq <= acked && !isSettledAt(theirs, record) && ++missing > held)
          throw new Error(`${peer.name} believes that ${other.name} has record ${record.seq} of ${ns}, but it has not`)
      }
    }
  }

  /** The versions that a peer has, by slot. Throws where one gave way to an older one. */
  async #observe(peer: TestPeer, ns: string): Promise<ReadonlyMap<string, StoredRecord>> {
    const observed = this.#observed.get(`${peer.name} ${ns}`) ?? { ns: undefined, seq: 0, versions: new Map<string, StoredRecord>() }
    this.#observed.set(`${peer.name} ${ns}`, observed)
    observed.ns ??= (await peer.storage.namespaces()).find(({ cid }) => cid === ns)?.ns
    if (observed.ns === undefined || (await peer.storage.lastSeq(observed.ns)) === observed.seq) return observed.versions
    for (const version of await peer.storage.recordsSince(observed.ns, observed.seq, 100_000)) {
      const slot = toHex(version.slot)
      const old = observed.versions.get(slot)
      const isTakenBack = peer === this.#traveller && old?.erased !== undefined
      if (old !== undefined && old.at > version.at && !isTakenBack && !peer.hasRedated(slot, old.at))
        throw new Error(`${peer.name} went back to an older version`)
      observed.versions.set(slot, version)
      observed.seq = version.seq
    }
    const standing = new Set((await peer.storage.versionsSince(observed.ns, 0, 100_000)).map(({ seq }) => seq))
    for (const [slot, { seq }] of observed.versions) if (!standing.has(seq)) observed.versions.delete(slot)
    return observed.versions
  }

  /** Lets time pass until nobody has anything to say against it any more; resolves with the milliseconds that it took. */
  async #until(complaint: () => Promise<string | undefined>): Promise<number> {
    for (const began = this.#time.elapsedMs; ; await this.#time.advance(10_000)) {
      const elapsed = this.#time.elapsedMs - began
      const said = await complaint()
      if (said === undefined) return elapsed
      if (elapsed > PATIENCE_MS) throw new Error(`After ${PATIENCE_MS / MINUTE_MS} minutes: ${said}`)
    }
  }

  async #differing(): Promise<string | undefined> {
    for (const ns of this.#policies.keys()) {
      let first: string | undefined
      for (const peer of this.#peers.filter(({ wanted }) => wanted.has(ns))) {
        const root = (await peer.replica.namespace(ns)) === undefined ? 'absent' : (await peer.replica.summary(ns)).root
        if (first !== undefined && root !== first) return `${peer.name} has something else than others in ${ns}`
        first ??= root
      }
    }
    return undefined
  }

  async #checkContents(): Promise<void> {
    for (const { ns, id, writes } of this.#acknowledged.values()) {
      if (this.#changing.has(ns)) continue
      const expected = this.#expected(ns, id, writes)
      if (expected === undefined) continue
      for (const peer of this.#peers.filter(({ wanted }) => wanted.has(ns))) {
        const found = (await peer.replica.get(ns, COLLECTION, id)) ?? null
        if (found !== expected) throw new Error(`${peer.name} has ${found} in place of ${expected}`)
      }
    }
    for (const ns of this.#policies.keys()) {
      await this.#checkSameDocuments(ns)
      const here = this.#peers.filter(({ wanted }) => wanted.has(ns))
      for (const peer of here) await this.#typed.check(peer, ns)
    }
  }

  /** What a document has to be; `undefined` where this test cannot know. */
  #expected(ns: string, id: string, writes: readonly Acknowledged[]): string | null | undefined {
    const timed: Timed[] = writes.map(({ by, at, content, field, exp }) => ({
      at: by.finalTime(this.#slot(ns, id, by, field?.name), at) ?? 0,
      content,
      exp,
      ...(field && { field }),
    }))
    const inOrder = timed.filter(({ at }) => at > 0).sort((a, b) => a.at - b.at)
    const base = inOrder.findLast(({ field }) => field === undefined)
    if (base === undefined) return undefined
    const { at, content, exp } = base
    // By its own clock it may have expired before anybody had it.
    if (writes.some((one) => one.exp !== undefined && one.by === this.#traveller)) return undefined
    if (exp !== undefined) return null
    // Two authors in the same instant: the hash decides, which is none of this test's business.
    if (inOrder.some((one) => one !== base && one.at === at && (one.field !== undefined || one.content !== content))) return undefined
    const edits = inOrder.filter((one) => one.field !== undefined && one.at > at)
    if (edits.some((one, i) => edits[i + 1]?.at === one.at && edits[i + 1]?.field?.name === one.field?.name)) return undefined
    if (content === null || edits.length === 0) return content
    // Whether an edit has the time of a document that expired, which another one took the place of, depends on what its writer had seen.
    if (inOrder.some((one) => one.exp !== undefined)) return undefined
    return canonicalJson({ ...JSON.parse(content), ...Object.fromEntries(edits.map(({ field }) => [field?.name, field?.value])) })
  }

  /** Equal sets make equal documents. */
  async #checkSameDocuments(ns: string): Promise<void> {
    let first: readonly string[] | undefined
    for (const peer of this.#peers.filter(({ wanted }) => wanted.has(ns))) {
      const contents: string[] = []
      for (const collection of [COLLECTION, ...Object.keys(COLLECTIONS)])
        contents.push(...(await peer.replica.find(ns, collection, { limit: 10_000 })).contents)
      first ??= contents
      if (contents.join() !== first.join()) throw new Error(`${peer.name} has other documents than others, though their sets are equal`)
      if ((await peer.replica.checkSummaries()).length > 0) throw new Error(`${peer.name} has added up its records wrongly`)
    }
  }

  #slot(ns: string, id: string, by: TestPeer, field?: string): string {
    const cid = parseCid(DAG_CBOR, ns)
    const key = recordKey(COLLECTION, id)
    const policy = this.#policies.get(ns)
    if (cid === undefined || key === undefined || policy === undefined) throw new Error(`${ns} is no namespace of this run`)
    const kh = keyHash(cid, key)
    const { author } = by.identity
    return toHex(field === undefined ? slotOf(policy.write, kh, author) : editSlotOf(policy.write, kh, author, [field]))
  }

  /** Once all are equal, the sessions have to know it: no namespace is behind, none is called anything but live. */
  async #misled(): Promise<string | undefined> {
    for (const peer of this.#peers) {
      if (peer.sessions.size === 0 && peer.role === 'peer') return `${peer.name} has no session`
      for (const [other, session] of peer.sessions) {
        for (const [ns, { state, acked, error }] of session.status) {
          // A lie can bring up a namespace that does not exist.
          if (!this.#policies.has(ns)) continue
          if (state !== 'live') return `${peer.name} calls a namespace ${state} with ${other.name}: ${error ?? ''}`
          const last = await peer.replica.lastSeq(ns)
          if (acked !== last) return `${peer.name} is at ${last}, and believes that ${other.name} has ${acked}`
        }
      }
    }
    return undefined
  }
}

/**
 * Whether somebody has a record, or something that has seen it, or as many later ones that lost as are kept. What stands still where it comes from is sent anew
 * once it has lost there to a later one of his.
 */
function isSettledAt(theirs: ReadonlyMap<string, StoredRecord>, record: StoredRecord): boolean {
  const unit = toHex(record.lost?.unit ?? record.slot)
  const document = toHex(documentOf(record))
  const held = theirs.get(unit) ?? theirs.get(toHex(loserSlotOf(documentOf(record), record.hash)))
  if (held !== undefined && toHex(held.hash) === toHex(record.hash)) return true
  const rivals = [...theirs.values()].filter((one) => toHex(documentOf(one)) === document)
  const isCovered = (one: StoredRecord): boolean => one.edit === undefined || toHex(one.lost?.unit ?? one.slot) === unit
  return (
    rivals.some((one) => isCovered(one) && one.at >= record.at && (record.lost === undefined || hasSeen(one, record))) ||
    rivals.filter(({ lost }) => lost).length === MAX_LOSERS
  )
}

/** What was written; nothing where the rules forbid some of it, or it had expired before a tab led that could write it. */
async function byRules(writing: Promise<readonly WriteResult[]>): Promise<readonly WriteResult[]> {
  try {
    return await writing
  } catch (error) {
    if (!['against-rules', 'bad-expiry'].includes(errorCode(error))) throw error
    return []
  }
}
