import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes, toHex } from '../model/bytes.ts'
import { seededRandom } from '../testing/random.ts'
import { findDifferences, finish, reconcile, type ReconciliationCost, slotsOf } from '../testing/reconciliation.ts'
import { decodeQuestion, decodeReply } from './ranges.ts'
import { answer, firstQuestion, questionAbout } from './reconcile.ts'
import { SummedTree, type TreeEntry } from './summed-tree.ts'
import { fc } from '../testing/fast-check.ts'
import { samples } from '../testing/samples.ts'

const FRAME_BYTES = 256 * 1024
/** What a message around a question or a reply may add: type, field names, namespace id. */
const ENVELOPE_BYTES = 256

/** The same for each test, whatever others have drawn before. */
let random: () => number
beforeEach(() => {
  random = seededRandom(21).next
})

function wins(a: TreeEntry, b: TreeEntry | undefined): boolean {
  return b === undefined || a.at > b.at || (a.at === b.at && compareBytes(a.hash, b.hash) < 0)
}

function put(tree: SummedTree, entry: TreeEntry): void {
  if (wins(entry, tree.get(entry.slot))) tree.set(entry.slot, entry.hash, entry.at)
}

function merged(...lists: readonly (readonly TreeEntry[])[]): SummedTree {
  const tree = new SummedTree()
  for (const entry of lists.flat()) put(tree, entry)
  return tree
}

/** Runs a reconciliation in which each side gets what it lacks as soon as that is known; fails where something older is moved. */
function equalize(mine: SummedTree, theirs: SummedTree): ReconciliationCost & { moved: number } {
  let moved = 0
  const take = (from: SummedTree, to: SummedTree, slots: Uint8Array): void => {
    for (let i = 0; i < slots.length; i += 16) {
      const entry = from.get(slots.subarray(i, i + 16))
      if (entry === undefined || (to.get(entry.slot)?.at ?? 0) > entry.at) throw new Error('what is moved is older than what is there')
      put(to, entry)
      moved++
    }
  }
  const cost = reconcile(mine, theirs, {
    random,
    onDifference: ({ need, have }) => {
      take(theirs, mine, need)
      take(mine, theirs, have)
    },
  })
  return { ...cost, moved }
}

/** Entry number `n`, in one of its versions. */
function numbered(n: number, version = 0): TreeEntry {
  return { slot: sha256(`slot ${n}`).slice(0, 16), hash: sha256(`${n} ${version}`), at: 1000 + version }
}

function numberedTree(count: number, version: (n: number) => number | undefined): SummedTree {
  const tree = new SummedTree()
  for (let n = 0; n < count; n++) {
    const chosen = version(n)
    if (chosen !== undefined) put(tree, numbered(n, chosen))
  }
  return tree
}

const narrowSlot = fc.uint8Array({ minLength: 2, maxLength: 2 }).map((start) => Uint8Array.of(...start, ...new Uint8Array(14)))
const entry: fc.Arbitrary<TreeEntry> = fc.record({
  slot: fc.oneof(narrowSlot, fc.uint8Array({ minLength: 16, maxLength: 16 })),
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  at: fc.oneof(fc.nat(3), fc.maxSafeNat()),
})
const entries = fc.array(entry, { maxLength: 400 })

