import type { Connection } from '@libp2p/interface'
import {
  authorName,
  decodeBatch,
  DocstoreError,
  errorCode,
  type Intake,
  principalId,
  type Refusal,
  type Replica,
  type Written,
} from '@p2p-docstore/core'
import { DEFAULT_LIMITS, type RelayLimits } from '../relay-limits.ts'
import { delay } from '../timing/index.ts'
import { hostOf, rangeOf } from '../transport/index.ts'
import { HostSlots } from './host-slots.ts'
import { TokenBuckets } from './token-buckets.ts'
import { askPolicy, offeredWrites } from './ask-policy.ts'

/** How many times as much may come from one address as from one peer there. */
const WRITES_PER_ADDRESS = 8
const NAMESPACES_PER_ADDRESS = 4
/** Longest that an answer waits before what is asked is refused instead, milliseconds: below what askers wait for. */
const MAX_PACE_MS = 5000
/** How often what identities use is counted anew, milliseconds: deletes and later versions give room back. */
const COUNT_MS: number = 30 * 60_000
const HOUR_S = 3600
/** Requests that are answered at once before that counts: those of so many seconds, as of a page that loads. */
const SECONDS_AT_ONCE = 2

/** What the limits of a relay work with. */
export interface RelayIntakeInit {
  readonly replica: Pick<Replica, 'usage' | 'namespaces'>
  readonly limits: RelayLimits
  /** Whose namespace begins with these bytes; `undefined` where they are no genesis. */
  readonly ownerOf: (genesis: Uint8Array) => Uint8Array | undefined
  /** Milliseconds that only go forward. */
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/** Why something was refused or had to wait, for the operator. */
export type LimitName = 'writes' | 'requests' | 'requestsPerAddress' | 'namespaces' | 'bytes' | 'deny' | 'policy'

/** What a relay takes from whom: one for all, that gives each connection an `Intake` of its own. */
export class RelayIntake {
  readonly #init: RelayIntakeInit
  readonly #limits: Required<Omit<RelayLimits, 'places' | 'onMet' | 'policy'>>
  readonly #writes: TokenBuckets
  readonly #writesOfHosts: TokenBuckets
  readonly #requests: TokenBuckets
  readonly #namespaces: TokenBuckets
  readonly #slots: HostSlots
  readonly #counts = new Map<LimitName, number>()
  /** Bytes that each principal has here, once they were counted. */
  #bytes: Promise<Map<string, number>> | undefined
  #owned: Promise<Map<string, number>> | undefined
  #countedAt = Number.NEGATIVE_INFINITY
  /** Principals that have used up what they may write at once, and those that have more here than they may. */
  readonly #busy = new Set<string>()
  readonly #over = new Set<string>()

  constructor(init: RelayIntakeInit) {
    const { allow = [], deny = [], trust = [] } = init.limits
    const limits = { ...DEFAULT_LIMITS, ...init.limits, allow: allow.map(bare), deny: deny.map(bare), trust: trust.map(bare) }
    const { writesPerSecond, writesAtOnce, requestsPerSecond, namespacesPerIdentity, requestsPerAddress } = limits
    this.#init = init
    this.#limits = limits
    const { now } = init
    this.#writes = new TokenBuckets({ perSecond: writesPerSecond, atOnce: writesAtOnce }, now)
    this.#writesOfHosts = new TokenBuckets({ perSecond: writesPerSecond * WRITES_PER_ADDRESS, atOnce: writesAtOnce * WRITES_PER_ADDRESS }, now)
    this.#requests = new TokenBuckets({ perSecond: requestsPerSecond, atOnce: SECONDS_AT_ONCE * requestsPerSecond }, now)
    this.#namespaces = new TokenBuckets({ perSecond: namespacesPerIdentity / HOUR_S, atOnce: namespacesPerIdentity }, now)
    this.#slots = new HostSlots(requestsPerAddress)
  }

  /** How often each limit was met. */
  get counts(): ReadonlyMap<LimitName, number> {
    return this.#counts
  }

