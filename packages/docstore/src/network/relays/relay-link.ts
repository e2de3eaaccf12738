import type { Connection, PeerId } from '@libp2p/interface'
import { DocstoreError, errorCode, errorMessage, type NamespaceSync, type Session } from '@p2p-docstore/core'
import { Backoff, delay, MAX_PAUSE_MS } from '../timing/index.ts'
import { type DocstoreLibp2p, viaOf } from '../transport/index.ts'
import { PROBE_TIMEOUT_MS } from '../limits.ts'
import { dialOrder } from './dial-order.ts'
import type { RelaySource } from './relay-source.ts'
import type { RelayWays } from './relay-ways.ts'
import { isShutOut } from './shut-out.ts'
import { syncConnection, type SyncInit, type SyncPeer } from '../sync/index.ts'
import type { PeerStatus, Via } from '../types.ts'

/** What a link to a relay needs. */
export interface RelayLinkInit extends SyncInit {
  readonly libp2p: DocstoreLibp2p
  readonly source: RelaySource
  readonly ways: RelayWays
  /** Called when the relay was reached or lost, and when an attempt to reach it failed. */
  readonly onPeer: () => void
}

/** How often a connected relay is asked for a place where others can reach us, as long as there is none, milliseconds. */
const RESERVE_INTERVAL_MS = 10_000
/** Attempts among which there is always one at the addresses of the last time: five minutes' worth. */
const LAST_ADDRESSES_EVERY = 32
/** An attempt older than this begins again when the machine wakes: it may wait for a network that is gone. */
const STALE_ATTEMPT_MS = 1000

/** What a link does now. */
type Phase =
  | { readonly name: 'pausing'; readonly end: () => void }
  | { readonly name: 'reaching'; readonly since: number; readonly giveUp: () => void; readonly connection?: Connection }
  | { readonly name: 'connected'; readonly since: number; readonly connection: Connection; readonly session: Session }

/**
 * Keeps in touch with one relay for as long as this peer runs: asks for its addresses, dials, runs a sync session, keeps a place there, and
 * begins again when the connection ends, with growing pauses that `wake` cuts short.
 */
export class RelayLink implements SyncPeer {
  readonly role = 'relay'
  readonly source: RelaySource
  readonly status: Map<string, NamespaceSync> = new Map()
  readonly #init: RelayLinkInit
  readonly #ended = new AbortController()
  readonly #backoff = new Backoff()
  #phase: Phase = { name: 'pausing', end: () => undefined }
  #peer: PeerId | undefined
  #error: unknown
  #isProbing = false
  #running: Promise<void> | undefined
  /** Called when a session has begun, or an attempt to begin one has failed. */
  #onAttempt: (() => void)[] = []

  constructor(init: RelayLinkInit) {
    this.#init = init
    this.source = init.source
  }

  /** Peer id of the relay, once it is known. */
  get peer(): string | undefined {
    return this.#peer?.toString() ?? this.source.peer
  }

  /** Peer id of the relay, or its origin while that is all that is known. */
  get id(): string {
    return this.peer ?? this.source.id
  }

  /** The session of the current connection. */
  get session(): Session | undefined {
    return this.#phase.name === 'connected' ? this.#phase.session : undefined
  }

  get connection(): Connection | undefined {
    return this.#phase.name === 'connected' ? this.#phase.connection : undefined
  }

  get isConnected(): boolean {
    return this.#phase.name === 'connected'
  }

  /** What the connected relay does for others; `undefined` where it does not say. */
  get services(): readonly string[] | undefined {
    return this.connection && this.#init.libp2p.services.doorkeeper.guestOf(this.connection)?.services
  }

  get via(): Via | undefined {
    return this.#phase.name === 'connected' ? viaOf(this.#phase.connection) : undefined
  }

  /** Why the last attempt failed; nothing while it is connected. */
  get error(): string | undefined {
    return this.isConnected || this.#error === undefined ? undefined : errorMessage(this.#error)
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  /** The machine is online again, or the page is looked at: what waited is tried at once, and what seemed to work is looked after. */
  wake(): void {
    const phase = this.#phase
    if (phase.name === 'connected') this.#probe(phase.connection)
    else {
      this.#backoff.reset()
      if (phase.name === 'pausing') phase.end()
      else if (performance.now() - phase.since > STALE_ATTEMPT_MS) phase.giveUp()
    }
  }

  /** Whether the relay has let this peer in, and has not begun to sync yet. */
  get #isLetIn(): boolean {
    const connection = this.#phase.name === 'reaching' ? this.#phase.connection : undefined
    return connection !== undefined && this.#init.libp2p.services.doorkeeper.guestOf(connection) !== undefined
  }

