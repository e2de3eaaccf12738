import type { Random } from '../../model/keys/random.ts'
import { accept, type Verdict } from '../../model/verdict.ts'
import { HashSum } from '../../sets/hash-sum.ts'
import { decodeQuestion, decodeReply } from '../../sets/ranges.ts'
import { spansOfParts } from '../../sets/part-spans.ts'
import { areAllParts, areNoParts, type Parts } from '../../sets/parts.ts'
import { answer, compareReply, type Difference, firstQuestion, printOfSpans } from '../../sets/reconcile.ts'
import type { Storage } from '../../storage/storage.ts'
import { Auditor, type AuditorInit } from './auditor.ts'
import { inSlices, type Pause } from '../slices.ts'
import { summaryOf } from '../summary.ts'
import type { GoneListener } from '../writing/commit-news.ts'
import { Trees } from './trees.ts'

/** What a reconciler works with. */
export interface ReconcilerInit extends AuditorInit {
  /** Calls back with versions that went though nothing took their slots. */
  readonly onGone: (listener: GoneListener) => void
}

/** What two peers say about their sets to find what differs. Namespaces are the storage's numbers. */
export class Reconciler {
  readonly #storage: Storage
  readonly #random: Random
  readonly #pause: Pause
  readonly #trees: Trees
  readonly #auditor: Auditor

  constructor(init: ReconcilerInit) {
    this.#storage = init.storage
    this.#random = init.random
    this.#pause = init.pause
    this.#trees = new Trees(init.storage, init.pause)
    init.onGone((ns, gone) => this.#trees.forgetVersions(ns, gone))
    this.#auditor = new Auditor(init)
  }

  /** Whether the summary is that of the stored records. Where it is not, it is put right. */
  async checkSummary(ns: number): Promise<boolean> {
    let before = await this.#storage.lastSeq(ns)
    let current = await this.#trees.rebuilt(ns)
    let summary = summaryOf(await this.#storage.total(ns))
    // Something was written between the two. A position without a record, as that of a new head, is one too.
    while (summary.seq !== before) {
      before = summary.seq
      current = await this.#trees.current(ns)
      summary = summaryOf(await this.#storage.total(ns))
    }
    return summary.root === current.tree.root() || this.#storage.recount(ns)
  }

  /** Records were removed: what was read of the namespace is read anew. */
  forget(ns: number): void {
    this.#trees.forget(ns)
  }

  async firstQuestion(ns: number, parts?: Parts): Promise<Uint8Array> {
    const { tree } = await this.#trees.current(ns)
    return firstQuestion(tree, this.#random.next, parts && spansOfParts(parts))
  }

  /** What the records in some parts add up to, and the last position that this covers. */
  async printOf(ns: number, parts: Parts): Promise<{ readonly fingerprint: Uint8Array; readonly count: number; readonly seq: number }> {
    const total = await this.#storage.total(ns)
    // What is asked of each namespace that is not split, or before its head is known, needs no tree.
    if (areAllParts(parts)) return total
    if (areNoParts(parts)) return { fingerprint: new HashSum().fingerprint(), count: 0, seq: total.seq }
    const { seq } = total
    const { tree } = await this.#trees.current(ns)
    return { ...printOfSpans(tree, spansOfParts(parts)), seq }
  }

  auditQuestion(ns: number): Promise<Uint8Array | undefined> {
    return this.#auditor.firstQuestion(ns)
  }

  async answer(ns: number, questionBytes: Uint8Array): Promise<Verdict<Uint8Array>> {
    const question = decodeQuestion(questionBytes)
    if (!question.ok) return question
    const { salt } = question.value
    if (salt !== undefined) return accept(await this.#auditor.answer(ns, question.value, salt))
    const { tree } = await this.#trees.current(ns)
    return accept(await inSlices(answer(tree, question.value, this.#random.next), this.#pause))
  }

  async compareReply(ns: number, questionBytes: Uint8Array, replyBytes: Uint8Array): Promise<Verdict<Difference>> {
    const question = decodeQuestion(questionBytes)
    if (!question.ok) return question
    const reply = decodeReply(replyBytes, question.value)
    if (!reply.ok) return reply
    const { salt } = question.value
    if (salt !== undefined) return accept(await this.#auditor.compareReply(ns, question.value, salt, reply.value))
    const { tree } = await this.#trees.current(ns)
    return accept(await inSlices(compareReply(tree, question.value, reply.value, this.#random.next), this.#pause))
  }
}