  /** Looks at what comes over a connection. */
  of(connection: Connection): Intake {
    const peer = connection.remotePeer.toString()
    const address = connection.remoteAddr.getComponents()[0]?.value ?? ''
    // Behind a proxy, and through a relay, all have one address.
    const host = rangeOf(connection.remoteAddr) === 'loopback' || connection.limits !== undefined ? undefined : hostOf(address)
    const { allow, deny, trust } = this.#limits
    const isNamed = (list: readonly string[]): boolean =>
      list.includes(peer) || (host !== undefined && (list.includes(address) || list.includes(host)))
    const isTrusted = isNamed(trust)
    const isAllowed = allow.length === 0 || isNamed(allow)
    const isDenied = isNamed(deny)
    const mayBring = (by: string): boolean => !isDenied && !deny.includes(by) && (isAllowed || allow.includes(by))
    return {
      during: async (kind, signal, work) => {
        if (isTrusted) return work()
        if (kind === 'write' && isDenied) throw this.#denied()
        try {
          return await (host === undefined ? work() : this.#inPlace(host, work))
        } finally {
          if (kind === 'write') await this.#paceRequests(peer, signal)
        }
      },
      namespace: async (genesis) => {
        const owner = this.#init.ownerOf(genesis)
        // What is no genesis is refused where it is judged.
        if (owner === undefined) return
        if (!mayBring(bare(principalId(owner)))) throw this.#denied()
        if (isTrusted || trust.includes(bare(principalId(owner)))) return
        await this.#takeNamespace(owner, [peer, ...(host === undefined ? [] : [`host ${host}`])])
      },
      batch: async (ns, bytes, signal) => {
        if (!isTrusted) {
          await this.#paceWrites(this.#writes.waitMs(peer), signal)
          if (host !== undefined) await this.#paceWrites(this.#writesOfHosts.waitMs(host), signal)
        }
        return this.#judge({ ns, bytes, peer, address, mayBring, isTrusted, hasLists: isDenied || deny.length + allow.length > 0 }, signal)
      },
      stored: (written) => {
        const records = written.reduce((sum, one) => sum + one.records, 0)
        this.#writes.spend(peer, records)
        if (host !== undefined) this.#writesOfHosts.spend(host, records)
        this.#stored(written)
      },
    }
  }

  /** Which records of a batch are not to be stored. Authors are believed to be who they say: what is not signed by them is not stored either, and costs them nothing. */
  async #judge(
    { ns, bytes, peer, address, mayBring, isTrusted, hasLists }: Brought,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Refusal | 'quota'>> {
    const refused = new Map<number, Refusal | 'quota'>()
    const { policy } = this.#init.limits
    // Begins to count; nobody has to wait for that who is not above a limit.
    const counting = this.#usage()
    // Mostly nobody is above a limit, and the batch need not be read twice.
    if (policy === undefined && !hasLists && (isTrusted || this.#over.size + this.#busy.size === 0)) return refused
    const batch = decodeBatch(bytes)
    if (!batch.ok) return refused
    const used = await counting
    const { seals, records } = batch.value
    for (const { by } of seals) {
      const author = authorName(by)
      if (isTrusted || this.#limits.trust.includes(authorName(by))) continue
      await this.#paceWrites(this.#writes.waitMs(author), signal)
      if (this.#writes.waitMs(author) === 0) this.#busy.delete(author)
    }
    for (const [i, { seal, content }] of records.entries()) {
      const by = seals[seal]?.by
      if (by === undefined) continue
      if (!mayBring(authorName(by))) refused.set(i, 'not-allowed')
      else if (!isTrusted && content !== null && (used.get(authorName(by)) ?? 0) > this.#limits.bytesPerIdentity) refused.set(i, 'quota')
    }
    if ([...refused.values()].includes('quota')) this.#note('bytes')
    if ([...refused.values()].includes('not-allowed')) this.#note('deny')
    if (policy !== undefined) {
      const offered = { namespace: ns, peer, address, writes: offeredWrites(batch.value) }
      const vetoed = await askPolicy(policy, offered)
      for (const i of vetoed) if (i >= 0 && i < records.length) refused.set(i, 'not-allowed')
      if (vetoed.length > 0) this.#note('policy')
    }
    return refused
  }

  #stored(written: readonly Written[]): void {
    for (const { by, records, bytes } of written) {
      const author = authorName(by)
      this.#writes.spend(author, records)
      if (this.#writes.waitMs(author) > 0) this.#busy.add(author)
      this.#bytes?.then(
        (used) => this.#noteUse(used, author, bytes),
        () => undefined,
      )
    }
  }

  #noteUse(used: Map<string, number>, author: string, bytes: number): void {
    const sum = (used.get(author) ?? 0) + bytes
    used.set(author, sum)
    if (sum > this.#limits.bytesPerIdentity) this.#over.add(author)
  }

  /** What each principal has here: counted at first, and again now and then; in between, what comes is added. */
  async #usage(): Promise<ReadonlyMap<string, number>> {
    const { now } = this.#init
    if (this.#bytes === undefined || now() - this.#countedAt > COUNT_MS) {
      this.#countedAt = now()
      const before = this.#bytes
      const counting = this.#count()
      // Nobody waits for what is counted again.
      if (before === undefined) this.#bytes = counting
      else counting.then((used) => (this.#bytes = Promise.resolve(used)), this.#init.onError)
    }
    return this.#bytes ?? new Map()
  }

  async #count(): Promise<Map<string, number>> {
    const used = new Map<string, number>()
    try {
      for (const { by, bytes } of (await this.#init.replica.usage()) ?? []) used.set(authorName(by), (used.get(authorName(by)) ?? 0) + bytes)
    } catch (error) {
      this.#init.onError(error)
    }
    this.#over.clear()
    for (const [author, bytes] of used) if (bytes > this.#limits.bytesPerIdentity) this.#over.add(author)
    return used
  }

  async #takeNamespace(owner: Uint8Array, bringers: readonly string[]): Promise<void> {
    const { namespacesPerIdentity } = this.#limits
    const owned = await (this.#owned ??= this.#countOwned())
    const name = bare(principalId(owner))
    const count = owned.get(name) ?? 0
    if (count >= namespacesPerIdentity) {
      this.#note('namespaces')
      throw new DocstoreError('too-many-namespaces', `Here one identity may own ${namespacesPerIdentity} namespaces`, {
        details: { limit: 'namespacesPerIdentity', retryMs: HOUR_S * 1000 },
      })
    }
    for (const bringer of bringers) {
      const waitMs = this.#namespaces.waitMs(bringer)
      if (waitMs === 0) continue
      this.#note('namespaces')
      throw new DocstoreError(
        'too-many-namespaces',
        `From one place this relay takes ${namespacesPerIdentity} namespaces within an hour. Try again in ${Math.ceil(waitMs / 1000)} s`,
        {
          details: { limit: 'namespacesPerHour', retryMs: waitMs },
        },
      )
    }
    for (const bringer of bringers) this.#namespaces.spend(bringer, bringer.startsWith('host ') ? 1 / NAMESPACES_PER_ADDRESS : 1)
    owned.set(name, count + 1)
  }

  async #countOwned(): Promise<Map<string, number>> {
    const owned = new Map<string, number>()
    for (const { owner } of await this.#init.replica.namespaces()) owned.set(bare(owner), (owned.get(bare(owner)) ?? 0) + 1)
    return owned
  }

  /** Lets the answer wait, after the work, so that what was brought is seen at once; what comes meanwhile is brought together, which costs less. */
  async #paceRequests(peer: string, signal: AbortSignal): Promise<void> {
    this.#requests.spend(peer, 1)
    const waitMs = this.#requests.waitMs(peer)
    if (waitMs === 0) return
    this.#note('requests')
    await delay(Math.min(MAX_PACE_MS, waitMs), signal)
  }

  async #inPlace<T>(host: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#slots.take(host, work)
    } catch (error) {
      if (errorCode(error) === 'too-many-requests') this.#note('requestsPerAddress')
      throw error
    }
  }

  /** Lets a moment pass where little is owed; where it is more, says when to try again. */
  async #paceWrites(waitMs: number, signal: AbortSignal): Promise<void> {
    if (waitMs === 0) return
    this.#note('writes')
    if (waitMs <= MAX_PACE_MS) return delay(waitMs, signal)
    const { writesPerSecond } = this.#limits
    const message = `This relay takes ${writesPerSecond} records a second from one peer or identity. Try again in ${Math.ceil(waitMs / 1000)} s`
    throw new DocstoreError('too-fast', message, { details: { limit: 'writesPerSecond', retryMs: waitMs } })
  }

  #denied(): DocstoreError {
    this.#note('deny')
    return new DocstoreError('denied', 'Who runs this relay takes nothing from this peer or identity', { details: { limit: 'deny' } })
  }

  #note(limit: LimitName): void {
    this.#counts.set(limit, (this.#counts.get(limit) ?? 0) + 1)
    this.#init.limits.onMet?.(limit)
  }
}

/** A batch, and who brings it. */
interface Brought {
  readonly ns: string
  readonly bytes: Uint8Array
  readonly peer: string
  readonly address: string
  readonly mayBring: (by: string) => boolean
  readonly isTrusted: boolean
  readonly hasLists: boolean
}

/** What names somebody in lists and in `authorName`: of a `did:key` the part behind it. */
function bare(name: string): string {
  return name.replace(/^did:key:/, '')
}
