import { DocstoreError, errorCode } from '../errors.ts'
import { toHex } from '../model/bytes.ts'
import { identityFromSeed, type Identity } from '../model/keys/identity.ts'
import { identityFor } from '../model/people/author.ts'
import { createGenesis, signHead, type WritePolicy } from '../model/namespace/namespace.ts'
import type { Network } from '../model/network/network.ts'
import { timeFromMs } from '../model/clock.ts'
import type { LocalReplica } from '../replica/local-replica.ts'
import type { PersonChoice } from '../replica/people/choosing/choose-person.ts'
import { openReplica } from '../replica/open-replica.ts'
// What a replica loads when it first needs it: virtual time does not wait for files to be read, so a run would differ from its replay.
import '../model/people/act.ts'
import '../replica/changed-head.ts'
import '../replica/exchange/reconciler.ts'
import '../replica/heads/first-profile.ts'
import '../replica/heads/former-head.ts'
import '../replica/heads/head-bodies.ts'
import '../replica/heads/head-history.ts'
import '../replica/heads/listing.ts'
import '../replica/heads/lost-change.ts'
import '../replica/heads/met-head.ts'
import '../replica/heads/new-namespace.ts'
import '../replica/history/document-history.ts'
import '../replica/history/tidy-history.ts'
import '../replica/people/acting/adopted-roles.ts'
import '../replica/people/acting/adopting.ts'
import '../replica/people/choosing/choose-person.ts'
import '../replica/people/judging/judging.ts'
import '../replica/people/judging/set-aside.ts'
import '../replica/people/finding/key-lookup.ts'
import '../replica/people/acting/own-acts.ts'
import '../replica/people/people.ts'
import '../replica/people/finding/person-lookup.ts'
import '../replica/removing.ts'
import '../replica/rules/checked-collections.ts'
import '../replica/rules/judged-heads.ts'
import '../replica/rules/ruled-writes.ts'
import '../replica/writing/erasing.ts'
import '../replica/writing/forgetting.ts'
import '../replica/writing/full-store.ts'
import '../replica/writing/pending-changes.ts'
import '../replica/writing/redate-records.ts'
import '../replica/writing/redated-entry.ts'
import '../replica/writing/typed/entry-time.ts'
import '../replica/writing/typed/map-bases.ts'
import '../replica/writing/typed/map-puts.ts'
import '../replica/writing/typed/own-writes.ts'
import '../replica/writing/update/updates.ts'
import '../rules/read-rules.ts'
import '../storage/history/history-table.ts'
import '../storage/logs/log-tables.ts'
import '../storage/records/edited-documents.ts'
import '../storage/records/expired-records.ts'
import '../storage/records/records-of.ts'
import '../storage/writing/timed-removals.ts'
import { changedCollections } from '../replica/changed-collections.ts'
import '../replica/changed-head.ts'
import '../replica/removing.ts'
import '../replica/rules/judged-heads.ts'
import '../replica/rules/ruled-writes.ts'
import '../replica/writing/full-store.ts'
import '../replica/writing/pending-changes.ts'
import '../storage/records/expired-records.ts'
import '../storage/records/records-of.ts'
import '../replica/writing/redated-entry.ts'
import '../replica/writing/update/updates.ts'
import '../rules/read-rules.ts'
import type { CollectionChange } from '../replica/types.ts'
import { openNodeStorage } from '../storage/open-node.ts'
import type { CommitEntry, CommitOutcome, Storage } from '../storage/storage.ts'
import { Ledger } from '../sync/ledger.ts'
import type { Role } from '../sync/messages.ts'
import { PeerClocks } from '../sync/peer-clocks.ts'
import { NamespaceMoves } from '../sync/namespace-moves.ts'
import { Responder } from '../sync/responder.ts'
import { Session } from '../sync/session.ts'
import type { HostileNetwork } from './hostile-network.ts'
import { seededRandom, type SeededRandom } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Pause between two attempts to connect, milliseconds. */
const RETRY_MS = 2000

/** What a test peer lives in. */
export interface TestPeerInit {
  readonly name: string
  readonly role: Role
  readonly network: Network
  readonly time: VirtualTime
  readonly wires: HostileNetwork
  readonly random: SeededRandom
  /** How wrong its clock is. */
  readonly skewMs?: number
  /** For whom it signs; without it, for its key. */
  readonly person?: PersonChoice
  /** Seed of its key, where that is known before. */
  readonly seed?: Uint8Array
  /** Largest size of its database. */
  readonly maxBytes?: number
}

/** A version that was written here. */
interface OwnVersion {
  readonly at: number
  /** Whether it took the place of one with a later time: the same, written anew. */
  readonly isRedated: boolean
}

