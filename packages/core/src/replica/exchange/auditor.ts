import { sha256 } from '#crypto'
import { DocstoreError } from '../../errors.ts'
import { concatBytes } from '../../model/bytes.ts'
import type { Random } from '../../model/keys/random.ts'
import { EVERYTHING, highOf, type Question, type Range, SALT_BYTES, type Span } from '../../sets/ranges.ts'
import { answer, compareReply, type Difference, questionAbout } from '../../sets/reconcile.ts'
import { SummedTree } from '../../sets/summed-tree.ts'
import type { Storage } from '../../storage/storage.ts'
import { Budget } from './budget.ts'
import { AUDIT_BUDGET, AUDIT_BUDGET_PER_SECOND, AUDIT_PAGE, AUDIT_PARTS, MAX_AUDITED, MIN_AUDITED } from '../limits.ts'
import { inSlices, type Pause, Slices } from '../slices.ts'

/** What a look into the storage costs beside the records that it finds, in records. */
const LOOK_COST = 4

/** What an auditor works with. */
export interface AuditorInit {
  readonly storage: Storage
  readonly random: Random
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
  readonly pause: Pause
}

/** A tree under construction. */
interface SaltedPart {
  readonly ns: number
  readonly salt: Uint8Array
  readonly tree: SummedTree
  /** Most records that it takes. */
  readonly limit: number
}

/**
 * Looks closer than roots do. Who computes for very long can make two sets of records whose hashes add up to the same, but not so that
 * they still do when each is hashed again with a salt that nobody knew before. So now and then peers with equal roots compare a part of
 * their records that way. Nothing is kept for the next time, or the salt would be known.
 */
export class Auditor {
  readonly #storage: Storage
  readonly #random: Random
  readonly #pause: Pause
  readonly #budget: Budget

  constructor({ storage, random, now, pause }: AuditorInit) {
    this.#storage = storage
    this.#random = random
    this.#pause = pause
    this.#budget = new Budget({ capacity: AUDIT_BUDGET, perSecond: AUDIT_BUDGET_PER_SECOND, now })
  }

  /** A question about a part of the records with a new salt; `undefined` where there are no records. */
  async firstQuestion(ns: number): Promise<Uint8Array | undefined> {
    const { count, seq } = await this.#storage.total(ns)
    if (count === 0) return undefined
    const limit = Math.min(MAX_AUDITED, Math.max(MIN_AUDITED, Math.ceil(count / AUDIT_PARTS)))
    const part: SaltedPart = { ns, salt: this.#random.bytes(SALT_BYTES), tree: new SummedTree(), limit }
    const low = limit < count ? await this.#randomSlot(ns, seq) : EVERYTHING.low
    return questionAbout(part.tree, await this.#fill(part, low), part.salt)
  }

  /** Answers a question that has a salt. Throws `busy` where that would be more work than others may ask for. */
  async answer(ns: number, question: Question, salt: Uint8Array): Promise<Uint8Array> {
    return inSlices(answer(await this.#treeOf(ns, salt, question.ranges), question, this.#random.next), this.#pause)
  }

  async compareReply(ns: number, question: Question, salt: Uint8Array, reply: readonly Range[]): Promise<Difference> {
    return inSlices(compareReply(await this.#treeOf(ns, salt, reply), question, reply, this.#random.next), this.#pause)
  }

  /**
   * The slot of a record at a random position. By position, because whoever writes records can choose that their slots lie close together,
   * and would so hide others from a random slot.
   */
  async #randomSlot(ns: number, seq: number): Promise<Uint8Array> {
    const [version] = await this.#storage.versionsSince(ns, Math.floor(this.#random.next() * seq), 1)
    return version?.slot ?? EVERYTHING.low
  }

  /** Reads as many records as the part takes, from a slot on and then from the beginning. Resolves with the spans that it has read. */
  async #fill(part: SaltedPart, low: Uint8Array): Promise<readonly Span[]> {
    const toEnd = { low, high: EVERYTHING.high }
    const high = await this.#read(part, toEnd)
    if (high !== undefined) return [{ low, high }]
    if (low.length === 0) return [EVERYTHING]
    return [{ low: EVERYTHING.low, high: (await this.#read(part, { low: EVERYTHING.low, high: low })) ?? low }, toEnd]
  }

  async #treeOf(ns: number, salt: Uint8Array, spans: readonly Span[]): Promise<SummedTree> {
    // Twice of what an honest peer begins with, because sets that are not the same can have different counts.
    const part: SaltedPart = { ns, salt, tree: new SummedTree(), limit: 2 * MAX_AUDITED }
    for (const span of spans) if ((await this.#read(part, span)) !== undefined) throw busy()
    return part.tree
  }

  /** Adds the records of a span. Resolves with the slot at which the part was full, `undefined` where all are in it. */
  async #read({ ns, salt, tree, limit }: SaltedPart, span: Span): Promise<Uint8Array | undefined> {
    const slices = new Slices(this.#pause)
    for (let low: Uint8Array | undefined = span.low; low !== undefined; ) {
      const versions = await this.#storage.versionsBetween(ns, low, highOf(span), AUDIT_PAGE)
      if (!this.#budget.take(versions.length + LOOK_COST)) throw busy()
      for (const { slot, hash, at } of versions) {
        if (tree.size === limit) return slot
        tree.set(slot, sha256(concatBytes(salt, hash)), at)
      }
      low = versions.length < AUDIT_PAGE ? undefined : slotAfter(versions.at(-1)?.slot)
      await slices.rest()
    }
    return undefined
  }
}

/** The slot that follows, `undefined` after the last of all. */
function slotAfter(slot: Uint8Array | undefined): Uint8Array | undefined {
  const next = slot?.slice()
  const last = next?.findLastIndex((byte) => byte < 255) ?? -1
  if (next === undefined || last < 0) return undefined
  next[last] = (next[last] ?? 0) + 1
  return next.fill(0, last + 1)
}

function busy(): DocstoreError {
  return new DocstoreError('busy', 'This peer has audited as much as it does for others. Try again later')
}
