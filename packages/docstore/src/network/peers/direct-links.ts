import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { errorMessage } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { shuffled } from '../shuffled.ts'
import { viaOf } from '../transport/index.ts'

/** Direct connections at once; beyond, nobody is dialled. Each takes memory and a place among the few that a browser gives. */
const MAX_DIRECT = 8
/** Dials at once. */
const MAX_DIALS = 2
/** How long finding a direct way may take, milliseconds: it takes less than one second, or never comes. */
const DIAL_TIMEOUT_MS = 15_000
/** How long a relay may take to say who keeps a namespace, milliseconds. */
const FIND_TIMEOUT_MS = 5000
/** Namespaces about which a relay is asked in one round. */
const MAX_ASKED = 32
/** How often the relays are asked anew, milliseconds: who comes later asks for itself, so this is for what went wrong. */
const ROUND_MS = 60_000
/** Of two peers that find each other at the same time one waits so long for the other's dial, milliseconds. */
const YIELD_MS = 500
/** First and longest pause after a dial that failed, milliseconds: a peer that cannot be reached is dialled about 60 times a day. */
const MIN_PAUSE_MS = 5000
const MAX_PAUSE_MS: number = 30 * 60_000
/** A connection that lasted so long was none that fails again and again, milliseconds. */
const STEADY_MS = 60_000
/** Peers about which something is remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 256

/** How it stands with a peer to which there is to be a direct connection. */
export type DirectState = 'open' | 'trying' | 'failed'

/** A peer that was found, and the attempts to reach it. */
interface Attempts {
  /** The relay that told of it last, and the namespace for which that was asked. */
  relay: Connection
  ns: string
  failures: number
  /** When it may be dialled next. */
  due: number
  isDialling: boolean
  /** Whether a connection was lost or none came about, and no relay has said since then that it is still there. */
  isUnsure: boolean
  /** Why the last attempt failed. */
  error: string | undefined
}

/** What direct connections are made of. */
export interface DirectLinksInit {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'peerId'>
  readonly wanted: ReadonlySet<string>
  /** Connections to the relays that can bring peers together. */
  readonly relays: () => readonly Connection[]
  /** Asks a relay which of the peers connected there keep a namespace. */
  readonly find: (relay: Connection, ns: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Called when the state of a peer has changed. */
  readonly onChange: () => void
  readonly now?: () => number
  readonly random?: () => number
}

/**
 * Direct connections between browsers that keep the same namespaces, over WebRTC. The relays say who is there and carry the few messages
 * that it takes; documents flow through them meanwhile, and directly from then on, whatever becomes of the relays.
 */
export class DirectLinks {
  readonly #init: DirectLinksInit
  readonly #now: () => number
  readonly #random: () => number
  readonly #ended = new AbortController()
  readonly #attempts = new Map<string, Attempts>()
  readonly #asked = new WeakMap<Connection, Set<string>>()
  readonly #dials = new Set<Promise<void>>()
  #wake = new AbortController()
  #running: Promise<void> | undefined