/** Stands for what a later version of the document has made needless. */
const GONE: OwnVersion = { at: -1, isRedated: false }

/** A whole peer in memory: storage, replica, and sessions with the peers that it dials. Everything random about it comes from the seed. */
export class TestPeer {
  readonly name: string
  readonly identity: Identity
  readonly storage: Storage
  /** Namespaces to keep equal with all peers that are dialled. A relay adds those that others bring. */
  readonly wanted = new Set<string>()
  readonly sessions = new Map<TestPeer, Session>()
  /** What was written here, by slot, in order. */
  readonly #own = new Map<string, OwnVersion[]>()
  /** What ended sessions, apart from broken connections. */
  readonly failures: unknown[] = []
  readonly #init: TestPeerInit
  readonly #dialled = new Set<TestPeer>()
  readonly #seed: Uint8Array
  /** What others' clocks say about its own. */
  readonly clocks: PeerClocks
  #skewMs: number
  #ledgers = new Map<string, Ledger>()
  #replica: LocalReplica | undefined
  #moves: NamespaceMoves | undefined
  #life = new AbortController()

  constructor(init: TestPeerInit) {
    this.name = init.name
    this.#init = init
    this.#skewMs = init.skewMs ?? 0
    this.clocks = new PeerClocks({ now: this.now, elapsed: () => init.time.elapsedMs, onTold: () => this.#mendTimes() })
    this.#seed = init.seed ?? init.random.bytes(32)
    this.identity = identityFromSeed(this.#seed)
    this.storage = openNodeStorage(':memory:', { now: () => this.now(), ...(init.maxBytes === undefined ? {} : { maxBytes: init.maxBytes }) })
    this.#watchCommits()
  }

  get role(): Role {
    return this.#init.role
  }

  get now(): () => number {
    return () => this.#init.time.clock(this.#skewMs)()
  }

  /** Sets its clock: wrong by so many milliseconds from now on. */
  setClock(skewMs: number): void {
    this.#skewMs = skewMs
  }

  /** Once a relay shows that the clock is right, what it wrote under a wrong one gets a right time. */
  #mendTimes(): void {
    if (this.clocks.report().state !== 'right' || this.life.aborted) return
    this.replica.redate().then(
      ({ records, namespaces }) => {
        if (records + namespaces > 0) for (const session of this.sessions.values()) session.recheckHeld()
      },
      (error: unknown) => this.failures.push(error),
    )
  }

  get replica(): LocalReplica {
    if (this.#replica === undefined) throw new Error(`${this.name} was not started`)
    return this.#replica
  }

  #watchCommits(): void {
    const { storage } = this
    const commit = storage.commit.bind(storage)
    storage.commit = async (ns, entries, seals) => {
      const outcomes = await commit(ns, entries, seals)
      if (seals?.seals === undefined) this.#noteOwn(entries, outcomes)
      return outcomes
    }
    const commitShrinking = storage.commitShrinking.bind(storage)
    storage.commitShrinking = async (ns, entries, options) => {
      const outcomes = await commitShrinking(ns, entries, options)
      if (options?.seals === undefined || options.seals.length === 0)
        this.#noteOwn(
          entries,
          outcomes.map((outcome) => (outcome === 'no-room' ? undefined : outcome)),
        )
      return outcomes
    }
  }

  #noteOwn(entries: readonly CommitEntry[], outcomes: readonly (CommitOutcome | undefined)[]): void {
    for (const [i, outcome] of outcomes.entries()) {
      const slot = entries[i]?.slot
      if (outcome === undefined || slot === undefined) continue
      const { replaced, record } = outcome
      const versions = this.#own.get(toHex(slot)) ?? []
      this.#own.set(toHex(slot), versions)
      versions.push({ at: record.at, isRedated: replaced !== undefined && record.at < replaced.at })
      for (const { slot: gone } of outcome.edited?.gone ?? []) this.#own.get(toHex(gone))?.push(GONE)
    }
  }

  /** Whether a version of this time, or one that was written here in its place, was written anew with another one. */
  hasRedated(slot: string, at: number): boolean {
    const versions = this.#own.get(slot) ?? []
    const position = versions.findIndex((one) => one.at === at)
    return position >= 0 && versions.slice(position + 1).some(({ isRedated }) => isRedated)
  }

  /** The time of what was written here at a time, after it was written anew, however often; `undefined` where something else was written after it. */
  finalTime(slot: string, at: number): number | undefined {
    const versions = this.#own.get(slot) ?? []
    const next = versions[versions.findIndex((one) => one.at === at) + 1]
    return next === undefined ? at : next.isRedated ? this.finalTime(slot, next.at) : undefined
  }

