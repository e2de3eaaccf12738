import type { Write, WriteResult } from '../replica/types.ts'
import type { SeededRandom } from './random.ts'
import type { TestPeer } from './test-peer.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Longest way from one tab to the one that leads, virtual milliseconds. */
const MAX_WAY_MS = 20
/** Pause until a tab whose leader has gone looks for the next one. */
const RETRY_MS = 50

/**
 * One of the tabs that share a peer's data: its writes travel to the tab that leads. When that one closes before it has answered, nobody
 * knows whether it has written, so the write is repeated with the next leader.
 */
export class TestTab {
  readonly #peer: TestPeer
  readonly #time: VirtualTime
  readonly #random: SeededRandom

  constructor(peer: TestPeer, time: VirtualTime, random: SeededRandom) {
    this.#peer = peer
    this.#time = time
    this.#random = random
  }

  /** Writes through whichever tab leads. */
  async write(ns: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    for (;;) {
      const leader = this.#peer.life
      if (leader.aborted) await this.#time.delay(RETRY_MS)
      else {
        await this.#time.delay(this.#random.below(MAX_WAY_MS))
        const results = leader.aborted ? undefined : await this.#peer.replica.write(ns, collection, writes)
        await this.#time.delay(this.#random.below(MAX_WAY_MS))
        if (results !== undefined && !leader.aborted) return results
      }
    }
  }
}
