import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes, toHex } from '../model/bytes.ts'
import { type Bound, SummedTree, type TreeEntry } from './summed-tree.ts'
import { fc } from '../testing/fast-check.ts'

/** The same set as a plain sorted list. */
class ListModel {
  readonly #entries = new Map<string, TreeEntry>()

  set(entry: TreeEntry): void {
    this.#entries.set(toHex(entry.slot), entry)
  }

  delete(slot: Uint8Array): void {
    this.#entries.delete(toHex(slot))
  }

  range(low: Bound, high: Bound): TreeEntry[] {
    const inside = [...this.#entries.values()].filter(
      ({ slot }) => compareBytes(slot, padded(low)) >= 0 && (high === undefined || compareBytes(slot, padded(high)) < 0),
    )
    return inside.sort((a, b) => compareBytes(a.slot, b.slot))
  }

  /** The formula of the fingerprint in its simplest form, with big integers. */
  fingerprint(low: Bound, high: Bound): string {
    const entries = this.range(low, high)
    let sum = 0n
    for (const { hash } of entries) sum = (sum + hash.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)) % 2n ** 256n
    const bytes = new Uint8Array(41)
    bytes[0] = 1
    new DataView(bytes.buffer).setBigUint64(1, BigInt(entries.length))
    for (let i = 0; i < 32; i++) bytes[9 + i] = Number((sum >> BigInt(8 * i)) & 0xffn)
    return toHex(sha256(bytes))
  }
}

function padded(bound: Bound): Uint8Array {
  const slot = new Uint8Array(16)
  slot.set(bound ?? [])
  return slot
}

// Few values per byte, so that slots share prefixes, are met again, and lie on bounds.
const narrowByte = fc.constantFrom(0, 1, 127, 128, 254, 255)
const narrowSlot = fc
  .uint8Array({ minLength: 2, maxLength: 2 })
  .chain((end) => fc.tuple(narrowByte, narrowByte).map(([a, b]) => padded(Uint8Array.of(a, b, ...end))))
const hash = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constant(new Uint8Array(32).fill(255)))
const entry: fc.Arbitrary<TreeEntry> = fc.record({
  slot: fc.oneof(narrowSlot, fc.uint8Array({ minLength: 16, maxLength: 16 })),
  hash,
  at: fc.maxSafeNat(),
})
const bound: fc.Arbitrary<Bound> = fc.oneof(
  fc.constant(undefined),
  fc.constant(new Uint8Array()),
  fc.uint8Array({ minLength: 1, maxLength: 16 }),
  narrowSlot,
)
const range = fc
  .tuple(bound, bound)
  .map(([a, b]): [Bound, Bound] => (a !== undefined && b !== undefined && compareBytes(padded(a), padded(b)) > 0 ? [b, a] : [a, b]))

function expectSame(tree: SummedTree, model: ListModel, [low, high]: readonly [Bound, Bound], parts: number): void {
  const entries = model.range(low, high)
  expect(tree.count(low, high)).toBe(entries.length)
  expect([...tree.entries(low, high)]).toEqual(entries)
  expect(toHex(tree.fingerprint(low, high))).toBe(model.fingerprint(low, high))
  const cuts = tree.split(low, high, parts, () => 0)
  expect(cuts.length).toBe(Math.max(0, Math.min(parts, entries.length) - 1))
  let from = low
  for (const cut of [...cuts, high]) {
    const count = tree.count(from, cut)
    expect(Math.abs(count - entries.length / parts)).toBeLessThanOrEqual(1)
    if (cut !== undefined && from !== undefined && cuts.includes(cut)) expect(compareBytes(from, cut)).toBeLessThan(0)
    from = cut
  }
}