  /** Starts, or starts again on the same storage; everything else is new. */
  async start(): Promise<void> {
    await this.storage.setMeta('identity', this.#seed)
    if ((await this.storage.getMeta('epoch')) === undefined) await this.storage.setMeta('epoch', this.#init.random.bytes(8))
    this.#replica = await openReplica(this.storage, {
      network: this.#init.network.bytes,
      person: this.#init.person,
      now: this.now,
      pause: async () => undefined,
      random: seededRandom(this.#init.random.below(2 ** 32)),
      aside: false,
    })
    this.#moves = new NamespaceMoves(this.#replica)
    this.#life = new AbortController()
    this.#ledgers = new Map()
    for (const { id } of await this.replica.namespaces()) this.want(id)
    for (const other of this.#dialled) void this.#keepInTouch(other, this.#life.signal)
  }

  /** Ends all sessions and all answering. The storage stays. */
  async stop(): Promise<void> {
    this.#life.abort()
    await this.#init.time.settle()
  }

  /** Ends for good. */
  async close(): Promise<void> {
    await this.stop()
    await this.replica.close()
  }

  want(ns: string): void {
    this.wanted.add(ns)
    for (const session of this.sessions.values()) session.want(ns)
  }

  /** Keeps in touch with a peer from now on. */
  dial(other: TestPeer): void {
    this.#dialled.add(other)
    void this.#keepInTouch(other, this.#life.signal)
  }

  /** A responder for a stream that another peer opens. */
  respond(from: string): Responder {
    const onNamespace = (id: string): void => {
      if (this.role === 'relay') this.want(id)
    }
    return new Responder({
      replica: this.replica,
      role: this.role,
      ledger: this.#ledgerOf(from),
      moves: (this.#moves ??= new NamespaceMoves(this.replica)),
      now: this.now,
      clock: this.clocks.of(from),
      delay: this.#init.time.delay,
      onNamespace,
    })
  }

  /** Aborts when the peer stops. */
  get life(): AbortSignal {
    return this.#life.signal
  }

  /** Makes a namespace with a nonce from the seed. */
  async createNamespace(write: WritePolicy, collections: Readonly<Record<string, CollectionChange>> = {}): Promise<string> {
    const net = this.#init.network.cid
    const person = await this.replica.person()
    const signer = person === undefined ? this.identity : identityFor(person.log.log, this.identity)
    const genesis = createGenesis({ net, owner: signer, write, nonce: this.#init.random.bytes(16) })
    const at = timeFromMs(this.now())
    const settings = changedCollections(undefined, collections, { isNew: true })
    const body = { title: write, ...(settings === undefined ? {} : { collections: settings }) }
    const head = signHead({ net, ns: genesis.cid, epoch: 0, seq: 0, prev: null, at, body }, signer)
    const imported = await this.replica.importNamespace(genesis.bytes, head.bytes, head.signature)
    if ('refused' in imported) throw new Error(imported.refused)
    this.want(imported.id)
    return imported.id
  }

  #ledgerOf(peer: string): Ledger {
    const ledger = this.#ledgers.get(peer) ?? new Ledger()
    this.#ledgers.set(peer, ledger)
    return ledger
  }

  async #keepInTouch(other: TestPeer, life: AbortSignal): Promise<void> {
    const { wires, time, random, role } = this.#init
    while (!life.aborted) {
      try {
        if (other.life.aborted) throw new DocstoreError('connection-lost', `${other.name} is off`)
        const connection = wires.connect(this.name, other.name)
        // A relay keeps everything that the relays it dials have.
        const onNamespaces = (ids: readonly string[]): void => ids.forEach((id) => this.want(id))
        const session = new Session({
          ...(role === 'relay' ? { onNamespaces } : {}),
          replica: this.replica,
          role,
          ledger: this.#ledgerOf(other.name),
          openExchange: async () => connection.openExchange(other.respond(this.name)),
          now: this.now,
          clock: this.clocks.of(other.name, { counts: other.role === 'relay' }),
          delay: time.delay,
          random: random.next,
          onHeld: () => this.#mendTimes(),
          onChange: () => undefined,
        })
        for (const ns of this.wanted) session.want(ns)
        this.sessions.set(other, session)
        const endedByOther = (): void => connection.end()
        other.life.addEventListener('abort', endedByOther, { once: true })
        try {
          await session.run(AbortSignal.any([life, connection.signal]))
        } finally {
          other.life.removeEventListener('abort', endedByOther)
          connection.end()
        }
      } catch (error) {
        // The session is over; the next one begins where this one came to.
        if (errorCode(error) !== 'connection-lost') this.failures.push(error)
      }
      this.sessions.delete(other)
      await time.delay(random.below(RETRY_MS), life)
    }
  }
}
