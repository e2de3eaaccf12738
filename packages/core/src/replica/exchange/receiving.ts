import { DocstoreError } from '../../errors.ts'
import { type Batch, decodeBatch } from '../../model/batch.ts'
import type { Refusal } from '../../model/verdict.ts'
import type { ReplicaGround } from '../ground.ts'
import type { Namespaces } from '../namespaces.ts'
import type { NostrEvents } from '../nostr/nostr-events.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { Acceptance, AcceptResult, ReplicaReceiving } from '../types.ts'
import { Slices } from '../slices.ts'
import { commitOr } from '../writing/commit-or.ts'
import type { Fitted } from '../writing/full-store.ts'
import { type Competitor, judgeBatch } from './accept.ts'

const NONE: ReadonlyMap<number, Refusal> = new Map()

/** Records of which a batch is stored at once, at least, where it has more: what others wait for has its turn between two parts. */
const PART_RECORDS = 128

/** How often a batch is judged again because its namespace changed. */
const MAX_JUDGED_AGAIN = 8

/**
 * Takes what other peers send: each record is judged by itself, then competes for its slot. Large batches in parts, so that one peer who brings much does not hold up
 * all others for as long.
 */
export class Receiving implements ReplicaReceiving {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  /** Whether other threads may check signatures. */
  readonly #aside: boolean
  readonly #nostr: () => Promise<NostrEvents>

  constructor(
    ground: ReplicaGround,
    namespaces: Namespaces,
    { aside, nostr }: { readonly aside: boolean; readonly nostr: () => Promise<NostrEvents> },
  ) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#aside = aside
    this.#nostr = nostr
  }

  async accept(
    id: string,
    batchBytes: Uint8Array,
    refused: ReadonlyMap<number, Refusal | 'quota'> = NONE,
  ): Promise<AcceptResult | { refused: Refusal }> {
    const { storage, news, pause } = this.#ground
    let open = this.#namespaces.get(id)
    if (open === undefined) return { refused: 'wrong-namespace' }
    const batch = decodeBatch(batchBytes)
    if (!batch.ok) return { refused: batch.reason }
    if (open.scope.write === 'nostr') return (await this.#nostr()).accept(id, batch.value, refused)
    // Where several may write a document, any of it may meet one that it had not seen.
    if (open.scope.write === 'anyone' || batch.value.records.some(({ path }) => path !== undefined)) await storage.readyForEdits()
    const { seals, records } = batch.value
    const slices = new Slices(pause)
    let judged = await this.#judge(open, batch.value, slices)
    const results: Acceptance[] = []
    const ranges: (readonly [from: number, to: number])[] = []
    const written = new Map<Uint8Array, { records: number; bytes: number }>()
    let again = 0
    while (results.length < records.length) {
      await slices.rest()
      // By the head that wins when it is stored: another one can have come meanwhile, or the namespace have gone.
      for (; this.#namespaces.get(id) !== open; again++) {
        open = this.#namespaces.get(id)
        if (open === undefined) return { refused: 'wrong-namespace' }
        if (again === MAX_JUDGED_AGAIN) throw new DocstoreError('busy', 'The namespace changes faster than records can be judged')
        judged = await this.#judge(open, batch.value, slices)
      }
      const from = results.length
      let end = endOfPart(records, from)
      const competitors = (): readonly Competitor[] =>
        judged.slice(from, end).filter((one, i): one is Competitor => typeof one !== 'string' && !refused.has(from + i))
      const { ns } = open
      const outcomes = await commitOr<readonly Fitted[], readonly Fitted[]>(
        () => storage.commit(ns, competitors(), { seals }),
        async () => {
          // What fits is found out once for all that is left.
          end = records.length
          return (await import('../writing/full-store.ts')).commitWhatFits(storage, ns, competitors(), seals)
        },
      )
      ranges.push(
        ...news.tellOf(
          open.id,
          outcomes.filter((outcome) => outcome !== 'no-room'),
        ),
      )
      let next = 0
      for (const [i, one] of judged.slice(from, end).entries()) {
        const veto = refused.get(from + i)
        const outcome = typeof one === 'string' || veto !== undefined ? undefined : outcomes[next++]
        if (typeof one !== 'string' && outcome !== undefined && outcome !== 'no-room') {
          const { by, content } = one.record
          const sum = written.get(by) ?? { records: 0, bytes: 0 }
          written.set(by, { records: sum.records + 1, bytes: sum.bytes + (content?.length ?? 0) })
        }
        results.push(typeof one === 'string' ? one : (veto ?? acceptanceOf(one, outcome)))
      }
    }
    return { results, ranges, written: [...written].map(([by, sum]) => ({ by, ...sum })) }
  }

  async #judge(open: OpenNamespace, batch: Batch, slices: Slices): Promise<readonly (Competitor | Refusal)[]> {
    const { scope, genesis, head } = open
    const { network, latest, rules, clock } = this.#ground
    const authors = batch.seals.map(({ by }) => by)
    const people = await this.#ground.people.of(open, authors)
    const logs = people?.logsOf(authors)
    const judged = await judgeBatch(batch, slices, {
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
    return isSame ? judged : this.#judge(open, batch, slices)
  }
}

/** Where the part of a batch ends that begins at a record: between two seals, each of which is stored once. */
function endOfPart(records: Batch['records'], from: number): number {
  let end = Math.min(from + PART_RECORDS, records.length)
  while (end < records.length && records[end]?.seal === records[end - 1]?.seal) end++
  return end
}

function acceptanceOf(one: Competitor, outcome: Fitted): Acceptance {
  if (outcome === 'no-room') return 'quota'
  return outcome !== undefined ? 'stored' : one.isSame ? 'same' : one.isForgotten ? 'forgotten' : 'superseded'
}
