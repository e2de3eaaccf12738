import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes, toHex } from '../model/bytes.ts'
import { MAX_TIME } from '../model/clock.ts'
import { seededRandom } from '../testing/random.ts'
import { answer, compareReply, firstQuestion } from './reconcile.ts'
import { SummedTree, type TreeEntry } from './summed-tree.ts'

const FRAME_BYTES = 256 * 1024
/** What a message around a question or a reply may add: type, field names, namespace id. */
const ENVELOPE_BYTES = 256

function wins(a: TreeEntry, b: TreeEntry | undefined): boolean {
  return b === undefined || a.at > b.at || (a.at === b.at && compareBytes(a.hash, b.hash) < 0)
}

function put(tree: SummedTree, { slot, hash, at }: TreeEntry): void {
  tree.set(slot, hash, at)
}

function treeOf(entries: Iterable<TreeEntry>): SummedTree {
  const tree = new SummedTree()
  for (const one of entries) if (wins(one, tree.get(one.slot))) put(tree, one)
  return tree
}

function slots(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 16 }, (_, i) => bytes.slice(i * 16, i * 16 + 16))
}

interface Figures {
  rounds: number
  bytes: number
  largest: number
  moved: number
}

/** Runs a reconciliation to its end and fails when it asks for something that is not newer. */
function reconcile(mine: SummedTree, theirs: SummedTree): Figures {
  const figures: Figures = { rounds: 0, bytes: 0, largest: 0, moved: 0 }
  const take = (from: SummedTree, to: SummedTree, list: Uint8Array): void => {
    for (const slot of slots(list)) {
      const version = from.get(slot)
      if (version === undefined || !wins(version, to.get(slot))) throw new Error(`asks for ${toHex(slot)}, which is not newer`)
      put(to, version)
      figures.moved++
    }
  }
  for (let question: Uint8Array | undefined = firstQuestion(mine); question !== undefined; figures.rounds++) {
    const reply = answer(theirs, question)
    if (!reply.ok) throw new Error(reply.reason)
    const difference = compareReply(mine, reply.value)
    if (!difference.ok) throw new Error(difference.reason)
    figures.bytes += question.length + reply.value.length
    figures.largest = Math.max(figures.largest, question.length, reply.value.length)
    take(theirs, mine, difference.value.need)
    take(mine, theirs, difference.value.have)
    question = difference.value.next
  }
  return figures
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
  it('makes any two sets equal, and asks only for what differs and is newer', () => {
    fc.assert(
      fc.property(entries, entries, entries, (common, left, right) => {
        const [mine, theirs] = [treeOf([...common, ...left]), treeOf([...common, ...right])]
        const merged = treeOf([...common, ...left, ...right])
        const { rounds } = reconcile(mine, theirs)
        expect(mine.root()).toBe(merged.root())
        expect(theirs.root()).toBe(merged.root())
        expect(rounds).toBeLessThanOrEqual(6)
      }),
      { numRuns: 300 },
    )
  })

  it('needs one message where both are equal', () => {
    const tree = numberedTree(3000, () => 0)
    const figures = reconcile(
      tree,
      numberedTree(3000, () => 0),
    )
    expect(figures).toMatchObject({ rounds: 1, moved: 0 })
    expect(figures.bytes).toBeLessThan(32)
  })

  it.each([
    { name: 'one missing of 100,000', size: 100_000, mine: (n: number) => (n === 777 ? undefined : 0), theirs: () => 0, rounds: 5, bytes: 2_500 },
    { name: '100 missing of 10,000', size: 10_000, mine: (n: number) => (n % 100 === 0 ? undefined : 0), theirs: () => 0, rounds: 4, bytes: 60_000 },
    {
      name: '1,000 missing of 100,000',
      size: 100_000,
      mine: (n: number) => (n % 100 === 0 ? undefined : 0),
      theirs: () => 0,
      rounds: 9,
      bytes: 1_100_000,
    },
    {
      name: 'three of 60,000 differ',
      size: 60_000,
      mine: (n: number) => (n === 5 ? 1 : n === 9 ? undefined : 0),
      theirs: (n: number) => (n === 70 ? undefined : 0),
      rounds: 5,
      bytes: 6_000,
    },
    {
      name: 'few here, many there',
      size: 20_000,
      mine: (n: number) => (n < 10 ? 0 : undefined),
      theirs: (n: number) => (n < 5 ? undefined : 0),
      rounds: 20,
      bytes: 1_200_000,
    },
    {
      name: 'many here, few there',
      size: 20_000,
      mine: (n: number) => (n < 5 ? undefined : 0),
      theirs: (n: number) => (n < 10 ? 0 : undefined),
      rounds: 2,
      bytes: 1_000,
    },
  ])('stays within its rounds and bytes: $name', ({ size, mine: ofMine, theirs: ofTheirs, rounds, bytes }) => {
    const [mine, theirs] = [numberedTree(size, ofMine), numberedTree(size, ofTheirs)]
    const figures = reconcile(mine, theirs)
    expect(mine.root()).toBe(theirs.root())
    expect(figures.rounds).toBeLessThanOrEqual(rounds)
    expect(figures.bytes).toBeLessThanOrEqual(bytes)
  })

  it.each([
    { name: 'every version differs', mine: () => 0, theirs: () => 1, moved: 200_000 },
    {
      name: 'nothing in common',
      mine: (n: number) => (n % 2 === 0 ? 0 : undefined),
      theirs: (n: number) => (n % 2 === 0 ? undefined : 0),
      moved: 200_000,
    },
    {
      name: 'each tenth differs, either way',
      mine: (n: number) => (n % 10 === 0 ? n % 3 : 0),
      theirs: (n: number) => (n % 10 === 0 ? 1 : 0),
      moved: 13_333,
    },
    { name: 'nearly everything is here only', mine: () => 0, theirs: (n: number) => (n < 10 ? 0 : undefined), moved: 199_990 },
    { name: 'nearly everything is there only', mine: (n: number) => (n < 10 ? 0 : undefined), theirs: () => 0, moved: 199_990 },
  ])('keeps each message within a frame for 200,000 entries: $name', ({ mine: ofMine, theirs: ofTheirs, moved }) => {
    const [mine, theirs] = [numberedTree(200_000, ofMine), numberedTree(200_000, ofTheirs)]
    const figures = reconcile(mine, theirs)
    expect(mine.root()).toBe(theirs.root())
    expect(figures.moved).toBe(moved)
    expect(figures.largest).toBeLessThanOrEqual(FRAME_BYTES - ENVELOPE_BYTES)
    expect(figures.rounds).toBeLessThanOrEqual(90)
  })

  it('moves on with every question, even when nothing of what it finds is taken', () => {
    const [mine, theirs] = [numberedTree(30_000, () => 0), numberedTree(30_000, () => 1)]
    let rounds = 0
    const found = new Set<string>()
    for (let question: Uint8Array | undefined = firstQuestion(mine); question !== undefined; rounds++) {
      const reply = answer(theirs, question)
      const difference = reply.ok ? compareReply(mine, reply.value) : reply
      if (!difference.ok) throw new Error(difference.reason)
      for (const slot of slots(difference.value.need)) found.add(toHex(slot))
      question = difference.value.next
      if (rounds > 100) throw new Error('does not come to an end')
    }
    expect(found.size).toBe(30_000)
  })
})

