import { DocstoreError, errorCode, errorMessage } from '../errors.ts'
import { timeFromMs } from '../model/clock.ts'
import { MAX_NAMESPACES } from '../replica/limits.ts'
import type { CommitEvent, Replica } from '../replica/types.ts'
import { type Asking, Channel, type Exchange, newTraffic, type Traffic } from './channel.ts'
import { Follower } from './follower.ts'
import type { Ledger } from './ledger.ts'
import {
  LIST_PAGE,
  LIST_PAUSE_MS,
  MAX_LIST_PAUSE_MS,
  MAX_RECHECK_MS,
  MAX_RETRY_MS,
  MAX_SMALL_PUSHES,
  MIN_ASKED_RETRY_MS,
  MIN_RETRY_MS,
  RECHECK_MS,
  ROOM_MS,
  SELDOM_RECHECK_MS,
} from './limits.ts'
import { CAN_PUTS, type Role } from './messages.ts'
import { type LinkContext, NamespaceLink } from './namespace-link.ts'
import { ALL_NAMESPACES } from './news-queue.ts'
import type { PeerClock } from './peer-clocks.ts'
import { PutCollector } from './put-collector.ts'
import { type NamespaceSync, newStatus } from './status.ts'
import type { Parts } from '../sets/parts.ts'
import { Slots, Turns } from '../replica/turns.ts'

/** What a session needs. Time and connections come from outside. */
export interface SessionInit {
  readonly replica: Replica
  readonly role: Role
  readonly ledger: Ledger
  /** Opens one more channel to the peer; rejects when the signal aborts. */
  readonly openExchange: (signal: AbortSignal) => Promise<Exchange>
  readonly now: () => number
  /** What is known of the peer's clock, which it tells. */
  readonly clock?: PeerClock
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** At least 0, below 1: spreads the comparisons of many sessions over time, and decides when to audit. */
  readonly random?: () => number
  /** How the namespaces stood with this peer in the session before; this one goes on with it. */
  readonly status?: Map<string, NamespaceSync>
  /** What the peer does with namespaces, which it says before sync begins; everything, unless told otherwise. */
  readonly keeping?: () => Keeping
  /** Which parts of a namespace are to be equal on both sides, as far as its head is known here; all of it, unless told otherwise. */
  readonly partsOf?: PartsOf
  /** Called once, when both sides said hello. */
  readonly onStart?: () => void
  /** Called with the ids of all namespaces that the peer has, at the beginning and whenever it has more; without it, it is not asked for them. */
  readonly onNamespaces?: (ids: readonly string[]) => void
  /** Whether others see to it that what both have is equal, and that what the peer alone has comes here: then it is rarely compared, and not listed. */
  readonly isComparedElsewhere?: () => boolean
  /** Called whenever the peer held something of ours back because it lies in its future. */
  readonly onHeld?: () => void
  /** Called whenever the status of a namespace changed. */
  readonly onChange: (ns: string) => void
}

/** Which parts of a namespace are meant; `undefined` for all of it. */
type PartsOf = (ns: string) => Promise<Parts | undefined>

/** What a peer does with namespaces: keeps them, only notes who does, so that these find each other, or neither. */
export type Keeping = 'keeps' | 'notes' | 'ignores'

/** Why work on a namespace is put off. */
type Reason = 'retry' | 'room there' | 'room here'

/** Failures of the whole session, not of one namespace. */
const FATAL: ReadonlySet<string> = new Set([
  'connection-lost',
  'no-answer',
  'unsupported-protocol',
  'protocol',
  'malformed',
  'too-large',
  'no-hello',
  'wrong-network',
  'unknown-epoch',
])

/**
 * The asking side of sync with one peer: makes each wanted namespace equal, then keeps it so (follows, and puts what is written here).
 * Works until it is stopped or the connection breaks; the owner starts a new one then.
 */
export class Session {
  readonly traffic: Traffic = newTraffic()
  readonly status: Map<string, NamespaceSync>
  readonly #init: SessionInit
  readonly #links = new Map<string, NamespaceLink>()
  readonly #context: LinkContext
  readonly #follower: Follower
  readonly #ended = new AbortController()
  readonly #failure = Promise.withResolvers<never>()
  /** Work under way, per namespace. */
  readonly #queues = new Map<string, Promise<void>>()
  readonly #scheduled = new Set<string>()
  /** What is put off, per reason and namespace; and how long each namespace waited to be compared again the last time. */
  readonly #putOff = new Set<string>()
  readonly #pauses = new Map<string, number>()
  readonly #channels = new Set<Channel>()
  #control: Channel | undefined
  #theirEpoch: string | undefined
  #theirRole: Role = 'peer'
  /** What it understands besides the first edition of the protocol. */
  #can: readonly string[] = []
  #listing: Promise<void> | undefined
  #isListStale = false
  /** Whether a comparison has found both sides different since this was last looked at. */
  #hasDiffered = false

