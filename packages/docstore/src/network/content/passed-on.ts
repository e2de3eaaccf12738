import { DocstoreError } from '@p2p-docstore/core'

/** Passes questions on, a bounded number at a time; whoever asks for the same meanwhile gets the same answer. */
export class PassedOn {
  readonly #find: (cid: string) => Promise<Uint8Array | undefined>
  readonly #max: number
  readonly #underWay = new Map<string, Promise<Uint8Array | undefined>>()

  constructor(find: (cid: string) => Promise<Uint8Array | undefined>, max: number) {
    this.#find = find
    this.#max = max
  }

  /** Throws `busy` where so many are under way. */
  async find(cid: string): Promise<Uint8Array | undefined> {
    const same = this.#underWay.get(cid)
    if (same !== undefined) return same
    if (this.#underWay.size >= this.#max)
      throw new DocstoreError('busy', 'This relay asks others for as much as it may already. Try again soon', { details: { retryAfter: 1 } })
    const finding = this.#find(cid).finally(() => this.#underWay.delete(cid))
    this.#underWay.set(cid, finding)
    return finding
  }
}