describe('what a hostile peer sends', () => {
  const tree = numberedTree(2000, () => 0)
  const good = (): Uint8Array[] => {
    const messages: Uint8Array[] = []
    for (let question: Uint8Array | undefined = firstQuestion(tree); question !== undefined; ) {
      const reply = answer(
        numberedTree(2000, (n) => (n % 5 === 0 ? undefined : 1)),
        question,
      )
      const difference = reply.ok ? compareReply(tree, reply.value) : reply
      if (!reply.ok || !difference.ok) throw new Error('broken')
      messages.push(question, reply.value)
      question = difference.value.next
    }
    return messages
  }

  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        answer(tree, bytes)
        compareReply(tree, bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('never throws on changed messages, and what it answers can be read', () => {
    const messages = good()
    const random = seededRandom(11)
    for (let run = 0; run < 1500; run++) {
      const bytes = Uint8Array.from(messages[random.below(messages.length)] ?? [])
      for (let changes = random.below(4); changes >= 0; changes--) bytes[random.below(bytes.length)] = random.below(256)
      const cut = random.below(10) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes
      const answered = answer(tree, cut)
      if (answered.ok) expect(compareReply(tree, answered.value).ok).toBe(true)
      const compared = compareReply(tree, cut)
      if (compared.ok && compared.value.next !== undefined) expect(answer(tree, compared.value.next).ok).toBe(true)
    }
  })

  const low = Uint8Array.of(1)
  const high = Uint8Array.of(2)
  const print = new Uint8Array(16)
  const none = new Uint8Array()
  const item = (slot: number, at: number | bigint): number[] => [
    ...numbered(0).slot.with(0, slot),
    ...print,
    ...new Uint8Array(new BigUint64Array([BigInt(at)]).buffer).reverse(),
  ]
  it.each([
    [
      'ranges that overlap',
      [
        [low, none, print],
        [high, none, print],
      ],
    ],
    [
      'ranges that fall',
      [
        [high, none, print],
        [none, low, print],
      ],
    ],
    ['an empty range', [[high, low, print]]],
    ['a bound that is too long', [[new Uint8Array(17), none, print]]],
    ['a short fingerprint', [[none, none, new Uint8Array(15)]]],
    ['half an item', [[none, none, [new Uint8Array(39)]]]],
    ['items that fall', [[none, none, [Uint8Array.from([...item(3, 1), ...item(2, 1)])]]]],
    ['an item twice', [[none, none, [Uint8Array.from([...item(3, 1), ...item(3, 1)])]]]],
    ['an item outside of its range', [[low, high, [Uint8Array.from(item(3, 1))]]]],
    ['a time that does not exist', [[none, none, [Uint8Array.from(item(3, BigInt(MAX_TIME) + 1n))]]]],
    ['no list', { ranges: [] }],
    ['a range that is none', [7]],
  ])('refuses %s', (_, value) => {
    expect(compareReply(tree, dagCbor.encode(value))).toEqual({ ok: false, reason: 'malformed' })
  })

  it('refuses items in a question, and more ranges than a question has', () => {
    expect(answer(tree, dagCbor.encode([[none, none, [none]]]))).toEqual({ ok: false, reason: 'malformed' })
    const many = Array.from({ length: 513 }, (_, i) => [Uint8Array.of(i >> 8, i & 255), Uint8Array.of((i + 1) >> 8, (i + 1) & 255), print])
    expect(answer(tree, dagCbor.encode(many))).toEqual({ ok: false, reason: 'too-large' })
  })
})