describe('SummedTree', () => {
  it('equals a sorted list in every range, whatever is set and replaced', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 300 }),
        fc.array(range, { maxLength: 10 }),
        fc.integer({ min: 1, max: 20 }),
        (entries, ranges, parts) => {
          const tree = new SummedTree()
          const model = new ListModel()
          for (const one of entries) {
            tree.set(one.slot, one.hash, one.at)
            model.set(one)
          }
          expect(tree.size).toBe(model.range(undefined, undefined).length)
          for (const one of entries) expect(tree.get(one.slot)).toEqual(model.range(one.slot, undefined)[0])
          for (const one of [...ranges, [undefined, undefined] as const]) expectSame(tree, model, one, parts)
        },
      ),
      { numRuns: 150 },
    )
  })

  it.each(['rising', 'falling', 'mixed'])('stays right when leaves split: thousands of %s entries', (order) => {
    const tree = new SummedTree()
    const model = new ListModel()
    const numbers = Array.from({ length: 3000 }, (_, i) => (order === 'falling' ? 3000 - i : i))
    for (const number of numbers) {
      const digest = sha256(`slot ${number}`)
      const slot = order === 'mixed' ? digest.slice(0, 16) : padded(Uint8Array.of(number >> 8, number & 255))
      const one = { slot, hash: digest, at: number }
      tree.set(one.slot, one.hash, one.at)
      model.set(one)
      if (number % 7 === 0) {
        const newer = { ...one, hash: sha256(`newer ${number}`), at: number + 1 }
        tree.set(newer.slot, newer.hash, newer.at)
        model.set(newer)
      }
    }
    expect(tree.size).toBe(3000)
    for (const one of fc.sample(range, { numRuns: 30, seed: 7 })) expectSame(tree, model, one, 16)
    for (const number of [0, 255, 256, 257, 2999]) {
      const edge = padded(Uint8Array.of(number >> 8, number & 255))
      expectSame(tree, model, [edge, undefined], 16)
      expectSame(tree, model, [undefined, edge], 16)
    }
  })

  it('forgets what is deleted, down to the last entry, and takes it again', () => {
    const tree = new SummedTree()
    const model = new ListModel()
    const all = Array.from({ length: 2000 }, (_, i): TreeEntry => ({ slot: sha256(`slot ${i}`).slice(0, 16), hash: sha256(`${i}`), at: i }))
    const set = (one: TreeEntry): void => {
      tree.set(one.slot, one.hash, one.at)
      model.set(one)
    }
    const remove = ({ slot }: TreeEntry): void => {
      tree.delete(slot)
      model.delete(slot)
    }
    all.forEach(set)
    // A stretch of slots, so that whole leaves go, and every third of the others.
    const sorted = model.range(undefined, undefined)
    sorted.filter((_, i) => i < 700 || i % 3 === 0).forEach(remove)
    sorted.slice(0, 10).forEach(remove)
    for (const one of fc.sample(range, { numRuns: 30, seed: 8 })) expectSame(tree, model, one, 16)
    sorted.forEach(set)
    for (const one of fc.sample(range, { numRuns: 30, seed: 9 })) expectSame(tree, model, one, 16)
    sorted.forEach(remove)
    expect(tree.size).toBe(0)
    expect(tree.root()).toBe(new SummedTree().root())
  })

  it('has one root for one set, in whatever order it came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entry, { maxLength: 600, selector: ({ slot }) => toHex(slot) }), fc.infiniteStream(fc.nat()), (entries, keys) => {
        const shuffled = entries.map((one) => ({ one, key: keys.next().value })).sort((a, b) => a.key - b.key)
        const [first, second] = [new SummedTree(), new SummedTree()]
        for (const one of entries) first.set(one.slot, one.hash, one.at)
        for (const { one } of shuffled) second.set(one.slot, one.hash, one.at)
        expect(second.root()).toBe(first.root())
      }),
      { numRuns: 50 },
    )
  })

  it('cuts beside the middle by as much as it is told', () => {
    const tree = new SummedTree()
    for (let i = 0; i < 1000; i++) tree.set(padded(Uint8Array.of(i >> 8, i & 255)), sha256(`${i}`), i)
    const ranks = (jitter: number): number[] => tree.split(undefined, undefined, 4, () => jitter).map((cut) => tree.count(undefined, cut))
    expect(ranks(0)).toEqual([250, 500, 750])
    expect(ranks(-0.5)).toEqual([125, 375, 625])
    expect(ranks(0.2)).toEqual([300, 550, 800])
    const few = tree.split(undefined, Uint8Array.of(0, 3), 3, () => -0.5).map((cut) => tree.count(undefined, cut))
    expect(few).toEqual([1])
  })

  it('tells an empty range from one whose hashes add up to zero', () => {
    const tree = new SummedTree()
    const half = new Uint8Array(32)
    half[31] = 128
    tree.set(padded(Uint8Array.of(1)), half, 1)
    tree.set(padded(Uint8Array.of(2)), half, 1)
    expect(tree.root()).not.toBe(new SummedTree().root())
  })
})
