import { DocstoreError } from '../errors.ts'
import type { Channel } from './channel.ts'
import { FOLLOW_SETTLING_MS, FOLLOW_WAIT_MS, MAX_FOLLOWED } from './limits.ts'
import { Wake } from './wake.ts'

/** What a follower needs of its session. */
export interface FollowerInit {
  readonly openChannel: () => Promise<Channel>
  readonly theirEpoch: () => string
  /** Whether more namespaces will soon have to be followed. */
  readonly isSettling: () => boolean
  /** Takes news; resolves with false where they were not taken, so that the namespace is followed no longer. */
  readonly onNews: (ns: string, batch: Uint8Array | null) => Promise<boolean>
}

/** Waits for news of all compared namespaces, on a channel of its own. */
export class Follower {
  readonly #init: FollowerInit
  /** Position in the peer's local order per namespace; those that have not had an answer for longest come first. */
  readonly #positions = new Map<string, number>()
  readonly #added = new Wake()
  #channel: Channel | undefined
  #isWaitingLong = false

  constructor(init: FollowerInit) {
    this.#init = init
  }

  /** Follows a namespace from this position, or from where it has come to already. */
  follow(ns: string, seq: number): void {
    const known = this.#positions.get(ns)
    this.#positions.set(ns, Math.max(seq, known ?? 0))
    if (known !== undefined) return
    this.#added.ring()
    // A request that waits for news does not know of this namespace: a new channel asks again, with it.
    if (this.#isWaitingLong) this.#dropChannel()
  }

  /** Runs until the signal aborts; rejects when the connection fails. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#added.ring()
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!signal.aborted) {
        if (this.#positions.size === 0) await this.#added.wait()
        else await this.#ask(signal)
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#dropChannel()
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const channel = this.#channel ?? (await this.#open(signal))
    if (channel === undefined) return
    const wants = [...this.#positions].slice(0, MAX_FOLLOWED).map(([ns, since]) => ({ ns, since }))
    const isSettling = this.#init.isSettling()
    // Those that have no room in this request have theirs in one of the next.
    const requests = Math.ceil(this.#positions.size / MAX_FOLLOWED)
    this.#isWaitingLong = !isSettling
    try {
      const wait = isSettling ? FOLLOW_SETTLING_MS : Math.floor(FOLLOW_WAIT_MS / requests)
      const answer = await channel.ask({ t: 'follow', epoch: this.#init.theirEpoch(), wants, wait }, 'news', 'idle')
      this.#isWaitingLong = false
      if (answer.t === 'idle') for (const { ns } of wants) this.#toTheBack(ns, 0)
      else {
        // Compared with what was asked: meanwhile a comparison can have gone further.
        const asked = wants.find(({ ns }) => ns === answer.ns)
        if (asked === undefined || answer.seq <= asked.since) throw new DocstoreError('protocol', 'The peer answered what was not asked')
        if (await this.#init.onNews(answer.ns, answer.batch)) this.#toTheBack(answer.ns, answer.seq)
        else this.#positions.delete(answer.ns)
      }
    } catch (error) {
      // A channel that was dropped on purpose is no failure.
      if (!signal.aborted && channel === this.#channel) throw error
    } finally {
      this.#isWaitingLong = false
    }
  }

  async #open(signal: AbortSignal): Promise<Channel | undefined> {
    try {
      this.#channel = await this.#init.openChannel()
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return this.#channel
  }

  #toTheBack(ns: string, seq: number): void {
    const position = Math.max(seq, this.#positions.get(ns) ?? 0)
    this.#positions.delete(ns)
    this.#positions.set(ns, position)
  }

  #dropChannel(): void {
    const channel = this.#channel
    this.#channel = undefined
    channel?.close()
  }
}
