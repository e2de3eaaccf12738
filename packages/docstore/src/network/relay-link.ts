import type { Connection } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DocstoreError, errorMessage, fromUtf8, type Ledger, type Replica, Session, utf8, type Role } from '@p2p-docstore/core'
import { delay } from './delay.ts'
import { fetchWellKnown } from './join-link.ts'
import type { DocstoreLibp2p } from './libp2p.ts'
import { DIAL_TIMEOUT_MS, MAX_RETRY_MS, MIN_RETRY_MS } from './limits.ts'
import { openExchange, syncProtocol } from './streams.ts'
import type { PeerStatus, Via } from './types.ts'

/** What a link to a relay needs. */
export interface RelayLinkInit {
  readonly libp2p: DocstoreLibp2p
  readonly replica: Replica
  readonly networkId: string
  readonly role: Role
  readonly origin: string
  readonly ledgerOf: (peer: string) => Ledger
  /** Namespaces to keep equal. */
  readonly wanted: ReadonlySet<string>
  readonly onPeer: () => void
  readonly onSync: (ns: string) => void
}

/** Name prefix of the addresses that a relay had last, for the day when its web server does not answer. */
const ADDRESSES = 'relay-addresses/'

/**
 * Keeps in touch with one relay for as long as this peer runs: asks for its addresses, dials, runs a sync session, and begins again
 * when the connection ends, with growing pauses that `wake` cuts short.
 */
export class RelayLink {
  readonly origin: string
  readonly #init: RelayLinkInit
  readonly #ended = new AbortController()
  #session: Session | undefined
  #connection: Connection | undefined
  #peer: string | undefined
  #error: string | undefined
  #wake: (() => void) | undefined
  #running: Promise<void> | undefined
  /** Called when a session has begun, or an attempt to begin one has failed. */
  #onAttempt: (() => void)[] = []

  constructor(init: RelayLinkInit) {
    this.#init = init
    this.origin = init.origin
  }

  /** Peer id of the relay, once it was reached. */
  get peer(): string | undefined {
    return this.#peer
  }

  /** The session of the current connection. */
  get session(): Session | undefined {
    return this.#session
  }

  get isConnected(): boolean {
    return this.#session !== undefined
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  /** Tries again at once: the machine is online again, or the page is visible. */
  wake(): void {
    this.#wake?.()
  }

  status(): PeerStatus {
    return {
      id: this.#peer ?? this.origin,
      via: this.#connection && viaOf(this.#connection),
      role: 'relay',
      state: this.isConnected ? 'connected' : 'connecting',
      origin: this.origin,
      error: this.isConnected ? undefined : this.#error,
    }
  }

  /** Resolves with the session as soon as there is one. */
  async untilSession(signal: AbortSignal): Promise<Session> {
    while (this.#session === undefined) {
      if (signal.aborted) throw new DocstoreError('relay-unreachable', this.#error ?? `The relay at ${this.origin} was not reached in time`)
      await this.#nextAttempt(signal)
    }
    return this.#session
  }

  /** Tries at once where there is no session; resolves with whether there is one, as soon as that try has failed or the signal aborts. */
  async reach(signal: AbortSignal): Promise<boolean> {
    if (!this.isConnected && !signal.aborted) {
      const attempt = this.#nextAttempt(signal)
      this.wake()
      await attempt
    }
    return this.isConnected
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
    let pause = MIN_RETRY_MS
    while (!signal.aborted) {
      const began = Date.now()
      try {
        await this.#connectAndSync(signal)
        this.#error = undefined
      } catch (error) {
        this.#error = errorMessage(error)
      }
      this.#session = undefined
      this.#connection = undefined
      this.#attempted()
      this.#init.onPeer()
      for (const ns of this.#init.wanted) this.#init.onSync(ns)
      // Whoever was connected for a while starts over with a short pause.
      pause = Date.now() - began > MAX_RETRY_MS ? MIN_RETRY_MS : Math.min(pause * 2, MAX_RETRY_MS)
      if (!signal.aborted) await this.#pause(pause * (0.5 + Math.random() / 2), signal)
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await delay(ms, AbortSignal.any([signal, woken.signal]))
    this.#wake = undefined
  }

  async #connectAndSync(signal: AbortSignal): Promise<void> {
    const { replica, networkId, role, ledgerOf, wanted, onPeer, onSync } = this.#init
    const connection = await this.#dial(signal)
    const peer = connection.remotePeer.toString()
    this.#peer = peer
    this.#connection = connection
    const closed = new AbortController()
    const onClose = (): void => closed.abort()
    connection.addEventListener('close', onClose, { once: true })
    const session = new Session({
      replica,
      role,
      ledger: ledgerOf(peer),
      openExchange: (abort) => openExchange(connection, syncProtocol(networkId), abort),
      now: Date.now,
      delay,
      onChange: (ns) => onSync(ns),
      onStart: () => {
        this.#session = session
        onPeer()
        this.#attempted()
      },
    })
    for (const ns of wanted) session.want(ns)
    try {
      await session.run(AbortSignal.any([signal, closed.signal]))
    } finally {
      connection.removeEventListener('close', onClose)
      // A session that failed on a living connection begins again on a new one.
      await connection
        .close({ signal: AbortSignal.timeout(1000) })
        .catch((error: unknown) => connection.abort(error instanceof Error ? error : new Error('failed')))
    }
    if (closed.signal.aborted) throw new DocstoreError('connection-lost', `The connection to the relay at ${this.origin} was lost`)
  }

  async #dial(signal: AbortSignal): Promise<Connection> {
    const { libp2p, replica, networkId } = this.#init
    const limited = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
    const key = ADDRESSES + this.origin
    let addresses: readonly string[]
    try {
      const wellKnown = await fetchWellKnown(this.origin, limited)
      if (wellKnown.network.id !== networkId) {
        throw new DocstoreError(
          'other-network',
          `The relay at ${this.origin} is in the network "${wellKnown.network.descriptor.name}" now, not in ours`,
        )
      }
      addresses = wellKnown.addresses
      await replica.setMeta(key, utf8(JSON.stringify(addresses)))
    } catch (error) {
      if (error instanceof DocstoreError && error.code === 'other-network') throw error
      const stored = await replica.getMeta(key)
      const text = stored && fromUtf8(stored)
      if (text === undefined) throw error
      addresses = JSON.parse(text) as readonly string[]
    }
    if (addresses.length === 0) throw new DocstoreError('no-address', `The relay at ${this.origin} has no address that peers could dial`)
    try {
      return await libp2p.dial(addresses.flatMap(readMultiaddr), { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
    } catch (cause) {
      throw new DocstoreError(
        'relay-unreachable',
        `The relay at ${this.origin} does not answer. Check that it runs, and that no firewall is in between`,
        { cause },
      )
    }
  }
}

/** By what a connection runs. */
export function viaOf(connection: Connection): Via {
  const address = connection.remoteAddr.toString()
  if (address.includes('/webrtc-direct')) return 'webrtc-direct'
  if (address.includes('/webrtc')) return 'webrtc'
  if (address.includes('/ws')) return 'websocket'
  return address.includes('/tcp/') ? 'tcp' : 'other'
}

/** The address, or nothing where it is none: one that we cannot read must not keep us from the others. */
function readMultiaddr(text: string): Multiaddr[] {
  try {
    return [multiaddr(text)]
  } catch {
    return []
  }
}
