import { toHex } from '../model/bytes.ts'
import type { Verdict } from '../model/verdict.ts'
import { answer, compareReply, type Difference, firstQuestion } from '../sets/reconcile.ts'
import type { Storage } from '../storage/storage.ts'
import type { Pause } from './slices.ts'
import { Trees } from './trees.ts'
import type { Summary } from './types.ts'

/** What two peers say about their sets to find what differs. Namespaces are the storage's numbers. */
export class Reconciler {
  readonly #storage: Storage
  readonly #trees: Trees

  constructor(storage: Storage, pause: Pause) {
    this.#storage = storage
    this.#trees = new Trees(storage, pause)
  }

  async summary(ns: number): Promise<Summary> {
    const { seq, count, fingerprint } = await this.#storage.total(ns)
    return { root: toHex(fingerprint), count, seq }
  }

  /** Whether the summary is that of the stored records. Where it is not, it is put right. */
  async checkSummary(ns: number): Promise<boolean> {
    let current = await this.#trees.rebuilt(ns)
    let summary = await this.summary(ns)
    // Something was written between the two.
    while (summary.seq !== current.seq) {
      current = await this.#trees.current(ns)
      summary = await this.summary(ns)
    }
    return summary.root === current.tree.root() || this.#storage.recount(ns)
  }

  async firstQuestion(ns: number): Promise<Uint8Array> {
    return firstQuestion((await this.#trees.current(ns)).tree)
  }

  async answer(ns: number, question: Uint8Array): Promise<Verdict<Uint8Array>> {
    return answer((await this.#trees.current(ns)).tree, question)
  }

  async compareReply(ns: number, reply: Uint8Array): Promise<Verdict<Difference>> {
    return compareReply((await this.#trees.current(ns)).tree, reply)
  }
}
