import { fromUtf8, utf8 } from '../../model/bytes.ts'
import { msFromTime, timeFromMs } from '../../model/clock.ts'
import type { ReplicaGround } from '../ground.ts'
import { FORGET_PAGE, FORGET_STEP_MS, MAX_BELIEVED_GAP_MS, MAX_DOUBT_MS, TOMBSTONE_LIFE_MS } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'

/** Key of what is known of the clock, and up to when tombstones have gone. */
const STATE = 'forgetting'

/** Unix milliseconds, all of them. */
interface State {
  /** Up to when tombstones have gone. */
  readonly horizon: number
  /** The latest time that the clock is believed to have shown. */
  readonly trusted: number
  /** Since when the clock shows a time far beyond that; absent where it does not. */
  readonly doubted?: number
}

/** Who has to know of what goes. */
export interface ForgettingInit {
  readonly ground: ReplicaGround
  readonly namespaces: Namespaces
  /** Called when records of a namespace, by its number, were removed. */
  readonly onRemoved: (ns: number) => Promise<void>
}

/**
 * Lets tombstones go that were kept for long enough. All peers do that at the same times, some days apart, so that their sets are equal between
 * these. A clock that jumps ahead by more than machines are usually switched off for is believed only when it has gone on from there for a week.
 */
export class Forgetting {
  readonly #init: ForgettingInit
  #running: Promise<number> | undefined

  constructor(init: ForgettingInit) {
    this.#init = init
  }

  /** Lets go what is due; resolves with how many records went. Calls share a run. */
  look(isStopped: () => boolean = () => false): Promise<number> {
    this.#running ??= this.#look(isStopped).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #look(isStopped: () => boolean): Promise<number> {
    // Closed while this was loaded.
    if (isStopped()) return 0
    const { storage, pause } = this.#init.ground
    const before = await this.#state()
    const now = msFromTime(this.#init.ground.clock.wall())
    const state = believed(before, now)
    const horizon = horizonAt(Math.min(now, state.trusted))
    let removed = 0
    if (horizon > before.horizon) {
      for (const { ns } of this.#init.namespaces.all()) {
        let removedHere = 0
        for (let since: number | undefined = 0; since !== undefined; ) {
          if (isStopped()) return removed
          const page: { readonly next: number | undefined; readonly removed: number } = await storage.forgetDeleted(ns, {
            before: timeFromMs(horizon),
            since,
            limit: FORGET_PAGE,
          })
          since = page.next
          removedHere += page.removed
          await pause()
        }
        if (removedHere > 0) await this.#init.onRemoved(ns)
        removed += removedHere
      }
    }
    const next = { ...state, horizon: Math.max(before.horizon, horizon) }
    if (JSON.stringify(next) !== JSON.stringify(before)) await storage.setMeta(STATE, utf8(JSON.stringify(next)))
    return removed
  }

  /** Gives up records that somebody who is to be believed has forgotten, where they are as old as that. */
  async giveUp(id: string, seqs: readonly number[]): Promise<number> {
    const { ground, namespaces, onRemoved } = this.#init
    const { storage, news, clock } = ground
    const open = namespaces.get(id)
    // What of Nostr others do not have any more, they say why: a deletion comes, or a time is over here too.
    if (open === undefined || seqs.length === 0 || open.scope.write === 'nostr') return 0
    const collections = (await storage.collections(open.ns)).map(({ collection }) => collection)
    const now = msFromTime(clock.wall())
    const kept = await this.#restateMaps(open, seqs, timeFromMs(horizonAt(now)) + 1)
    const old = seqs.filter((seq) => !kept.has(seq))
    const removed = old.length === 0 ? 0 : await storage.giveUp(open.ns, old, timeFromMs(now - TOMBSTONE_LIFE_MS))
    if (removed === 0) return kept.size
    await onRemoved(open.ns)
    news.erased()
    news.tell({ namespace: id, from: 0, to: 0, collections })
    return removed + kept.size
  }

  /** A document of a map that is new here must not go with one that was deleted long ago. */
  async #restateMaps(open: OpenNamespace, seqs: readonly number[], latest: number): Promise<ReadonlySet<number>> {
    const hasMaps = Object.values(open.head.head.body.collections ?? {}).some(({ type }) => type === 'map')
    if (!hasMaps) return new Set()
    const { restateMapBases } = await import('./typed/map-bases.ts')
    return restateMapBases(this.#init.ground, open, seqs, latest)
  }

  async #state(): Promise<State> {
    const { storage, newest } = this.#init.ground
    const stored = await storage.getMeta(STATE)
    // What others accepted is no later than their clocks said.
    return stored === undefined ? { horizon: 0, trusted: msFromTime(newest.time) } : (JSON.parse(fromUtf8(stored) ?? '') as State)
  }
}

/** What is believed once the clock shows a time. */
function believed({ horizon, trusted, doubted }: State, now: number): State {
  if (now <= trusted + MAX_BELIEVED_GAP_MS) return { horizon, trusted: Math.max(trusted, now) }
  const since = doubted === undefined || now < doubted ? now : doubted
  return now - since >= MAX_DOUBT_MS ? { horizon, trusted: now } : { horizon, trusted, doubted: since }
}

/** Up to when tombstones have gone at a time: the same for all peers. */
function horizonAt(now: number): number {
  return Math.floor((now - TOMBSTONE_LIFE_MS) / FORGET_STEP_MS) * FORGET_STEP_MS
}
