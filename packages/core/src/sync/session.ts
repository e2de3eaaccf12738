import { DocstoreError, errorMessage } from '../errors.ts'
import { equalBytes } from '../model/bytes.ts'
import { timeFromMs } from '../model/clock.ts'
import { SLOT_BYTES } from '../model/record.ts'
import type { Refusal } from '../model/verdict.ts'
import { MAX_BATCH_BYTES } from '../replica/limits.ts'
import type { Acceptance, Replica } from '../replica/types.ts'
import { Channel, type Exchange, type Traffic } from './channel.ts'
import type { Ledger } from './ledger.ts'
import { FOLLOW_WAIT_MS, FUTURE_RETRY_MS, LIST_PAGE, MAX_FETCH_SLOTS, MAX_FOLLOWED, MAX_PASSES, MAX_ROUNDS, RECHECK_MS } from './limits.ts'
import type { Response, Role } from './messages.ts'

/** How a namespace stands with one peer. */
export interface NamespaceSync {
  /** `waiting`: not begun. `absent`: neither side has it. `live`: equal, and following. `failed`: see `error`. */
  state: 'waiting' | 'absent' | 'syncing' | 'live' | 'failed'
  /** Our local position up to which the peer has everything durably. */
  acked: number
  /** Records that came from and went to the peer. */
  received: number
  sent: number
  rounds: number
  /** Records that the peer, or we, refused, and the latest reason. */
  refused: number
  lastRefusal: Acceptance | undefined
  /** Unix milliseconds of the last time that both sides were seen to be equal. */
  lastSyncedAt: number | undefined
  error: string | undefined
}

/** What a session needs. Time and connections come from outside. */
export interface SessionInit {
  readonly replica: Replica
  readonly role: Role
  readonly ledger: Ledger
  /** Opens one more channel to the peer. */
  readonly openExchange: (signal: AbortSignal) => Promise<Exchange>
  readonly now: () => number
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** Called once, when both sides said hello. */
  readonly onStart?: () => void
  /** Called whenever the status of a namespace changed. */
  readonly onChange: (ns: string) => void
}

/** Failures of the whole session, not of one namespace. */
const FATAL: ReadonlySet<string> = new Set(['connection-lost', 'protocol', 'malformed', 'no-hello', 'wrong-network', 'unknown-epoch'])

/**
 * The asking side of sync with one peer: makes each wanted namespace equal (reconcile), then keeps it so (follow, and put what is
 * written here). Works until it is stopped or the connection breaks; the owner starts a new one then.
 */
export class Session {
  readonly traffic: Traffic = { bytesIn: 0, bytesOut: 0, requests: 0 }
  readonly status: Map<string, NamespaceSync> = new Map()
  readonly #init: SessionInit
  readonly #ended = new AbortController()
  readonly #pushed = new Map<string, number>()
  readonly #followed = new Map<string, number>()
  readonly #queues = new Map<string, Promise<void>>()
  readonly #scheduled = new Set<string>()
  #control: Channel | undefined
  #follow: Channel | undefined
  #theirEpoch = ''
  #theirRole: Role = 'peer'
  #wakeFollower: (() => void) | undefined

  constructor(init: SessionInit) {
    this.#init = init
    // Reported by `run`; without this, a failure before it listens would count as unhandled.
    this.#failure.catch(() => undefined)
  }

  /** Whether the other side is a relay; known after the greeting. */
  get isWithRelay(): boolean {
    return this.#theirRole === 'relay'
  }

