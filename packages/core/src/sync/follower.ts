import { DocstoreError } from '../errors.ts'
import type { Channel } from './channel.ts'
import { FOLLOW_JOINING_MS, FOLLOW_SETTLING_MS, FOLLOW_WAIT_MS, MAX_FOLLOWED } from './limits.ts'
import type { Followed, NamespaceNews } from './messages.ts'
import type { Parts } from '../sets/parts.ts'
import { Wake } from './wake.ts'

/** What a follower needs of its session. */
export interface FollowerInit {
  readonly openChannel: () => Promise<Channel>
  readonly theirEpoch: () => string
  /** Whether more namespaces will soon have to be followed. */
  readonly isSettling: () => boolean
  /** Whether one more namespace may wait for a moment until it is followed too. */
  readonly canJoinLater?: (() => boolean) | undefined
  /** Takes news; resolves with false where they were not taken, so that the namespace is followed no longer. */
  readonly onNews: (ns: string, batch: Uint8Array | null, seq: number) => Promise<boolean>
}

/** Waits for news of all compared namespaces, on a channel of its own. */
export class Follower {
  readonly #init: FollowerInit
  /** Position in the peer's local order per namespace. */
  readonly #positions = new Map<string, number>()
  /** Of which parts news are asked for, where not of all. */
  readonly #parts = new Map<string, Parts>()
  /** Namespaces of which the peer is still to be told of which parts. */
  readonly #otherParts = new Set<string>()
  /** The same as the peer knows it on this channel. */
  readonly #told = new Map<string, number>()
  /** Namespaces of which the peer is still to be told, on this channel. Only these are looked at when it is asked. */
  readonly #untold = new Set<string>()
  /** Namespaces of which the peer knows on this channel, and that are followed no longer. */
  readonly #left = new Set<string>()
  /** Those of them that its last news moved: they are told first, so that it need not send them again. */
  #moved: readonly string[] = []
  readonly #added = new Wake()
  #channel: Channel | undefined
  #isWaitingLong = false

  constructor(init: FollowerInit) {
    this.#init = init
  }

  /** Follows a namespace, or some parts of it, from this position, or from where it has come to already. */
  follow(ns: string, seq: number, parts?: Parts): void {
    const known = this.#positions.get(ns)
    const isSame = this.#parts.get(ns)?.join() === parts?.join()
    if (parts === undefined) this.#parts.delete(ns)
    else this.#parts.set(ns, parts)
    if (!isSame) {
      this.#otherParts.add(ns)
      // What came of former parts says nothing of what there is of these.
      this.#positions.delete(ns)
    }
    this.#move(ns, seq)
    if (known !== undefined && isSame) return
    this.#added.ring()
    // A request that waits for news does not know of this namespace: a new channel asks again, with it.
    if (this.#isWaitingLong) this.#dropChannel()
  }

  /** Follows a namespace no longer, which the peer is told with the next request. What comes of it until then is not taken. */
  leave(ns: string): void {
    this.#positions.delete(ns)
    this.#parts.delete(ns)
    this.#otherParts.delete(ns)
    this.#untold.delete(ns)
    if (this.#told.has(ns)) this.#left.add(ns)
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
    const wants: Followed[] = []
    for (const ns of [...this.#moved, ...this.#untold]) {
      if (wants.length === MAX_FOLLOWED) break
      const since = this.#positions.get(ns)
      const isNew = this.#otherParts.has(ns) || since !== this.#told.get(ns)
      if (this.#untold.delete(ns) && since !== undefined && isNew) wants.push({ ns, since, ...this.#partsFor(ns) })
    }
    this.#moved = []
    // A channel cannot be told to leave a namespace: from the last position there is, there are no news of it.
    for (const ns of this.#left) {
      if (wants.length === MAX_FOLLOWED) break
      this.#left.delete(ns)
      wants.push({ ns, since: Number.MAX_SAFE_INTEGER })
    }
    const isSettling = this.#init.isSettling()
    const wait =
      wants.length === MAX_FOLLOWED ? 0 : isSettling ? FOLLOW_SETTLING_MS : this.#init.canJoinLater?.() === true ? FOLLOW_JOINING_MS : FOLLOW_WAIT_MS
    this.#isWaitingLong = wait === FOLLOW_WAIT_MS
    try {
      const answer = await channel.ask({ t: 'follow', epoch: this.#init.theirEpoch(), wants, wait }, 'news', 'idle')
      this.#isWaitingLong = false
      if (channel !== this.#channel) return
      for (const { ns, since, parts } of wants) {
        if (parts?.join() === this.#parts.get(ns)?.join()) this.#otherParts.delete(ns)
        if (since === Number.MAX_SAFE_INTEGER) this.#told.delete(ns)
        else this.#told.set(ns, since)
      }
      if (answer.t === 'news') await this.#take(channel, [answer, ...(answer.also ?? [])])
    } catch (error) {
      // A channel that was dropped on purpose is no failure.
      if (!signal.aborted && channel === this.#channel) throw error
    } finally {
      this.#isWaitingLong = false
    }
  }

  async #take(channel: Channel, all: readonly NamespaceNews[]): Promise<void> {
    // Compared with what the peer was told: meanwhile a comparison can have gone further.
    const isAsked = ({ ns, seq }: NamespaceNews): boolean => seq > (this.#told.get(ns) ?? Number.POSITIVE_INFINITY)
    const isTwice = new Set(all.map(({ ns }) => ns)).size < all.length
    if (isTwice || !all.every(isAsked)) throw new DocstoreError('protocol', 'The peer answered what was not asked')
    this.#moved = all.map(({ ns }) => ns)
    for (const { ns, seq, batch } of all) {
      // Meanwhile the session can have ended, or another namespace have asked for a new channel. What was not taken comes again.
      if (channel !== this.#channel) return
      // These are of the parts of before.
      if (this.#otherParts.has(ns)) continue
      if (await this.#init.onNews(ns, batch, seq)) this.#move(ns, seq)
      else this.leave(ns)
    }
  }

  #partsFor(ns: string): Pick<Followed, 'parts'> {
    const parts = this.#parts.get(ns)
    return parts === undefined ? {} : { parts }
  }

  #move(ns: string, seq: number): void {
    this.#left.delete(ns)
    this.#positions.set(ns, Math.max(seq, this.#positions.get(ns) ?? 0))
    this.#untold.add(ns)
  }

  async #open(signal: AbortSignal): Promise<Channel | undefined> {
    try {
      this.#channel = await this.#init.openChannel()
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return this.#channel
  }

  #dropChannel(): void {
    const channel = this.#channel
    this.#channel = undefined
    this.#told.clear()
    this.#left.clear()
    for (const ns of this.#positions.keys()) this.#untold.add(ns)
    channel?.close()
  }
}
