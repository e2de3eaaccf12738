import { MAX_FUTURE_MS, type PeerDescriptor } from '@p2p-docstore/core'

/** How soon after a change of its addresses a peer tells others, and how often at most, milliseconds: changes come in bursts. */
const SETTLE_MS = 1000
const MIN_INTERVAL_MS = 5000
/** How often at most because of its links to others, milliseconds. */
const LINKS_INTERVAL_MS = 15_000

/** What a peer says of itself each time. */
export type SelfDescription = Omit<PeerDescriptor, 'v' | 't' | 'net' | 'by' | 'at' | 'expires'>

/** What announcing takes. */
export interface AnnouncerInit {
  /** What there is to say now. */
  readonly describe: () => SelfDescription
  /** Signs it and tells others. Must not throw. */
  readonly announce: (description: SelfDescription & { readonly at: number; readonly expires: number }) => void
  readonly lifeMs: number
  /** How often it is said again, milliseconds, at least; after a third of its life in any case. */
  readonly refreshMs?: number
  readonly now?: () => number
}

/** Tells others who and where this peer is: again after a third of the time that it holds, and sooner where it has changed. */
export class Announcer {
  readonly #init: AnnouncerInit
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #saidAt = 0
  #said: string | undefined
  #isStopped = false

  constructor(init: AnnouncerInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  /** Announces for the first time. */
  start(): void {
    this.#announce()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** Whoever runs this peer says more of it, which is rare: it is told at once. */
  describedAnew(): void {
    if (!this.#isStopped) this.#announce()
  }

  /** Where this peer is reached has changed. */
  changed(): void {
    this.#planAfter(MIN_INTERVAL_MS)
  }

  /** With whom it is connected has changed. */
  linksChanged(): void {
    this.#planAfter(LINKS_INTERVAL_MS)
  }

  /** The last time may lie ahead, where the clock was put back. */
  #planAfter(intervalMs: number): void {
    const now = this.#now()
    this.#plan(Math.max(now + SETTLE_MS, Math.min(this.#saidAt, now) + intervalMs))
  }

  #plan(at: number): void {
    if (this.#isStopped || at >= this.#dueAt) return
    clearTimeout(this.#timer)
    this.#dueAt = at
    this.#timer = setTimeout(() => this.#announce(), Math.max(0, at - this.#now()))
  }

  #announce(): void {
    const now = this.#now()
    const description = this.#init.describe()
    const said = JSON.stringify(description, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value))
    const refreshMs = Math.min(this.#init.lifeMs / 3, this.#init.refreshMs ?? Number.POSITIVE_INFINITY)
    if (said !== this.#said || now - this.#saidAt >= refreshMs || now < this.#saidAt) {
      // Later than the last one, or nobody would believe it; but one of a clock that was far ahead was believed by nobody.
      const at = this.#saidAt > now + MAX_FUTURE_MS ? now : Math.max(now, this.#saidAt + 1)
      this.#said = said
      this.#saidAt = at
      this.#init.announce({ ...description, at, expires: at + this.#init.lifeMs })
    }
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#plan(Math.min(this.#saidAt, now) + refreshMs)
  }
}
