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
/** Peers about which something is remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 256

/** How it stands with a peer to which there is to be a direct connection. */
export type DirectState = 'open' | 'trying' | 'failed'

/** A peer that was found, and the attempts to reach it. */
interface Attempts {
  relay: Connection
  failures: number
  /** When it may be dialled next. */
  due: number
  isDialling: boolean
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

  /** How it stands with the peers that were found. */
  get states(): ReadonlyMap<string, { readonly state: DirectState; readonly error: string | undefined }> {
    const states = new Map<string, { state: DirectState; error: string | undefined }>()
    for (const [peer, { isDialling, error }] of this.#attempts) {
      if (this.#direct(peer)) states.set(peer, { state: 'open', error: undefined })
      else if (isDialling) states.set(peer, { state: 'trying', error })
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
      await this.#ask(isRound)
      this.#dialDue()
      const next = Math.min(lastRound + ROUND_MS, ...[...this.#attempts].filter(([peer]) => !this.#connected(peer)).map(([, { due }]) => due))
      const pause = Math.max(next - this.#now(), YIELD_MS) * (1 + this.#random() / 10)
      await delay(pause, AbortSignal.any([signal, this.#wake.signal]))
    }
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
      for (const peer of await this.#init.find(relay, ns, signal)) this.#found(peer, relay)
      return true
    } catch {
      // The relay went away or does not know how: the next round asks again, and documents come through it or others meanwhile.
      return false
    }
  }

  #found(peer: string, relay: Connection): void {
    const own = this.#init.libp2p.peerId.toString()
    if (peer === own || this.#init.relays().some(({ remotePeer }) => remotePeer.toString() === peer)) return
    const known = this.#attempts.get(peer)
    if (known !== undefined) {
      known.relay = relay
      return
    }
    if (!isPeerId(peer) || !this.#makeRoom()) return
    const due = this.#now() + (own < peer ? 0 : YIELD_MS)
    this.#attempts.set(peer, { relay, failures: 0, due, isDialling: false, error: undefined })
  }

  /** Whoever could not be reached gives way first; who is connected stays. */
  #makeRoom(): boolean {
    if (this.#attempts.size < MAX_REMEMBERED) return true
    const spare = [...this.#attempts].filter(([peer, { isDialling }]) => !isDialling && !this.#connected(peer))
    const [victim] = spare.sort(([, a], [, b]) => b.failures - a.failures)[0] ?? []
    return victim !== undefined && this.#attempts.delete(victim)
  }

  #dialDue(): void {
    const due = [...this.#attempts].filter(([peer, { due: at, isDialling }]) => at <= this.#now() && !isDialling && !this.#connected(peer))
    // Everyone prefers others, so that many peers do not all crowd around the same few.
    for (const [peer, attempts] of shuffled(due, this.#random)) {
      if (this.#dials.size >= MAX_DIALS || this.#openCount() + this.#dials.size >= MAX_DIRECT) return
      if (attempts.relay.status !== 'open') {
        this.#attempts.delete(peer)
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
      attempts.failures = 0
      attempts.error = undefined
      attempts.due = this.#now() + MIN_PAUSE_MS
    } catch (error) {
      attempts.error = errorMessage(error)
      const pause = Math.min(MIN_PAUSE_MS * 2 ** attempts.failures++, MAX_PAUSE_MS)
      attempts.due = this.#now() + pause * (0.75 + this.#random() / 2)
    } finally {
      attempts.isDialling = false
      this.#closeRelayed(peer)
      onChange()
    }
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
