import { DocstoreError } from '../../errors.ts'
import { type Batch, decodeBatch } from '../../model/batch.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { Acceptance, AcceptResult, ReplicaReceiving } from '../types.ts'
import { commitOr } from '../writing/commit-or.ts'
import type { Fitted } from '../writing/full-store.ts'
import { type Competitor, judgeBatch } from './accept.ts'

const NONE: ReadonlyMap<number, Refusal> = new Map()

/** How often a batch is judged again because its namespace changed. */
const MAX_JUDGED_AGAIN = 8

/** Takes what other peers send: each record is judged by itself, then competes for its slot. */
export class Receiving implements ReplicaReceiving {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  /** Whether other threads may check signatures. */
  readonly #aside: boolean

  constructor(ground: ReplicaGround, namespaces: Namespaces, { aside }: { readonly aside: boolean }) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#aside = aside
  }

  async accept(
    id: string,
    batchBytes: Uint8Array,
    refused: ReadonlyMap<number, Refusal | 'quota'> = NONE,
  ): Promise<AcceptResult | { refused: Refusal }> {
    const { storage, news } = this.#ground
    let open = this.#namespaces.get(id)
    if (open === undefined) return { refused: 'wrong-namespace' }
    const batch = decodeBatch(batchBytes)
    if (!batch.ok) return { refused: batch.reason }
    // Where several may write a document, any of it may meet one that it had not seen.
    if (open.scope.write === 'anyone' || batch.value.records.some(({ path }) => path !== undefined)) await storage.readyForEdits()
    let judged = await this.#judge(open, batch.value)
    // By the head that wins when it is stored: another one can have come meanwhile, or the namespace have gone.
    for (let again = 0; this.#namespaces.get(id) !== open; again++) {
      open = this.#namespaces.get(id)
      if (open === undefined) return { refused: 'wrong-namespace' }
      if (again === MAX_JUDGED_AGAIN) throw new DocstoreError('busy', 'The namespace changes faster than records can be judged')
      judged = await this.#judge(open, batch.value)
    }
    const competitors = judged.filter((one, i): one is Competitor => typeof one !== 'string' && !refused.has(i))
    const { seals } = batch.value
    const { ns } = open
    const outcomes = await commitOr<readonly Fitted[], readonly Fitted[]>(
      () => storage.commit(ns, competitors, { seals }),
      async () => (await import('../writing/full-store.ts')).commitWhatFits(storage, ns, competitors, seals),
    )
    const ranges = news.tellOf(
      open.id,
      outcomes.filter((outcome) => outcome !== 'no-room'),
    )
    let next = 0
    const written = new Map<Uint8Array, { records: number; bytes: number }>()
    const results = judged.map((one, i): Acceptance => {
      if (typeof one === 'string') return one
      const veto = refused.get(i)
      if (veto !== undefined) return veto
      const outcome = outcomes[next++]
      if (outcome === 'no-room') return 'quota'
      if (outcome !== undefined) {
        const { by, content } = one.record
        const sum = written.get(by) ?? { records: 0, bytes: 0 }
        written.set(by, { records: sum.records + 1, bytes: sum.bytes + (content?.length ?? 0) })
      }
      return outcome !== undefined ? 'stored' : one.isSame ? 'same' : one.isForgotten ? 'forgotten' : 'superseded'
    })
    return { results, ranges, written: [...written].map(([by, sum]) => ({ by, ...sum })) }
  }

  async #judge(open: OpenNamespace, batch: Batch): Promise<readonly (Competitor | Refusal)[]> {
    const { scope, genesis, head } = open
    const { network, latest, rules, clock } = this.#ground
    const authors = batch.seals.map(({ by }) => by)
    const people = await this.#ground.people.of(open, authors)
    const logs = people?.logsOf(authors)
    const judged = await judgeBatch(batch, {
      scope,
      owner: genesis.genesis.owner,
      head: head.head.body,
      rules: await rules.of(head.head.body.collections),
      authority: await people?.authority(open, authors),
      maxContentBytes: network.descriptor.limits.content,
      latest: latest(),
      now: clock.wall(),
      aside: this.#aside,
    })
    if (people !== undefined) await people.need(open, new Set(judged.flatMap((one) => (typeof one === 'string' ? [] : one.record.by))))
    // One that the namespace did not need yet may have changed meanwhile, and nobody had this judged again for that.
    const isSame = people?.logsOf(authors).every((log, i) => log === logs?.[i]) ?? true
    return isSame ? judged : this.#judge(open, batch)
  }
}
