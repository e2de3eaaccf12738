import type { Violation } from '@p2p-docstore/core'

/** What a peer can do that no peer of ours does; stable names, for logs and metrics. */
export type Misdeed = Violation | 'forged-entries' | 'forged-block' | 'slow-frame' | 'too-many-streams' | 'too-many-connections'

/** What each costs, in points. What a bad line can cause as well costs less. */
const POINTS: Readonly<Record<Misdeed, number>> = {
  malformed: 25,
  'too-large': 25,
  'no-hello': 25,
  'wrong-network': 25,
  'forged-records': 25,
  'forged-entries': 25,
  'forged-block': 25,
  'slow-frame': 10,
  'too-many-streams': 5,
  'too-many-connections': 5,
}

/** Points at which a peer is refused. */
const LIMIT = 100
/** Points that time forgives, per millisecond: the limit within ten minutes. */
const FORGIVEN_PER_MS: number = LIMIT / (10 * 60_000)
/** How long a peer is refused, milliseconds. */
const REFUSED_MS: number = 10 * 60_000
/** Peers about whom something is remembered; beyond, those who were quiet longest are forgotten. Some 200 bytes each. */
const MAX_OFFENDERS = 10_000

interface Offender {
  points: number
  notedAt: number
  refusedUntil: number
}

/** Called when a peer is refused from now on, with what it did last. */
export type RefusalListener = (peer: string, misdeed: Misdeed) => void

/**
 * Who misbehaves, and who is refused for it. Whoever meets a violation of the protocol notes it here; peer ids cost nothing, so this
 * saves work and keeps logs readable, and the limits of every stream and connection hold without it.
 */
export class Misconduct {
  readonly #offenders = new Map<string, Offender>()
  readonly #counts = new Map<Misdeed, number>()
  readonly #listeners = new Set<RefusalListener>()
  readonly #now: () => number
  #refused = 0

  constructor({ now = () => performance.now() }: { now?: () => number } = {}) {
    this.#now = now
  }

  /** Notes what a peer did. */
  note(peer: string, misdeed: Misdeed): void {
    this.#counts.set(misdeed, (this.#counts.get(misdeed) ?? 0) + 1)
    const now = this.#now()
    const { points, notedAt, refusedUntil } = this.#offenders.get(peer) ?? { points: 0, notedAt: now, refusedUntil: 0 }
    if (refusedUntil > now) return
    const total = Math.max(0, points - (now - notedAt) * FORGIVEN_PER_MS) + POINTS[misdeed]
    const isRefused = total >= LIMIT
    this.#remember(peer, { points: isRefused ? 0 : total, notedAt: now, refusedUntil: isRefused ? now + REFUSED_MS : 0 })
    if (isRefused) for (const listener of this.#listeners) listener(peer, misdeed)
  }

  /** Whether a connection of this peer is to be refused; counts it where it is. */
  refuses(peer: string): boolean {
    const isRefused = (this.#offenders.get(peer)?.refusedUntil ?? 0) > this.#now()
    if (isRefused) this.#refused++
    return isRefused
  }

  /** Connections that were refused. */
  get refused(): number {
    return this.#refused
  }

  /** How often each misdeed was noted. */
  get counts(): ReadonlyMap<Misdeed, number> {
    return this.#counts
  }

  /** Returns the way to stop. */
  onRefusal(listener: RefusalListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #remember(peer: string, offender: Offender): void {
    // To the end of the map, which begins with who was quiet longest.
    this.#offenders.delete(peer)
    this.#offenders.set(peer, offender)
    if (this.#offenders.size <= MAX_OFFENDERS) return
    for (const oldest of this.#offenders.keys()) {
      this.#offenders.delete(oldest)
      return
    }
  }
}