describe('reconcile', () => {
  it('makes any two sets equal, and moves nothing that is older', () => {
    fc.assert(
      fc.property(entries, entries, entries, (common, left, right) => {
        const [mine, theirs] = [merged(common, left), merged(common, right)]
        const both = merged(common, left, right)
        const { rounds } = equalize(mine, theirs)
        expect(mine.root()).toBe(both.root())
        expect(theirs.root()).toBe(both.root())
        expect(rounds).toBeLessThanOrEqual(5)
      }),
      { numRuns: samples(100, 300) },
    )
  })

  it('lets both sides have both of two versions of one time: merging decides', () => {
    const [a, b] = [numbered(1), { ...numbered(1), hash: sha256('other') }]
    const slot = [toHex(a.slot)]
    expect(findDifferences(merged([a]), merged([b]), { random })).toMatchObject({ need: slot, have: slot })
  })

  it('needs one message where both are equal', () => {
    const [mine, theirs] = [numberedTree(3000, () => 0), numberedTree(3000, () => 0)]
    expect(equalize(mine, theirs)).toMatchObject({ rounds: 1, moved: 0 })
  })

  it.each([
    { name: 'one missing of 100,000', size: 100_000, mine: (n: number) => (n === 777 ? undefined : 0), theirs: () => 0, rounds: 3, bytes: 1_700 },
    { name: '100 missing of 10,000', size: 10_000, mine: (n: number) => (n % 100 === 0 ? undefined : 0), theirs: () => 0, rounds: 3, bytes: 46_000 },
    {
      name: '1,000 missing of 100,000',
      size: 100_000,
      mine: (n: number) => (n % 100 === 0 ? undefined : 0),
      theirs: () => 0,
      rounds: 5,
      bytes: 500_000,
    },
    {
      name: 'three of 60,000 differ',
      size: 60_000,
      mine: (n: number) => (n === 5 ? 1 : n === 9 ? undefined : 0),
      theirs: (n: number) => (n === 70 ? undefined : 0),
      rounds: 3,
      bytes: 4_500,
    },
    {
      name: 'few here, many there',
      size: 20_000,
      mine: (n: number) => (n < 10 ? 0 : undefined),
      theirs: (n: number) => (n < 5 ? undefined : 0),
      rounds: 16,
      bytes: 1_600_000,
    },
    {
      name: 'many here, few there',
      size: 20_000,
      mine: (n: number) => (n < 5 ? undefined : 0),
      theirs: (n: number) => (n < 10 ? 0 : undefined),
      rounds: 1,
      bytes: 1_000,
    },
  ])('stays within its rounds and bytes: $name', ({ size, mine: ofMine, theirs: ofTheirs, rounds, bytes }) => {
    const [mine, theirs] = [numberedTree(size, ofMine), numberedTree(size, ofTheirs)]
    const cost = equalize(mine, theirs)
    expect(mine.root()).toBe(theirs.root())
    expect(cost.rounds).toBeLessThanOrEqual(rounds)
    expect(cost.bytes).toBeLessThanOrEqual(bytes)
  })

  it.each([
    { name: 'every version differs', mine: () => 0, theirs: () => 1, moved: 60_000 },
    {
      name: 'nothing in common',
      mine: (n: number) => (n % 2 === 0 ? 0 : undefined),
      theirs: (n: number) => (n % 2 === 0 ? undefined : 0),
      moved: 60_000,
    },
    {
      name: 'each tenth differs, either way',
      mine: (n: number) => (n % 10 === 0 ? n % 3 : 0),
      theirs: (n: number) => (n % 10 === 0 ? 1 : 0),
      moved: 4_000,
    },
    { name: 'nearly everything is here only', mine: () => 0, theirs: (n: number) => (n < 10 ? 0 : undefined), moved: 59_990 },
    { name: 'nearly everything is there only', mine: (n: number) => (n < 10 ? 0 : undefined), theirs: () => 0, moved: 59_990 },
  ])('keeps each message within a frame for 60,000 entries: $name', ({ mine: ofMine, theirs: ofTheirs, moved }) => {
    const [mine, theirs] = [numberedTree(60_000, ofMine), numberedTree(60_000, ofTheirs)]
    const cost = equalize(mine, theirs)
    expect(mine.root()).toBe(theirs.root())
    expect(cost.moved).toBe(moved)
    expect(cost.largest).toBeLessThanOrEqual(FRAME_BYTES - ENVELOPE_BYTES)
    expect(cost.rounds).toBeLessThanOrEqual(50)
  })

  it('keeps a reply within a frame where its bounds are as long as they can be', () => {
    // Slots one after another, so that no cut is shorter than a slot. Asked about is every second block, so that as many are passed over;
    // some are cut, some are listed.
    const deep = (i: number, last: number): Uint8Array => Uint8Array.of(i >> 8, i & 255, ...new Uint8Array(11).fill(7), last >> 8, last & 255, 1)
    const [mine, theirs] = [new SummedTree(), new SummedTree()]
    for (let i = 0; i < 4096; i++) {
      for (let last = 0; last < (i % 8 === 1 ? 12 : 40); last++) {
        const slot = deep(i, last)
        mine.set(slot, new Uint8Array(32).fill(last), 1)
        theirs.set(slot, new Uint8Array(32).fill(i), 2)
      }
    }
    const spans = Array.from({ length: 2048 }, (_, i) => ({ low: deep(i * 2 + 1, 0), high: deep(i * 2 + 1, 63) }))
    const question = decodeQuestion(questionAbout(mine, spans))
    if (!question.ok) throw new Error(question.reason)
    const reply = finish(answer(theirs, question.value, random))
    expect(reply.length).toBeGreaterThan(240_000)
    expect(reply.length).toBeLessThanOrEqual(FRAME_BYTES - ENVELOPE_BYTES)
    expect(decodeReply(reply, question.value).ok).toBe(true)
  })

  it('moves on with every question, even when nothing of what it finds is taken', () => {
    const { need, have, rounds } = findDifferences(
      numberedTree(30_000, () => 0),
      numberedTree(30_000, () => 1),
      { random },
    )
    expect(need).toHaveLength(30_000)
    expect(have).toEqual([])
    expect(rounds).toBeLessThan(60)
  })

  it('cuts the same set at other places each time, by a quarter of a part at most', () => {
    const tree = numberedTree(16_000, () => 0)
    const question = decodeQuestion(questionAbout(new SummedTree(), [{ low: new Uint8Array(), high: new Uint8Array() }]))
    if (!question.ok) throw new Error(question.reason)
    const places = Array.from({ length: 15 }, () => new Set<string>())
    for (let run = 0; run < 20; run++) {
      const reply = decodeReply(finish(answer(tree, question.value, random)), question.value)
      if (!reply.ok) throw new Error(reply.reason)
      expect(reply.value).toHaveLength(16)
      for (const [i, { high }] of reply.value.slice(0, -1).entries()) {
        places[i]?.add(toHex(high))
        const rank = tree.count(undefined, high)
        expect(Math.abs(rank - (i + 1) * 1000)).toBeLessThanOrEqual(251)
      }
    }
    for (const place of places) expect(place.size).toBeGreaterThan(10)
    expect(firstQuestion(tree, random)).not.toEqual(firstQuestion(tree, random))
  })

  it('speaks of slots as lists of 16 bytes', () => {
    const theirs = numberedTree(3, () => 0)
    const { need } = findDifferences(new SummedTree(), theirs, { random })
    const all = [...theirs.entries(undefined, undefined)].flatMap(({ slot }) => slotsOf(slot))
    expect(need).toEqual(all)
  })
})