  peerStatus(): PeerStatus {
    const { isConnected } = this
    return {
      id: this.id,
      via: this.via,
      role: 'relay',
      state: isConnected ? 'connected' : 'connecting',
      origin: this.source.origin,
      error: this.error,
      errorCode: this.isConnected || this.#error === undefined ? undefined : errorCode(this.#error),
      ...(this.#isLetIn ? { isLetIn: true } : {}),
      ...(this.services === undefined ? {} : { services: this.services }),
      reservation: isConnected && this.#peer !== undefined && this.#init.libp2p.services.reservations?.has(this.#peer) === true,
    }
  }

  /** Resolves with the session as soon as there is one. Throws why the last attempt failed when time is over, or none would help. */
  async untilSession(signal: AbortSignal): Promise<Session> {
    for (;;) {
      const { session } = this
      if (session !== undefined) return session
      if (signal.aborted) throw this.#failure()
      await this.#nextAttempt(signal)
      if (isShutOut(this.peerStatus())) throw this.#failure()
    }
  }

  #failure(): DocstoreError {
    if (this.#error instanceof DocstoreError) return this.#error
    return new DocstoreError('relay-unreachable', this.error ?? `The relay at ${this.source.id} was not reached in time`)
  }

  /** Tries at once where there is no session; resolves with whether there is one, as soon as that try has failed or the signal aborts. */
  async reach(signal: AbortSignal): Promise<boolean> {
    if (!this.isConnected && !signal.aborted) {
      const attempt = this.#nextAttempt(signal)
      if (this.#phase.name === 'pausing') this.#phase.end()
      await attempt
    }
    return this.isConnected
  }

  #connectedMs(): number {
    return this.#phase.name === 'connected' ? performance.now() - this.#phase.since : 0
  }

  #nextAttempt(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#onAttempt.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #attempted(): void {
    for (const resolve of this.#onAttempt.splice(0)) resolve()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const attempt = new AbortController()
      this.#phase = { name: 'reaching', since: performance.now(), giveUp: () => attempt.abort() }
      try {
        await this.#reachAndSync(AbortSignal.any([signal, attempt.signal]))
      } catch (error) {
        this.#error = error
      }
      // A relay that ends every connection at once is not asked more and more often.
      if (this.#connectedMs() > MAX_PAUSE_MS) this.#backoff.reset()
      const pause = new AbortController()
      this.#phase = { name: 'pausing', end: () => pause.abort() }
      this.#attempted()
      this.#init.onPeer()
      for (const ns of this.#init.wanted) this.#init.onSync(ns)
      await delay(this.#backoff.fail(), AbortSignal.any([signal, pause.signal]))
    }
  }

  async #reachAndSync(signal: AbortSignal): Promise<void> {
    const connection = await this.#dial(signal)
    this.#peer = connection.remotePeer
    if (this.#phase.name === 'reaching') this.#phase = { ...this.#phase, connection }
    const { doorkeeper } = this.#init.libp2p.services
    const ended = new AbortController()
    let keeping: Promise<void> | undefined
    try {
      await syncConnection(connection, this.#init, {
        signal,
        status: this.status,
        isRelayLink: true,
        decided: () => doorkeeper.decided(connection),
        keeping: () => (doorkeeper.offers(connection, 'storage') ? 'keeps' : doorkeeper.offers(connection, 'discovery') ? 'notes' : 'ignores'),
        onStart: (session) => {
          this.#error = undefined
          this.#phase = { name: 'connected', since: performance.now(), connection, session }
          if (doorkeeper.offers(connection, 'signaling')) keeping = this.#keepPlace(connection.remotePeer, AbortSignal.any([signal, ended.signal]))
          this.#init.onPeer()
          this.#attempted()
        },
      })
    } catch (error) {
      // What the session sees of a connection that is not let in is only its end.
      throw doorkeeper.refusalOf(connection) ?? error
    } finally {
      ended.abort()
      await keeping
    }
  }

  async #dial(signal: AbortSignal): Promise<Connection> {
    const { libp2p, source, ways } = this.#init
    // While a relay is away for long, its last addresses are tried more and more rarely: each dial uses up some of what a browser has.
    const { failures } = this.#backoff
    const orLast = Number.isInteger(Math.log2(failures + 1)) || failures % LAST_ADDRESSES_EVERY === 0
    const addresses = await source.addresses({ orLast, signal })
    const { peer } = source
    if (peer === undefined) throw new DocstoreError('no-address', `The relay at ${source.id} does not say who it is`)
    const ordered = dialOrder(addresses, { origin: source.origin, last: await ways.last(source.id) })
    const connection = await libp2p.services.dialler.dial(peer, ordered, signal).catch((cause: unknown) => {
      throw new DocstoreError(
        'relay-unreachable',
        `The relay at ${source.id} does not answer. Check that it runs, and that no firewall is in between`,
        { cause },
      )
    })
    await ways.worked(source.id, connection.remoteAddr).catch((error: unknown) => {
      libp2p.logger.forComponent('docstore:relays').error('how a relay was reached could not be kept - %e', error)
    })
    return connection
  }

  /** libp2p asks for a place by itself, once. */
  async #keepPlace(relay: PeerId, signal: AbortSignal): Promise<void> {
    const { reservations } = this.#init.libp2p.services
    if (reservations === undefined) return
    while (!signal.aborted) {
      if (!reservations.has(relay)) reservations.ask(relay)
      await delay(RESERVE_INTERVAL_MS, signal)
    }
  }

  /** A connection that does not answer ends, and a new one begins. */
  #probe(connection: Connection): void {
    if (this.#isProbing) return
    this.#isProbing = true
    this.#init.libp2p.services.ping
      .ping(connection.remotePeer, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
      .catch((error: unknown) => {
        this.#backoff.reset()
        connection.abort(error instanceof Error ? error : new Error('failed'))
      })
      .finally(() => {
        this.#isProbing = false
      })
  }
}
