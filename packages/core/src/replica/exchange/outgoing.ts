import {
  encodeBatch,
  MAX_BATCH_RECORDS,
  RECORD_OVERHEAD_BYTES,
  SEAL_OVERHEAD_BYTES,
  SEEN_OVERHEAD_BYTES,
  type WireRecord,
} from '../../model/batch.ts'
import { utf8 } from '../../model/bytes.ts'
import type { Seal } from '../../model/seal.ts'
import { equalBytes } from '../../model/bytes.ts'
import { MAX_EDIT_PATH_BYTES } from '../../model/limits.ts'
import { ownContent } from '../../storage/records/own-content.ts'
import { includesHash } from './accept.ts'
import type { Storage, StoredRecord } from '../../storage/storage.ts'
import type { SentRecord } from '../types.ts'

/** What a batch is made of. */
export interface BatchBuilderInit {
  readonly maxBytes: number
  /** The author of this peer. */
  readonly own: Uint8Array
  /** Time beyond which the receiver surely accepts nothing. */
  readonly latest?: number | undefined
}

/** Fills one batch with sealed records until it is full. */
export class BatchBuilder {
  readonly #storage: Storage
  readonly #maxBytes: number
  readonly #records: WireRecord[] = []
  readonly #sent: SentRecord[] = []
  readonly #own: Uint8Array
  readonly #latest: number
  #handedTo = 0
  readonly #seals: Seal[] = []
  readonly #sealNumbers = new Map<number, number>()
  #bytes = 16

  constructor(storage: Storage, { maxBytes, own, latest = Number.POSITIVE_INFINITY }: BatchBuilderInit) {
    this.#storage = storage
    this.#maxBytes = maxBytes
    this.#own = own
    this.#latest = latest
  }

  get records(): number {
    return this.#records.length
  }

  /** The records, in the order of the batch. */
  get sent(): readonly SentRecord[] {
    return this.#sent
  }

  /** Latest time of the own records that the receiver may keep; 0 where there are none. */
  get handedTo(): number {
    return this.#handedTo
  }

  /** Adds a record, where it has its seal and there is room; the first record always fits. */
  async add(record: StoredRecord): Promise<'added' | 'full' | 'unsealed'> {
    if (record.seal === null) return 'unsealed'
    const known = this.#sealNumbers.get(record.seal)
    const seal = known === undefined ? await this.#storage.seal(record.seal) : undefined
    const covering = known === undefined ? seal : this.#seals[known]
    // A record whose seal was lost cannot be proven to anyone; it is passed over, and stays here. One that was replaced since it was read may find
    // that the number of its seal belongs to another by now: its successor follows.
    if (covering === undefined || !includesHash(covering.hashes, record.hash)) return 'added'
    const { erased } = record
    const own = erased === undefined ? ownContent(record) : null
    const content = own === null ? null : utf8(own)
    const { ownSlot } = record
    const key =
      record.kh !== null || (content === null && erased === undefined)
        ? (record.kh ?? new Uint8Array(32))
        : `${record.collection ?? ''}/${record.id ?? ''}`
    const path = record.edit?.path
    const { seen } = record
    const bytes =
      RECORD_OVERHEAD_BYTES +
      (path === undefined ? 0 : MAX_EDIT_PATH_BYTES) +
      (seen === undefined ? 0 : SEEN_OVERHEAD_BYTES * seen.authors.reduce((times, { but }) => times + 1 + but.length, 1)) +
      key.length * (typeof key === 'string' ? 3 : 1) +
      (content?.length ?? 0) +
      (seal === undefined ? 0 : SEAL_OVERHEAD_BYTES + seal.hashes.length)
    if (this.#records.length > 0 && (this.#bytes + bytes > this.#maxBytes || this.#records.length >= MAX_BATCH_RECORDS)) return 'full'
    let number = known
    if (number === undefined) {
      if (seal === undefined) return 'added'
      number = this.#seals.push(seal) - 1
      this.#sealNumbers.set(record.seal, number)
    }
    this.#bytes += bytes
    const isEarly = record.at > this.#latest
    this.#sent.push({ seq: record.seq, at: record.at, isEarly })
    if (record.at > this.#handedTo && !isEarly && equalBytes(record.by, this.#own)) this.#handedTo = record.at
    this.#records.push({
      key,
      at: record.at,
      content,
      seal: number,
      prev: record.prev,
      exp: record.exp,
      ...(path === undefined ? {} : { path }),
      ...(seen === undefined ? {} : { seen }),
      ...(ownSlot === undefined ? {} : { ownSlot }),
      ...(erased === undefined ? {} : { erased }),
    })
    return 'added'
  }

  /** The encoded batch, `undefined` where nothing was added. */
  finish(): Uint8Array | undefined {
    return this.#records.length === 0 ? undefined : encodeBatch({ seals: this.#seals, records: this.#records })
  }
}