  constructor(init: SessionInit) {
    const { replica, ledger, now, random = Math.random, onChange, clock } = init
    this.#init = init
    this.status = init.status ?? new Map()
    // Reported by `run`; without this, a failure before it listens would count as unhandled.
    this.#failure.promise.catch(() => undefined)
    this.#follower = new Follower({
      openChannel: () => this.#openChannel(),
      theirEpoch: () => this.#theirEpoch ?? '',
      isSettling: () => this.#queues.size > 0,
      canJoinLater: init.isComparedElsewhere,
      onNews: (ns, batch, seq) => this.#takeNews(ns, batch, seq),
    })
    this.#context = {
      replica,
      ledger,
      now,
      random,
      channel: () => this.#controlChannel(),
      theirEpoch: () => this.#theirEpoch ?? '',
      clock,
      can: (word) => this.#can.includes(word),
      isKeeper: () => this.#keeping === 'keeps',
      transfers: new Turns(),
      smallPushes: new Slots(MAX_SMALL_PUSHES),
      puts: new PutCollector({ channel: () => this.#controlChannel(), canJoin: () => this.#can.includes(CAN_PUTS), clock }),
      onFollow: (ns, seq, parts) => this.#follower.follow(ns, seq, parts),
      isTaking: false,
      partsOf: init.partsOf ?? (async () => undefined),
      onRefused: (ns) => this.#refused(ns),
      onStrangers: (ns) => this.#strangers(ns),
      onUntold: (ns) => this.#scheduleSync(ns),
      onHeld: () => init.onHeld?.(),
      refreshClock: async () => (await this.#openChannel()).close(),
      onChange,
    }
  }

  get #keeping(): Keeping {
    return this.#init.keeping?.() ?? 'keeps'
  }

  /** Whether the other side is a relay; known after the greeting. */
  get isWithRelay(): boolean {
    return this.#theirRole === 'relay'
  }

  /** Runs until the signal aborts (resolves) or the connection fails (rejects). Once. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#end()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const unlisten = this.#init.replica.onCommit((event) => this.#onCommit(event))
    const loops: Promise<void>[] = []
    try {
      this.#control = await this.#openChannel()
      this.#init.onStart?.()
      for (const ns of this.#links.keys()) this.#scheduleSync(ns)
      this.#followList()
      loops.push(this.#follower.run(this.#ended.signal), this.#recheckLoop())
      await Promise.race([...loops, this.#failure.promise])
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      unlisten()
      signal.removeEventListener('abort', stop)
      this.#end()
      await Promise.allSettled([...loops, ...this.#queues.values(), this.#listing])
      // What cannot be written down costs the next session some bytes.
      await Promise.allSettled([...this.#links.values()].map((link) => link.close()))
      for (const status of this.status.values()) if (status.state === 'live' || status.state === 'syncing') status.state = 'waiting'
    }
  }

  #followList(): void {
    if (this.#isListUsed && this.#keeping === 'keeps') this.#follower.follow(ALL_NAMESPACES, 0)
  }

  get #isListUsed(): boolean {
    return this.#init.onNamespaces !== undefined && this.#init.isComparedElsewhere?.() !== true
  }

  #end(): void {
    this.#ended.abort()
    for (const channel of this.#channels) channel.close()
  }

  /** Adds a namespace to those that are kept equal with the peer. */
  want(ns: string): void {
    if (this.#links.has(ns)) return
    if (this.#keeping === 'ignores') {
      this.status.set(ns, { ...newStatus(this.status.get(ns)), state: 'declined' })
      this.#init.onChange(ns)
      return
    }
    const link = new NamespaceLink(ns, this.#context, this.status.get(ns))
    this.#links.set(ns, link)
    this.status.set(ns, link.status)
    if (this.#control !== undefined) this.#scheduleSync(ns)
  }

  /** Compares a namespace again where other parts of it are to be equal than before. */
  async partsChanged(ns: string): Promise<void> {
    const link = this.#links.get(ns)
    if (link?.isCompared === true && this.#control !== undefined && !(await link.hasRightParts())) this.#scheduleSync(ns)
  }

  /** Takes a namespace out again. What is under way with it comes to nothing. */
  unwant(ns: string): void {
    this.#links.get(ns)?.drop()
    this.#links.delete(ns)
    this.#follower.leave(ns)
    this.status.delete(ns)
    for (const scheduled of this.#scheduled) if (scheduled.endsWith(` ${ns}`)) this.#scheduled.delete(scheduled)
  }

  /**
   * Compares one namespace now; resolves when each side has all that the other had at the call, or neither has the namespace. Rejects when
   * that is not possible now, and when the signal aborts.
   */
  async syncNow(ns: string, signal: AbortSignal): Promise<void> {
    this.want(ns)
    signal.throwIfAborted()
    if (this.#keeping === 'ignores') return
    await unlessAborted(
      this.#enqueue(ns, (link) => this.#sync(ns, link)),
      signal,
    )
  }

  /**
   * The same for a namespace, or the parts of it that `partsOf` names, that need not be kept equal with the peer afterwards: it is not followed, unless it is
   * wanted anyway. What that takes is added to `traffic`. With `isTaking` no record is given to the peer.
   */
  async syncOnce(
    ns: string,
    signal: AbortSignal,
    { traffic, partsOf, isTaking = false }: { readonly traffic?: Traffic; readonly partsOf?: PartsOf | undefined; readonly isTaking?: boolean } = {},
  ): Promise<void> {
    if (partsOf === undefined && this.#links.has(ns)) return this.syncNow(ns, signal)
    signal.throwIfAborted()
    const nothing = (): void => undefined
    const alone = { onFollow: nothing, onRefused: nothing, onStrangers: nothing, onUntold: nothing, onChange: nothing }
    const channel = (): Asking => (traffic === undefined ? this.#controlChannel() : this.#controlChannel().countedBy(traffic))
    const puts = new PutCollector({ channel, canJoin: () => this.#can.includes(CAN_PUTS), clock: this.#init.clock })
    const link = new NamespaceLink(ns, { ...this.#context, ...alone, channel, puts, isTaking, ...(partsOf === undefined ? {} : { partsOf }) })
    try {
      await unlessAborted(link.sync(), signal)
      await link.close()
    } finally {
      link.drop()
    }
  }

  /** What the peer held back may not be there any more: it is compared again now, instead of at the next try. */
  recheckHeld(): void {
    if (this.#control === undefined) return
    for (const [ns, { status }] of this.#links) if (status.held > 0 || status.state === 'failed') this.#scheduleSync(ns)
  }

  /** Ids of all namespaces that the peer has, in order. From then on they are listed whenever there are more, where that is of use. */
  async listNamespaces(): Promise<string[]> {
    this.#followList()
    const ids: string[] = []
    for (;;) {
      const after = ids.at(-1) ?? ''
      const page = await this.#controlChannel().ask({ t: 'list', after }, 'list')
      for (const id of page.ids) {
        if (id <= (ids.at(-1) ?? '')) throw new DocstoreError('protocol', 'The peer lists its namespaces in disorder')
        ids.push(id)
      }
      if (page.ids.length < LIST_PAGE || ids.length >= MAX_NAMESPACES) return ids
    }
  }

  /** Hands on the peer's namespaces, one list at a time: news that come meanwhile ask for one more. */
  #list(): void {
    this.#isListStale = true
    this.#listing ??= this.#listUntilFresh().catch((error: unknown) => this.#failure.reject(error))
  }

  async #listUntilFresh(): Promise<void> {
    const { signal } = this.#ended
    while (this.#isListStale && !signal.aborted) {
      this.#isListStale = false
      try {
        const ids = await this.listNamespaces()
        this.#init.onNamespaces?.(ids)
        // Namespaces come in numbers: they are listed together.
        await this.#init.delay(Math.min(ids.length * LIST_PAUSE_MS, MAX_LIST_PAUSE_MS), signal)
      } catch (error) {
        if (signal.aborted) return
        if (isFatal(error)) throw error
        this.#isListStale = true
        await this.#init.delay(MIN_RETRY_MS, signal)
      }
    }
    // In the same step as the last look, so that no news fall between.
    this.#listing = undefined
  }

  async #openChannel(): Promise<Channel> {
    const { replica, role, now, ledger, openExchange, clock } = this.#init
    const { network, epoch } = await replica.info()
    const channel = new Channel(await openExchange(this.#ended.signal), this.traffic)
    this.#channels.add(channel)
    channel.onClose = () => this.#channels.delete(channel)
    if (this.#ended.signal.aborted) channel.close()
    const sentAt = clock?.elapsed() ?? 0
    try {
      const hello = await channel.ask({ t: 'hello', v: 1, net: network.id, role, clock: timeFromMs(now()), epoch }, 'hello')
      if (hello.net !== network.id) throw new DocstoreError('wrong-network', 'The peer is in another network')
      if (this.#theirEpoch !== undefined && hello.epoch !== this.#theirEpoch)
        throw new DocstoreError('unknown-epoch', 'The peer has another database now')
      this.#theirEpoch = hello.epoch
      this.#theirRole = hello.role
      this.#can = hello.can ?? []
      ledger.meet(hello.epoch)
      clock?.note({ clock: hello.clock, sentAt })
    } catch (error) {
      channel.close()
      throw error
    }
    return channel
  }

  #controlChannel(): Channel {
    if (this.#control === undefined) throw new DocstoreError('not-connected', 'The session with the peer has not begun')
    return this.#control
  }

  #onCommit({ namespace, head }: CommitEvent): void {
    const link = this.#links.get(namespace)
    if (link === undefined || this.#control === undefined) return
    if (link.isOutOfRoom) this.#lookForRoom(namespace)
    // A head goes with a comparison.
    if (head === true) this.#scheduleSync(namespace)
    else if (link.isCompared) this.#schedule(`push ${namespace}`, namespace, (one) => one.push())
    else if (link.status.state === 'absent') this.#scheduleSync(namespace)
  }

  async #takeNews(ns: string, batch: Uint8Array | null, seq: number): Promise<boolean> {
    if (ns === ALL_NAMESPACES) {
      if (this.#isListUsed) this.#list()
      return this.#isListUsed
    }
    const link = this.#links.get(ns)
    if (link === undefined) return false
    // The peer has it now. It is compared first, because the namespace itself does not come with its news.
    if (!link.isCompared) {
      this.#scheduleSync(ns)
      return false
    }
    // News without records are those of its head.
    if (batch === null) this.#scheduleSync(ns)
    try {
      await link.takeNews(batch, seq)
      return true
    } catch (error) {
      this.#failed(ns, link, error)
      return false
    }
  }

  #scheduleSync(ns: string): void {
    this.#schedule(`sync ${ns}`, ns, (link) => this.#sync(ns, link))
  }

  async #sync(ns: string, link: NamespaceLink): Promise<void> {
    if (!(await link.sync())) this.#hasDiffered = true
    link.status.error = undefined
    if (!this.#isPutOff('retry', ns)) this.#pauses.delete(ns)
  }

  /** Queues work that is not queued already: a thousand commits ask for one push. */
  #schedule(what: string, ns: string, work: (link: NamespaceLink) => Promise<void>): void {
    if (this.#scheduled.has(what)) return
    this.#scheduled.add(what)
    this.#enqueue(ns, (link) => {
      this.#scheduled.delete(what)
      return work(link)
    }).catch(() => {
      // The failure is in the status, or the session has ended.
      this.#scheduled.delete(what)
    })
  }

  /** Work on one namespace happens in order. What fails is noted in its status; what breaks the connection ends the session. */
  #enqueue(ns: string, work: (link: NamespaceLink) => Promise<void>): Promise<void> {
    const link = this.#links.get(ns)
    const run = (this.#queues.get(ns) ?? Promise.resolve()).then(async () => {
      if (this.#ended.signal.aborted) throw new DocstoreError('connection-lost', 'The connection to the peer ended')
      if (link === undefined || this.#control === undefined) throw new DocstoreError('not-connected', 'The session with the peer has not begun')
      try {
        await work(link)
      } catch (error) {
        this.#failed(ns, link, error)
        throw error
      }
      this.#init.onChange(ns)
    })
    const settled = run.then(
      () => undefined,
      () => undefined,
    )
    const queue = settled.then(() => {
      if (this.#queues.get(ns) === queue) this.#queues.delete(ns)
    })
    this.#queues.set(ns, queue)
    return run
  }

  #failed(ns: string, link: NamespaceLink, error: unknown): void {
    // What fails because the session ended says nothing about the namespace.
    if (this.#ended.signal.aborted) return
    link.status.state = 'failed'
    link.status.error = errorMessage(error)
    if (isFatal(error)) this.#failure.reject(error)
    else if (errorCode(error) === 'quota') this.#retryLater(ns, ROOM_MS)
    else if (retryMsOf(error) !== undefined) this.#retryAfter(ns, retryMsOf(error) ?? 0)
    else this.#refused(ns)
    this.#init.onChange(ns)
  }

  #refused(ns: string): void {
    this.#retryLater(ns)
    if (this.#links.get(ns)?.isWaitingForRoom === true) this.#askForRoom(ns)
  }

  /** Their persons come with a comparison. Where one just was, there is nothing to be had yet. */
  #strangers(ns: string): void {
    if (this.#isPutOff('retry', ns)) return
    this.#refused(ns)
    this.#scheduleSync(ns)
  }

  /** A peer that was full may have room at any time. One small batch tells, where comparing would send much more. */
  #askForRoom(ns: string): void {
    this.#later('room there', ns, ROOM_MS, () =>
      this.#schedule(`room there ${ns}`, ns, async (link) => {
        if (!link.isWaitingForRoom) return
        if (await link.hasRoom()) this.#scheduleSync(ns)
        else this.#askForRoom(ns)
      }),
    )
  }

  /** Something was written here that had no room for all that the peer sent: it may have been a delete. One record tells. */
  #lookForRoom(ns: string): void {
    this.#later('room here', ns, ROOM_MS, () =>
      this.#schedule(`room here ${ns}`, ns, async (link) => {
        if (link.isOutOfRoom && (await link.hasRoomHere())) this.#scheduleSync(ns)
      }),
    )
  }

  /** Compares again after a while, and then after longer and longer: a clock may be right then, or a disk have room. */
  #retryLater(ns: string, longestMs = MAX_RETRY_MS): void {
    if (this.#isPutOff('retry', ns)) return
    const pause = Math.min((this.#pauses.get(ns) ?? MIN_RETRY_MS / 2) * 2, longestMs)
    this.#pauses.set(ns, pause)
    this.#later('retry', ns, pause, () => this.#scheduleSync(ns))
  }

  /** The peer has said when it will take more: no sooner, and at once then. */
  #retryAfter(ns: string, retryMs: number): void {
    this.#later('retry', ns, Math.min(MAX_RETRY_MS, Math.max(MIN_ASKED_RETRY_MS, retryMs)), () => this.#scheduleSync(ns))
  }

  /** Does something after a while, once, however often it is asked for until then. */
  #later(reason: Reason, ns: string, ms: number, work: () => void): void {
    const key = `${reason} ${ns}`
    if (this.#putOff.has(key)) return
    this.#putOff.add(key)
    this.#init.delay(ms, this.#ended.signal).then(() => {
      this.#putOff.delete(key)
      if (!this.#ended.signal.aborted) work()
    }, this.#failure.reject)
  }

  #isPutOff(reason: Reason, ns: string): boolean {
    return this.#putOff.has(`${reason} ${ns}`)
  }

  /** Following can lose nothing, but a peer can be wrong: now and then the roots are compared all the same, more and more rarely while they are equal. */
  async #recheckLoop(): Promise<void> {
    const { delay, random = Math.random, isComparedElsewhere } = this.#init
    const { signal } = this.#ended
    for (let pause = RECHECK_MS; ; pause = this.#hasDiffered ? RECHECK_MS : Math.min(2 * pause, MAX_RECHECK_MS)) {
      // There is still to be audited, now and then.
      if (isComparedElsewhere?.() === true) pause = SELDOM_RECHECK_MS
      await delay(pause * (0.75 + random() / 2), signal)
      if (signal.aborted) return
      this.#hasDiffered = false
      for (const ns of this.#links.keys()) if (!this.#isPutOff('retry', ns)) this.#scheduleSync(ns)
      await Promise.all(this.#queues.values())
    }
  }
}

/** What work resolves with, or the reason of the signal as soon as that aborts. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function retryMsOf(error: unknown): number | undefined {
  const retryMs = error instanceof DocstoreError ? error.details['retryMs'] : undefined
  return typeof retryMs === 'number' ? retryMs : undefined
}

function isFatal(error: unknown): boolean {
  return !(error instanceof DocstoreError) || FATAL.has(error.code)
}
