import { SLOT_BYTES } from '../../model/record.ts'
import { areNoParts, isInParts, type Parts } from '../../sets/parts.ts'
import type { ReplicaGround } from '../ground.ts'
import { EXPORT_PAGE, MAX_LOOKED } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import { summaryOf } from '../summary.ts'
import type { OutgoingBatch, ReplicaSending, SentRecord } from '../types.ts'
import { BatchBuilder } from './outgoing.ts'
import { Sealing } from './sealing.ts'

/** Makes batches of sealed records for other peers. */
export class Sending implements ReplicaSending {
  readonly #ground: Pick<ReplicaGround, 'storage' | 'identity' | 'pause'>
  readonly #namespaces: Namespaces
  readonly #sealing: Sealing

  constructor(ground: ReplicaGround, namespaces: Namespaces) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#sealing = new Sealing(ground)
  }

  async batchSince(
    id: string,
    since: number,
    {
      maxBytes,
      skip = [],
      latest,
      parts,
    }: {
      maxBytes: number
      skip?: readonly (readonly [from: number, to: number])[]
      latest?: number | undefined
      parts?: Parts | undefined
    },
  ): Promise<OutgoingBatch> {
    const { storage, identity, pause } = this.#ground
    const { ns } = this.#namespaces.open(id)
    await this.#sealing.sealPending(ns)
    let looked = 0
    const builder = new BatchBuilder(storage, { maxBytes, own: identity.author, latest })
    const end = async (seq: number, more: boolean): Promise<OutgoingBatch> => {
      await this.#handOut(ns, builder)
      return { batch: builder.finish(), records: builder.records, sent: builder.sent, seq, more, looked }
    }
    let seq = since
    // It is followed for its head and logs alone.
    if (parts !== undefined && areNoParts(parts)) return end(Math.max(since, (await storage.total(ns)).seq), false)
    let sealedTo = 0
    let next = 0
    reading: for (;;) {
      let range = skip[next]
      while (range !== undefined && range[1] <= seq) range = skip[++next]
      if (range !== undefined && range[0] <= seq) {
        seq = range[1]
        continue
      }
      // What is passed over anyway is not even read, except within a page.
      const until = range?.[0] ?? Number.POSITIVE_INFINITY
      const records = await storage.recordsSince(ns, seq, EXPORT_PAGE)
      for (const record of records) {
        if (record.seq > until) {
          seq = until
          continue reading
        }
        const added = parts === undefined || isInParts(parts, record.slot) ? await builder.add(record) : 'added'
        if (added === 'full') return end(seq, true)
        // Written since the sealing above. Whatever has no seal even then stays here.
        if (added === 'unsealed' && record.seq > sealedTo) {
          sealedTo = record.seq
          await this.#sealing.sealPending(ns)
          continue reading
        }
        seq = record.seq
      }
      const total = await storage.total(ns)
      if (parts !== undefined) {
        looked += records.length
        await pause()
      }
      if (records.length === 0 || seq >= total.seq) return { ...(await end(seq, false)), ...(total.seq === seq ? { summary: summaryOf(total) } : {}) }
      // Of few parts little may lie in much.
      if (looked >= MAX_LOOKED) return end(seq, true)
    }
  }

  async batchOf(
    id: string,
    slots: Uint8Array,
    { maxBytes, latest }: { maxBytes: number; latest?: number | undefined },
  ): Promise<{ batch: Uint8Array | undefined; records: number; sent: readonly SentRecord[]; taken: number }> {
    const { storage, identity } = this.#ground
    const { ns } = this.#namespaces.open(id)
    await this.#sealing.sealPending(ns)
    const builder = new BatchBuilder(storage, { maxBytes, own: identity.author, latest })
    let taken = 0
    let sealedTo = 0
    for (let offset = 0; offset + SLOT_BYTES <= slots.length; ) {
      const [record] = await storage.recordsBySlot(ns, [slots.subarray(offset, offset + SLOT_BYTES)])
      const added = record === undefined ? 'added' : await builder.add(record)
      if (added === 'full') break
      if (added === 'unsealed' && record !== undefined && record.seq > sealedTo) {
        sealedTo = record.seq
        await this.#sealing.sealPending(ns)
        continue
      }
      offset += SLOT_BYTES
      taken++
    }
    await this.#handOut(ns, builder)
    return { batch: builder.finish(), records: builder.records, sent: builder.sent, taken }
  }

  /** Notes who may have our records before anybody can get them: a process that is killed while it sends must not take them for unsent. */
  async #handOut(ns: number, { handedTo }: BatchBuilder): Promise<void> {
    if (handedTo > 0) await this.#ground.storage.noteKnown(ns, handedTo)
  }
}