  /** Runs until the signal aborts (resolves) or the connection fails (rejects). */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#ended.abort()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const unlisten = this.#init.replica.onCommit(({ namespace }) => this.#pushed.has(namespace) && this.#schedulePush(namespace))
    try {
      this.#control = await this.#openChannel()
      this.#init.onStart?.()
      for (const ns of this.status.keys()) this.#scheduleSync(ns)
      await Promise.race([this.#followLoop(), this.#recheckLoop(), this.#failure])
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      unlisten()
      signal.removeEventListener('abort', stop)
      this.#ended.abort()
      this.#control?.close()
      this.#follow?.close()
    }
  }

  /** Adds a namespace to those that are kept equal with the peer. */
  want(ns: string): void {
    if (this.status.has(ns)) return
    this.status.set(ns, { state: 'waiting', acked: 0, received: 0, sent: 0, rounds: 0, refused: 0, lastRefusal: undefined, lastSyncedAt: undefined, error: undefined })
    if (this.#control !== undefined) this.#scheduleSync(ns)
  }

  /** Makes one namespace equal now; resolves when both roots were seen to be the same, or the peer does not have it. */
  async syncNow(ns: string, signal: AbortSignal): Promise<void> {
    this.want(ns)
    const state = this.#state(ns)
    for (const began = this.#init.now(); ; ) {
      signal.throwIfAborted()
      await this.#enqueue(ns, () => this.#sync(ns))
      if (state.state === 'failed') throw new DocstoreError('sync-failed', state.error ?? 'The namespace could not be made equal')
      if (state.state === 'absent' || (state.lastSyncedAt ?? 0) >= began) return
    }
  }

  /** Ids of all namespaces that the peer has. */
  async listNamespaces(): Promise<string[]> {
    const ids: string[] = []
    for (;;) {
      const page = await this.#ask({ t: 'list', after: ids.at(-1) ?? '' }, 'list')
      ids.push(...page.ids)
      if (page.ids.length < LIST_PAGE) return ids
    }
  }

  #fail: (error: unknown) => void = () => undefined
  readonly #failure = new Promise<never>((_, reject) => {
    this.#fail = reject
  })

  async #openChannel(): Promise<Channel> {
    const { replica, role, now } = this.#init
    const channel = new Channel(await this.#init.openExchange(this.#ended.signal), this.traffic)
    const { network } = await replica.info()
    const hello = await channel.ask({ t: 'hello', v: 1, net: network.id, role, clock: timeFromMs(now()) }, 'hello')
    if (hello.net !== network.id) throw new DocstoreError('wrong-network', 'The peer is in another network')
    this.#theirEpoch = hello.epoch
    this.#theirRole = hello.role
    return channel
  }

  #ask<T extends Response['t']>(...args: Parameters<typeof Channel.prototype.ask<T>>): ReturnType<typeof Channel.prototype.ask<T>> {
    if (this.#control === undefined) throw new DocstoreError('not-connected', 'The session with the peer has not begun')
    return this.#control.ask<T>(...args)
  }