  constructor(init: DirectLinksInit) {
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
    this.#random = init.random ?? Math.random
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.look()
    await Promise.all([this.#running, ...this.#dials])
  }

  /** Something has changed, a relay or a namespace: what is due is done now. */
  look(): void {
    this.#wake.abort()
  }

  /** The machine has another network, perhaps: what failed is tried once more. */
  wake(): void {
    for (const attempts of this.#attempts.values()) attempts.due = 0
    this.look()
  }

  /**
   * A connection has ended. Where it was the direct one to somebody who was found, a relay is soon asked whether that one is still there: who closed
   * his page is, at the relay, gone by then.
   */
  lost(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const attempts = this.#attempts.get(peer)
    if (attempts === undefined) return
    if (viaOf(connection) === 'webrtc' && !this.#direct(peer)) {
      const { open, close = Date.now() } = connection.timeline
      if (close - open >= STEADY_MS) attempts.failures = 0
      this.#pause(attempts)
      this.#init.onChange()
    }
    this.look()
  }

  /** How it stands with the peers that were found. */
  get states(): ReadonlyMap<string, { readonly state: DirectState; readonly error: string | undefined }> {
    const states = new Map<string, { state: DirectState; error: string | undefined }>()
    for (const [peer, { isDialling, isUnsure, error }] of this.#attempts) {
      if (this.#direct(peer)) states.set(peer, { state: 'open', error: undefined })
      else if (isDialling || (isUnsure && error === undefined)) states.set(peer, { state: 'trying', error })
      else if (error !== undefined) states.set(peer, { state: 'failed', error })
    }
    return states
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    let lastRound = -Infinity
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const isRound = this.#now() - lastRound >= ROUND_MS
      if (isRound) lastRound = this.#now()
      const unsure = this.#unsureAndDue()
      for (const [, { ns }] of unsure) this.#askAgain(ns)
      await this.#ask(isRound)
      this.#forget(unsure)
      this.#dialDue()
      const next = Math.min(lastRound + ROUND_MS, ...[...this.#attempts].filter(([peer]) => !this.#connected(peer)).map(([, { due }]) => due))
      const pause = Math.max(next - this.#now(), YIELD_MS) * (1 + this.#random() / 10)
      await delay(pause, AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  /** Peers that may have left, and of which it is time to know. */
  #unsureAndDue(): readonly (readonly [string, Attempts])[] {
    return [...this.#attempts].filter(([peer, { isUnsure, due }]) => isUnsure && due <= this.#now() && !this.#connected(peer))
  }

  /** Whom no relay knows any more has left. Those who were found may have been dialled since, and have failed once more. */
  #forget(asked: readonly (readonly [string, Attempts])[]): void {
    const gone = asked.filter(([, { isUnsure, due }]) => isUnsure && due <= this.#now())
    for (const [peer] of gone) this.#attempts.delete(peer)
    if (gone.length > 0) this.#init.onChange()
  }

  #askAgain(ns: string): void {
    for (const relay of this.#init.relays()) this.#asked.get(relay)?.delete(ns)
  }

  /** Asks the relays about namespaces that they were not asked about yet; in a round, about a few of all. */
  async #ask(isRound: boolean): Promise<void> {
    const { wanted, relays } = this.#init
    await Promise.all(
      relays().map(async (relay) => {
        const asked = this.#asked.get(relay) ?? new Set()
        this.#asked.set(relay, asked)
        if (isRound && asked.size >= wanted.size) asked.clear()
        for (const ns of [...wanted].filter((one) => !asked.has(one)).slice(0, MAX_ASKED)) {
          asked.add(ns)
          if (!(await this.#askAbout(relay, ns))) break
          this.#dialDue()
        }
      }),
    )
  }

  /** Whether the relay answered. */
  async #askAbout(relay: Connection, ns: string): Promise<boolean> {
    try {
      const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(FIND_TIMEOUT_MS)])
      for (const peer of await this.#init.find(relay, ns, signal)) this.#found(peer, relay, ns)
      return true
    } catch {
      // The relay went away or does not know how: the next round asks again, and documents come through it or others meanwhile.
      return false
    }
  }

  #found(peer: string, relay: Connection, ns: string): void {
    const own = this.#init.libp2p.peerId.toString()
    if (peer === own || this.#init.relays().some(({ remotePeer }) => remotePeer.toString() === peer)) return
    const known = this.#attempts.get(peer)
    const soon = this.#now() + (own < peer ? 0 : YIELD_MS)
    if (known !== undefined) {
      known.relay = relay
      known.ns = ns
      if (known.isUnsure && known.due <= this.#now()) {
        known.isUnsure = false
        known.due = soon
      }
      return
    }
    if (!isPeerId(peer) || !this.#makeRoom()) return
    this.#attempts.set(peer, { relay, ns, failures: 0, due: soon, isDialling: false, isUnsure: false, error: undefined })
  }

  /** Whoever could not be reached gives way first; who is connected stays. */
  #makeRoom(): boolean {
    if (this.#attempts.size < MAX_REMEMBERED) return true
    const spare = [...this.#attempts].filter(([peer, { isDialling }]) => !isDialling && !this.#connected(peer))
    const [victim] = spare.sort(([, a], [, b]) => b.failures - a.failures)[0] ?? []
    return victim !== undefined && this.#attempts.delete(victim)
  }

  #dialDue(): void {
    const isDue = ([peer, { due, isDialling, isUnsure }]: readonly [string, Attempts]): boolean =>
      due <= this.#now() && !isDialling && !isUnsure && !this.#connected(peer)
    const due = [...this.#attempts].filter(isDue)
    // Everyone prefers others, so that many peers do not all crowd around the same few.
    for (const [peer, attempts] of shuffled(due, this.#random)) {
      if (this.#dials.size >= MAX_DIALS || this.#openCount() + this.#dials.size >= MAX_DIRECT) return
      if (attempts.relay.status !== 'open') {
        this.#attempts.delete(peer)
        // Another relay may know of it too.
        this.#askAgain(attempts.ns)
        continue
      }
      const dial = this.#dial(peer, attempts)
      this.#dials.add(dial)
      void dial.finally(() => {
        this.#dials.delete(dial)
        this.look()
      })
    }
  }

  async #dial(peer: string, attempts: Attempts): Promise<void> {
    const { libp2p, onChange } = this.#init
    attempts.isDialling = true
    onChange()
    try {
      const address = multiaddr(`${attempts.relay.remoteAddr.toString()}/p2p-circuit/webrtc/p2p/${peer}`)
      await libp2p.dial(address, { signal: AbortSignal.any([this.#ended.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
      attempts.error = undefined
    } catch (error) {
      attempts.error = errorMessage(error)
      this.#pause(attempts)
    } finally {
      attempts.isDialling = false
      this.#closeRelayed(peer)
      onChange()
    }
  }

  /** Something has failed, once more: until it is tried again, more and more time passes, and a relay has to know of it then. */
  #pause(attempts: Attempts): void {
    attempts.isUnsure = true
    const pause = Math.min(MIN_PAUSE_MS * 2 ** attempts.failures++, MAX_PAUSE_MS)
    attempts.due = this.#now() + pause * (0.75 + this.#random() / 2)
  }

  /** What only helped to find the direct way is not needed any more, and where it failed, the next attempt begins with a new one. */
  #closeRelayed(peer: string): void {
    for (const connection of this.#connections(peer)) {
      if (connection.limits === undefined) continue
      connection.close().catch((error: unknown) => connection.abort(error instanceof Error ? error : new Error('failed')))
    }
  }

  #connections(peer: string): readonly Connection[] {
    return this.#init.libp2p.getConnections().filter(({ remotePeer, status }) => remotePeer.toString() === peer && status === 'open')
  }

  /** A relayed connection is one on which the other side looks for a direct way just now. */
  #connected(peer: string): boolean {
    return this.#connections(peer).length > 0
  }

  #direct(peer: string): boolean {
    return this.#connections(peer).some(({ limits }) => limits === undefined)
  }

  #openCount(): number {
    return this.#init.libp2p.getConnections().filter((connection) => viaOf(connection) === 'webrtc').length
  }
}

/** Answers come from a relay, which can say anything. */
function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text
  } catch {
    return false
  }
}
