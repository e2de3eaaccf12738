import { compareBytes } from '../bytes.ts'
import { BytesMap } from '../bytes-map.ts'
import { MAX_LOG_ACTS } from '../limits.ts'
import type { SignedAct } from './act.ts'

/** An act on its way to its place. */
interface Unplaced {
  readonly signed: SignedAct
  /** Parents that have no place yet, or are not here. */
  missing: number
  readonly children: Unplaced[]
}

/** Acts of one log whose ancestors are all here, each after those that lie before it, and which lies before which. */
export class ActGraph {
  readonly #acts: SignedAct[] = []
  /** Numbers of the acts by hash. */
  readonly #numbers = new BytesMap<number>()
  /** Acts that wait for others. */
  readonly waiting: readonly SignedAct[]
  readonly #parents: (readonly number[])[] = []
  /** Of each act the first one of its run: acts of which each has the one before it, and no other, as parent. */
  readonly #runs: number[] = []
  /** By the first act of a run: a bit for each act that lies before it, up to the last one that does. Logs are long runs that part and meet now and then. */
  readonly #before: (Uint32Array | undefined)[] = []

  private constructor(acts: Iterable<SignedAct>, waiting: readonly SignedAct[]) {
    this.waiting = waiting
    for (const signed of acts) this.append(signed)
  }

  get acts(): readonly SignedAct[] {
    return this.#acts
  }

  /** Whether an act can be added to these: all that it follows is here, nothing waits, and there is room. */
  canAppend({ act: { parents } }: SignedAct): boolean {
    return this.waiting.length === 0 && this.#acts.length < MAX_LOG_ACTS && parents.every((hash) => this.number(hash) >= 0)
  }

  /** Adds an act that is not here, behind all others; gives its number. */
  append(signed: SignedAct): number {
    const i = this.#acts.push(signed) - 1
    this.#numbers.set(signed.hash, i)
    const parents = signed.act.parents.map((hash) => this.number(hash))
    this.#parents.push(parents)
    const isNext = parents.length === 1 && parents[0] === i - 1
    this.#runs.push(isNext ? this.#run(i - 1) : i)
    this.#before.push(isNext || parents.length === 0 ? undefined : this.#bitsBefore(parents))
    return i
  }

  /** What is asked of it depends on which acts there are, not on the order in which they came. Throws for more than `MAX_LOG_ACTS`. */
  static of(all: Iterable<SignedAct>): ActGraph {
    const unplaced = new BytesMap<Unplaced>()
    const everything: Unplaced[] = []
    for (const signed of all) {
      if (unplaced.has(signed.hash)) continue
      const one: Unplaced = { signed, missing: signed.act.parents.length, children: [] }
      unplaced.set(signed.hash, one)
      everything.push(one)
    }
    if (everything.length > MAX_LOG_ACTS) throw new RangeError(`the state of a log is made from ${MAX_LOG_ACTS} acts at most`)
    for (const one of everything) for (const parent of one.signed.act.parents) unplaced.get(parent)?.children.push(one)
    const ready = everything.filter(({ missing }) => missing === 0)
    const acts: SignedAct[] = []
    // What follows an act comes next where it can: so runs are long.
    for (let one = ready.pop(); one !== undefined; one = ready.pop()) {
      acts.push(one.signed)
      for (const child of one.children) if (--child.missing === 0) ready.push(child)
    }
    const waiting = everything.filter(({ missing }) => missing > 0).map(({ signed }) => signed)
    return new ActGraph(
      acts,
      waiting.sort((a, b) => compareBytes(a.hash, b.hash)),
    )
  }

  /** Number of an act, -1 where it is not here. */
  number(hash: Uint8Array | undefined): number {
    return hash === undefined ? -1 : (this.#numbers.get(hash) ?? -1)
  }

  /** Whether act `a` lies before act `b`. */
  isBefore(a: number, b: number): boolean {
    if (a >= b) return false
    const run = this.#run(b)
    return a >= run || (((this.#before[run]?.[a >>> 5] ?? 0) >>> (a & 31)) & 1) === 1
  }

  /** Of some acts, by rising numbers, those that lie before no other of them. */
  lastOf(some: readonly number[]): number[] {
    const covering = new Uint8Array(this.#acts.length)
    const isCovered = new Uint8Array(this.#acts.length)
    for (const i of some) covering[i] = 1
    for (let i = this.#acts.length - 1; i >= 0; i--) {
      if (covering[i] !== 1) continue
      for (const parent of this.#parents[i] ?? []) {
        covering[parent] = 1
        isCovered[parent] = 1
      }
    }
    return some.filter((i) => isCovered[i] !== 1)
  }

  #run(i: number): number {
    return this.#runs[i] ?? i
  }

  #bitsBefore(parents: readonly number[]): Uint32Array {
    const bits = new Uint32Array((Math.max(...parents) >>> 5) + 1)
    for (const parent of parents) {
      const run = this.#run(parent)
      const before = this.#before[run] ?? NONE
      for (let word = 0; word < before.length; word++) bits[word] = (bits[word] ?? 0) | (before[word] ?? 0)
      for (let i = run; i <= parent; i++) bits[i >>> 5] = (bits[i >>> 5] ?? 0) | (1 << (i & 31))
    }
    return bits
  }
}

const NONE = new Uint32Array()
