import { latestAt, msFromTime } from '../model/clock.ts'
import { MAX_FUTURE_MS } from '../model/limits.ts'

/** Chosen relays, and other peers, whose clock is remembered; of each the one that spoke longest ago gives way. */
const MAX_CLOCKS = 256

/** How far wall clock and running time may drift apart since a peer told its time until that no longer shows that a clock is wrong, milliseconds: a machine that slept. */
const MAX_DRIFT_MS = 30_000

/** How a relay's clock stands to ours. */
export interface RelayClock {
  readonly peer: string
  /** How far ours is ahead of it, milliseconds. */
  readonly aheadMs: number
}

/**
 * What the relays that greeted say about our clock. `right`: more than half of all, ours counted, agree with it. `wrong`: more than half agree
 * with each other and not with ours. `disputed`: ours and theirs disagree, and there is no majority. `unknown`: no relay has told its time.
 */
export interface ClockReport {
  readonly state: 'unknown' | 'right' | 'wrong' | 'disputed'
  /** How far ours is ahead of the relays that disagree with it, milliseconds; 0 where it is right or unknown. */
  readonly aheadMs: number
  /** All relays that told their time. */
  readonly relays: readonly RelayClock[]
  /** Those whose clock is wrong, as far as can be told. */
  readonly wrong: readonly string[]
}

/** What is known of the clock of one peer. */
export interface PeerClock {
  /** Whether it is that of a relay which this peer chose. */
  readonly isChosen: boolean
  /** Running time, milliseconds: goes on evenly whatever happens to the wall clock. */
  readonly elapsed: () => number
  /** Takes note of the hybrid time that a peer told, in answer to what was sent at this running time. */
  note(told: { readonly clock: number; readonly sentAt: number }): void
  /** Hybrid time beyond which the peer surely accepts nothing now; `undefined` while its clock is not known. */
  latest(): number | undefined
}

interface Sample {
  /** Their wall clock minus our running time, milliseconds. */
  readonly base: number
  /** Our wall clock minus our running time, then. */
  readonly ownBase: number
}

/** What the clocks depend on. */
export interface PeerClocksInit {
  /** Our wall clock, Unix milliseconds. */
  readonly now?: () => number
  /** Our running time, milliseconds. */
  readonly elapsed?: () => number
  /** Called whenever a relay has told its time. */
  readonly onTold?: () => void
}

/** The clocks of the peers that greeted this one, beside its own. They decide nothing about records; they tell people, and when own times may be mended. */
export class PeerClocks {
  readonly #now: () => number
  readonly #elapsed: () => number
  readonly #onTold: () => void
  /** Apart from each other: any number of strangers must not make those forgotten that count. */
  readonly #relays = new Map<string, Sample>()
  readonly #others = new Map<string, Sample>()

  constructor({ now = Date.now, elapsed = () => performance.now(), onTold = () => undefined }: PeerClocksInit = {}) {
    this.#now = now
    this.#elapsed = elapsed
    this.#onTold = onTold
  }

  /** The clock of a peer. With `counts` it is a relay that this peer chose: others could be made up by the dozen to outvote our clock. */
  of(peer: string, { counts = false }: { readonly counts?: boolean } = {}): PeerClock {
    const samples = counts ? this.#relays : this.#others
    return {
      isChosen: counts,
      elapsed: this.#elapsed,
      note: ({ clock, sentAt }) => {
        const elapsed = this.#elapsed()
        // It was told somewhen between question and answer.
        const base = msFromTime(clock) - (sentAt + elapsed) / 2
        samples.delete(peer)
        samples.set(peer, { base, ownBase: this.#now() - elapsed })
        if (samples.size > MAX_CLOCKS) samples.delete(samples.keys().next().value ?? peer)
        if (counts) this.#onTold()
      },
      latest: () => {
        const sample = samples.get(peer)
        return sample && latestAt(sample.base + this.#elapsed())
      },
    }
  }

  /** How our clock stands now, however it was set since the relays told theirs. */
  report(): ClockReport {
    const ownBase = this.#now() - this.#elapsed()
    const relays: RelayClock[] = []
    for (const [peer, sample] of this.#relays) {
      const aheadMs = Math.round(ownBase - sample.base)
      // The machine may have slept, which running time does not count: what agrees all the same is no chance, what does not says nothing.
      if (Math.abs(ownBase - sample.ownBase) > MAX_DRIFT_MS && !agrees(aheadMs)) continue
      relays.push({ peer, aheadMs })
    }
    return judgeClocks(relays)
  }
}

/** What relays' clocks say about ours. */
export function judgeClocks(relays: readonly RelayClock[]): ClockReport {
  if (relays.length === 0) return { state: 'unknown', aheadMs: 0, relays, wrong: [] }
  const votes = relays.length + 1
  const agreeing = relays.filter(({ aheadMs }) => agrees(aheadMs))
  const others = relays.filter(({ aheadMs }) => !agrees(aheadMs))
  if (2 * (agreeing.length + 1) > votes) return { state: 'right', aheadMs: 0, relays, wrong: others.map(({ peer }) => peer) }
  // The largest group of relays that agree with one of them.
  let group: readonly RelayClock[] = []
  for (const one of others) {
    const near = relays.filter(({ aheadMs }) => agrees(aheadMs - one.aheadMs))
    if (near.length > group.length) group = near
  }
  const aheadMs = group.toSorted((a, b) => a.aheadMs - b.aheadMs)[Math.floor(group.length / 2)]?.aheadMs ?? 0
  if (2 * group.length <= votes) return { state: 'disputed', aheadMs, relays, wrong: [] }
  return { state: 'wrong', aheadMs, relays, wrong: relays.filter((one) => !group.includes(one)).map(({ peer }) => peer) }
}

/** Whether two clocks are so close that neither side holds back what the other writes. */
function agrees(aheadMs: number): boolean {
  return Math.abs(aheadMs) <= MAX_FUTURE_MS
}
