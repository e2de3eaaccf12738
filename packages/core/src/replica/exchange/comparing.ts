import type { Refusal } from '../../model/verdict.ts'
import type { Parts } from '../../sets/parts.ts'
import type { Difference } from '../../sets/reconcile.ts'
import type { Namespaces } from '../namespaces.ts'
import { summaryOf } from '../summary.ts'
import type { ReplicaComparing, Summary } from '../types.ts'
import type { Reconciler, ReconcilerInit } from './reconciler.ts'

/** Finds out where two peers differ: first by what all records of a namespace add up to, then by questions and answers. */
export class Comparing implements ReplicaComparing {
  readonly #init: ReconcilerInit
  readonly #namespaces: Namespaces
  #reconciler: Promise<Reconciler> | undefined

  constructor(init: ReconcilerInit, namespaces: Namespaces) {
    this.#init = init
    this.#namespaces = namespaces
  }

  async summary(id: string, parts?: Parts): Promise<Summary> {
    const { ns } = this.#namespaces.open(id)
    const total = await this.#init.storage.total(ns)
    return summaryOf(parts === undefined ? total : { ...total, ...(await this.printOf(ns, parts)) })
  }

  /** What the records in some parts of a namespace, by the storage's number, add up to. */
  async printOf(ns: number, parts: Parts): ReturnType<Reconciler['printOf']> {
    return (await this.#loaded()).printOf(ns, parts)
  }

  async lastSeq(id: string): Promise<number> {
    const open = this.#namespaces.get(id)
    return open === undefined ? 0 : this.#init.storage.lastSeq(open.ns)
  }

  async checkSummaries(): Promise<readonly string[]> {
    const wrong: string[] = []
    const reconciler = await this.#loaded()
    for (const { id, ns } of this.#namespaces.all()) if (!(await reconciler.checkSummary(ns))) wrong.push(id)
    return wrong
  }

  async firstQuestion(id: string, parts?: Parts): Promise<Uint8Array> {
    const { ns } = this.#namespaces.open(id)
    return (await this.#loaded()).firstQuestion(ns, parts)
  }

  async auditQuestion(id: string): Promise<Uint8Array | undefined> {
    const { ns } = this.#namespaces.open(id)
    return (await this.#loaded()).auditQuestion(ns)
  }

  async answer(id: string, question: Uint8Array): Promise<Uint8Array | { refused: Refusal }> {
    const { ns } = this.#namespaces.open(id)
    const answered = await (await this.#loaded()).answer(ns, question)
    return answered.ok ? answered.value : { refused: answered.reason }
  }

  async compareReply(id: string, question: Uint8Array, reply: Uint8Array): Promise<Difference | { refused: Refusal }> {
    const { ns } = this.#namespaces.open(id)
    const compared = await (await this.#loaded()).compareReply(ns, question, reply)
    return compared.ok ? compared.value : { refused: compared.reason }
  }

  /** Records of a namespace were removed, which positions do not show. */
  async removed(ns: number): Promise<void> {
    ;(await this.#reconciler)?.forget(ns)
  }

  /** What compares sets, loaded when it is first needed: many a tab is closed before that. */
  async #loaded(): Promise<Reconciler> {
    this.#reconciler ??= import('./reconciler.ts').then(({ Reconciler }) => new Reconciler(this.#init))
    try {
      return await this.#reconciler
    } catch (error) {
      // Perhaps its file can be read the next time.
      this.#reconciler = undefined
      throw error
    }
  }
}
