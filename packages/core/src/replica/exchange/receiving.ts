import { decodeBatch } from '../../model/batch.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { Acceptance, AcceptResult, ReplicaReceiving } from '../types.ts'
import { commitOr } from '../writing/commit-or.ts'
import type { Fitted } from '../writing/full-store.ts'
import { judgeBatch } from './accept.ts'

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

  async accept(id: string, batchBytes: Uint8Array): Promise<AcceptResult | { refused: Refusal }> {
    const { storage, network, latest, news } = this.#ground
    const open = this.#namespaces.get(id)
    if (open === undefined) return { refused: 'wrong-namespace' }
    const batch = decodeBatch(batchBytes)
    if (!batch.ok) return { refused: batch.reason }
    const rules = {
      scope: open.scope,
      owner: open.genesis.genesis.owner,
      maxContentBytes: network.descriptor.limits.content,
      latest: latest(),
      aside: this.#aside,
    }
    const judged = await judgeBatch(batch.value, rules)
    const competitors = judged.filter((one) => typeof one !== 'string')
    const { seals } = batch.value
    if (competitors.some(({ document }) => document !== undefined)) await storage.readyForEdits()
    const outcomes = await commitOr<readonly Fitted[], readonly Fitted[]>(
      () => storage.commit(open.ns, competitors, { seals }),
      async () => (await import('../writing/full-store.ts')).commitWhatFits(storage, open.ns, competitors, seals),
    )
    const ranges = news.tellOf(
      open.id,
      outcomes.filter((outcome) => outcome !== 'no-room'),
    )
    let next = 0
    const results = judged.map((one): Acceptance => {
      if (typeof one === 'string') return one
      const outcome = outcomes[next++]
      if (outcome === 'no-room') return 'quota'
      return outcome !== undefined ? 'stored' : one.isSame ? 'same' : 'superseded'
    })
    return { results, ranges }
  }
}