  #state(ns: string): NamespaceSync {
    const state = this.status.get(ns)
    if (state === undefined) throw new DocstoreError('internal', `No session state for ${ns}`)
    return state
  }

  #scheduleSync(ns: string): void {
    this.#schedule(`sync ${ns}`, ns, () => this.#sync(ns))
  }

  #schedulePush(ns: string): void {
    this.#schedule(`push ${ns}`, ns, () => this.#pushNew(ns))
  }

  /** Queues work that is not queued already: a thousand commits ask for one push. */
  #schedule(what: string, ns: string, work: () => Promise<void>): void {
    if (this.#scheduled.has(what)) return
    this.#scheduled.add(what)
    const run = this.#enqueue(ns, () => {
      this.#scheduled.delete(what)
      return work()
    })
    // Failures are in the state already; a session that ended has nobody left to tell.
    run.catch(() => this.#scheduled.delete(what))
  }

  /** Work on one namespace happens in order. What fails is noted in its state; what breaks the connection ends the session. */
  #enqueue(ns: string, work: () => Promise<void>): Promise<void> {
    const run = (this.#queues.get(ns) ?? Promise.resolve()).then(async () => {
      if (this.#ended.signal.aborted) throw new DocstoreError('not-connected', 'The connection to the peer ended')
      const state = this.#state(ns)
      try {
        await work()
        state.error = undefined
      } catch (error) {
        state.state = 'failed'
        state.error = errorMessage(error)
        if (!(error instanceof DocstoreError) || FATAL.has(error.code)) this.#fail(error)
      }
      this.#init.onChange(ns)
    })
    const settled = run.catch(() => undefined)
    this.#queues.set(ns, settled)
    void settled.then(() => this.#queues.get(ns) === settled && this.#queues.delete(ns))
    return run
  }

  async #sync(ns: string): Promise<void> {
    const { replica, now } = this.#init
    const state = this.#state(ns)
    if (state.state !== 'live') state.state = 'syncing'
    const refusedBefore = state.refused
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const opened = await this.#ask({ t: 'open', ns }, 'opened', 'unknown')
      if (!(await this.#exchangeNamespace(ns, opened))) {
        state.state = 'absent'
        return
      }
      const ours = await replica.summary(ns)
      const isEqual = opened.t === 'opened' && opened.root === ours.root
      const theirs = opened.t === 'opened' ? opened : { count: 0, seq: 0 }
      if (!isEqual) await this.#equalize(ns, ours.count, theirs.count)
      // Both positions are from before the exchange: whatever came in between is followed and pushed from there.
      this.#pushed.set(ns, Math.max(ours.seq, this.#pushed.get(ns) ?? 0))
      this.#setFollowed(ns, theirs.seq)
      state.state = 'live'
      if (state.refused === refusedBefore) state.acked = Math.max(state.acked, ours.seq)
      await this.#pushNew(ns)
      if (!isEqual) continue
      state.lastSyncedAt = now()
      return
    }
    if (state.refused > refusedBefore) throw new DocstoreError('not-equal', `Some records were refused (${state.lastRefusal ?? 'unknown'}); it is tried again later`)
  }

  async #equalize(ns: string, ourCount: number, theirCount: number): Promise<void> {
    if (ourCount === 0) await this.#pullAll(ns)
    else if (theirCount === 0) {
      this.#pushed.set(ns, 0)
      await this.#pushSince(ns, 0)
    } else await this.#reconcile(ns)
  }

  /** Makes both sides know the namespace and its newest head. False where neither has it. */
  async #exchangeNamespace(ns: string, opened: Extract<Response, { t: 'opened' | 'unknown' }>): Promise<boolean> {
    const { replica } = this.#init
    if (opened.t === 'opened') {
      const imported = await replica.importNamespace(opened.genesis, opened.head, opened.signature)
      if ('refused' in imported) throw new DocstoreError('bad-namespace', `The peer's namespace was refused: ${imported.refused}`)
      if (imported.id !== ns) throw new DocstoreError('protocol', 'The peer answered with another namespace')
    }
    const ours = await replica.exportNamespace(ns)
    if (ours === undefined) return false
    if (opened.t === 'unknown' || !equalBytes(ours.head, opened.head)) await this.#ask({ t: 'offer', ...ours }, 'ok')
    return true
  }

  async #reconcile(ns: string): Promise<void> {
    const { replica } = this.#init
    const state = this.#state(ns)
    let question: Uint8Array | undefined = await replica.firstQuestion(ns)
    for (let round = 0; question !== undefined; round++) {
      if (round >= MAX_ROUNDS) throw new DocstoreError('protocol', `The peer did not come to an end in ${MAX_ROUNDS} rounds`)
      state.rounds++
      const { reply } = await this.#ask({ t: 'ask', ns, question }, 'reply')
      const difference = await replica.compareReply(ns, reply)
      if ('refused' in difference) throw new DocstoreError('protocol', `The peer's answer cannot be read (${difference.refused})`)
      await this.#fetch(ns, difference.need)
      await this.#putSlots(ns, difference.have)
      question = difference.next
    }
  }

  async #fetch(ns: string, slots: Uint8Array): Promise<void> {
    const span = MAX_FETCH_SLOTS * SLOT_BYTES
    for (let offset = 0; offset < slots.length; ) {
      const { batch, taken } = await this.#ask({ t: 'fetch', ns, slots: slots.subarray(offset, offset + span) }, 'batch')
      if (taken === 0) throw new DocstoreError('protocol', 'The peer lists records that it does not send')
      if (batch !== null) await this.#take(ns, batch)
      offset += taken * SLOT_BYTES
    }
  }

  async #putSlots(ns: string, slots: Uint8Array): Promise<void> {
    for (let offset = 0; offset < slots.length; ) {
      const { batch, taken } = await this.#init.replica.batchOf(ns, slots.subarray(offset), { maxBytes: MAX_BATCH_BYTES })
      if (batch !== undefined) await this.#put(ns, batch)
      if (taken === 0) return
      offset += taken * SLOT_BYTES
    }
  }

  /** First copy of a namespace: everything in the peer's order, without comparing. */
  async #pullAll(ns: string): Promise<void> {
    let since = 0
    for (;;) {
      const news = await this.#ask({ t: 'follow', epoch: this.#theirEpoch, wants: [{ ns, since }], wait: 0 }, 'news', 'idle')
      if (news.t === 'idle' || news.ns !== ns || news.seq <= since) return
      since = news.seq
      if (news.batch !== null) await this.#take(ns, news.batch)
      if (!news.more) return
    }
  }

  async #take(ns: string, batch: Uint8Array): Promise<void> {
    const state = this.#state(ns)
    const accepted = await this.#init.replica.accept(ns, batch)
    if ('refused' in accepted) throw new DocstoreError('protocol', `The peer's batch was refused: ${accepted.refused}`)
    this.#init.ledger.add(ns, accepted.from, accepted.to)
    for (const result of accepted.results) {
      if (result === 'stored') state.received++
      else if (isRefusal(result)) this.#refused(state, result)
    }
    this.#init.onChange(ns)
  }

  #refused(state: NamespaceSync, reason: Refusal): void {
    state.refused++
    state.lastRefusal = reason
  }

  /** Sends a batch; true where the peer asks to get some of it again later. */
  async #put(ns: string, batch: Uint8Array): Promise<boolean> {
    const state = this.#state(ns)
    const { results } = await this.#ask({ t: 'put', ns, batch }, 'results')
    let isEarly = false
    for (const result of results) {
      if (result === 'stored') state.sent++
      else if (result === 'future') isEarly = true
      if (isRefusal(result)) this.#refused(state, result)
    }
    this.#init.onChange(ns)
    return isEarly
  }

  async #pushNew(ns: string): Promise<void> {
    const since = this.#pushed.get(ns)
    if (since !== undefined) await this.#pushSince(ns, since)
  }

  async #pushSince(ns: string, since: number): Promise<void> {
    const { replica, ledger } = this.#init
    const state = this.#state(ns)
    const refusedBefore = state.refused
    for (let from = since; ; ) {
      const outgoing = await replica.batchSince(ns, from, { maxBytes: MAX_BATCH_BYTES, skip: ledger.after(ns, from) })
      if (outgoing.batch !== undefined && (await this.#put(ns, outgoing.batch))) {
        // The peer's clock is behind: the records wait here, and later ones with them, so that nothing is called delivered.
        void this.#retryLater(ns)
        return
      }
      from = outgoing.seq
      this.#pushed.set(ns, from)
      if (state.refused === refusedBefore) state.acked = Math.max(state.acked, from)
      if (!outgoing.more) return
    }
  }

  async #retryLater(ns: string): Promise<void> {
    await this.#init.delay(FUTURE_RETRY_MS, this.#ended.signal)
    if (!this.#ended.signal.aborted) this.#schedulePush(ns)
  }

  #setFollowed(ns: string, seq: number): void {
    const known = this.#followed.get(ns)
    this.#followed.set(ns, Math.max(seq, known ?? 0))
    if (known !== undefined) return
    // A request that waits for news does not know of this namespace: a new channel asks again, with it.
    this.#wakeFollower?.()
    this.#follow?.close()
    this.#follow = undefined
  }

  async #followLoop(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      if (this.#followed.size === 0) await this.#untilFollowed()
      if (signal.aborted) return
      let channel: Channel | undefined
      try {
        channel = this.#follow ?? (await this.#openChannel())
        this.#follow = channel
        const wants = [...this.#followed].slice(0, MAX_FOLLOWED).map(([ns, since]) => ({ ns, since }))
        const news = await channel.ask({ t: 'follow', epoch: this.#theirEpoch, wants, wait: FOLLOW_WAIT_MS }, 'news', 'idle')
        if (news.t === 'news') await this.#takeNews(news)
      } catch (error) {
        // A channel that we closed ourselves, to ask for more namespaces, is no failure.
        if (signal.aborted || (channel !== undefined && channel !== this.#follow)) continue
        throw error
      }
    }
  }

  async #takeNews(news: Extract<Response, { t: 'news' }>): Promise<void> {
    const { ns, batch, seq } = news
    const since = this.#followed.get(ns)
    if (since === undefined || seq <= since) throw new DocstoreError('protocol', 'The peer answered what was not asked')
    if (batch !== null) await this.#take(ns, batch)
    // To the back of the queue, so that one busy namespace does not keep the others waiting.
    this.#followed.delete(ns)
    this.#followed.set(ns, seq)
  }

  #untilFollowed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeFollower = resolve
      this.#ended.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Following can lose nothing, but a peer can be wrong: now and then the roots are compared all the same. */
  async #recheckLoop(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      await this.#init.delay(RECHECK_MS * (0.75 + Math.random() / 2), signal)
      if (signal.aborted) return
      for (const ns of this.status.keys()) this.#scheduleSync(ns)
    }
  }
}

function isRefusal(result: Acceptance): result is Refusal {
  return result !== 'stored' && result !== 'same' && result !== 'superseded'
}
