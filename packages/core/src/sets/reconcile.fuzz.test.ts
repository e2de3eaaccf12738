import { describe, expect, it } from 'vitest'
import { compareBytes, toHex } from '../model/bytes.ts'
import { MAX_TIME } from '../model/clock.ts'
import { type SeededRandom, seededRandom } from '../testing/random.ts'
import { findDifferences, finish, treeOf } from '../testing/reconciliation.ts'
import { decodeQuestion, decodeReply } from './ranges.ts'
import { answer, compareReply, firstQuestion } from './reconcile.ts'
import type { TreeEntry } from './summed-tree.ts'
import { samples } from '../testing/samples.ts'

/** What fits in a frame beside the message around it. */
const MAX_MESSAGE_BYTES = 256 * 1024 - 256

type Model = Map<string, TreeEntry>

/** Ways in which slots can lie: as hashes do, and as somebody can choose them. */
const SHAPES: readonly ((random: SeededRandom, i: number) => Uint8Array)[] = [
  (random) => random.bytes(16),
  // All behind one long prefix.
  (random) => Uint8Array.of(...new Uint8Array(13).fill(9), ...random.bytes(3)),
  // One after the other, so that bounds have all their bytes.
  (_, i) => Uint8Array.of(...new Uint8Array(14), i >> 8, i & 255),
  // A few heaps.
  (random) => Uint8Array.of(random.pick([0, 1, 254, 255]), ...new Uint8Array(12).fill(random.pick([0, 255])), ...random.bytes(3)),
  // The ends of everything.
  (random, i) => new Uint8Array(16).fill(i % 2 === 0 ? 0 : 255).with(15 - (i % 3), random.below(256)),
]

function someEntries(random: SeededRandom, count: number): TreeEntry[] {
  const shape = random.pick(SHAPES)
  return Array.from({ length: count }, (_, i) => ({ slot: shape(random, i), hash: random.bytes(32), at: random.pick([1, 2, 3, MAX_TIME]) }))
}

/** Another version of an entry, now and then of the same time. */
function changed(random: SeededRandom, { slot, at }: TreeEntry): TreeEntry {
  return { slot, hash: random.bytes(32), at: random.chance(0.3) ? at : random.pick([1, 2, 3, MAX_TIME]) }
}

function modelOf(entries: readonly TreeEntry[]): Model {
  return new Map(entries.map((entry) => [toHex(entry.slot), entry]))
}

/** Two sets: much in common, some only here, some only there, some changed. */
function somePair(random: SeededRandom): [mine: Model, theirs: Model] {
  const size = () => random.below(random.pick([1, 2, 20, 300, 5000]))
  const common = someEntries(random, size())
  const share = random.pick([0, 0, 0.001, 0.02, 0.5])
  const other = common.map((entry) => (random.chance(share) ? changed(random, entry) : entry))
  const dropped = random.pick([0, 0, 0.001, 0.02, 1])
  const kept = (entries: readonly TreeEntry[]): TreeEntry[] => entries.filter(() => !random.chance(dropped))
  const extra = random.pick([0, 3, 300])
  return [
    modelOf([...kept(common), ...someEntries(random, random.below(extra + 1))]),
    modelOf([...kept(other), ...someEntries(random, random.below(extra + 1))]),
  ]
}

/** Slots that `mine` needs of `theirs`: what is not here, is newer there, or is as old and another version. */
function needed(mine: Model, theirs: Model): string[] {
  const slots: string[] = []
  for (const [slot, { at, hash }] of theirs) {
    const here = mine.get(slot)
    if (here === undefined || at > here.at || (at === here.at && compareBytes(hash, here.hash) !== 0)) slots.push(slot)
  }
  return slots.sort()
}

describe('reconciliation of random sets', () => {
  it.each(Array.from({ length: samples(20, 60) }, (_, i) => i + 1))('finds what a model finds, in few rounds and small messages: seed %i', (seed) => {
    const random = seededRandom(seed)
    const [mine, theirs] = somePair(random)
    const found = findDifferences(treeOf(mine.values()), treeOf(theirs.values()), { random: random.next })
    expect(found.need).toEqual(needed(mine, theirs))
    expect(found.have).toEqual(needed(theirs, mine))
    expect(found.largest).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    // Five levels of sixteen are a million; beyond that, 2,252 items fit in one reply, and 2,048 ranges in one question.
    expect(found.rounds).toBeLessThanOrEqual(5 + Math.ceil((mine.size + theirs.size) / 1000))
  })
})

/** Changes some bytes, now and then the length. */
function damaged(random: SeededRandom, message: Uint8Array): Uint8Array {
  const bytes = message.slice()
  for (let changes = random.below(4); changes > 0; changes--) bytes[random.below(bytes.length)] = random.below(256)
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length))
    case 1:
      return Uint8Array.of(...bytes, ...random.bytes(random.below(40)))
    case 2: {
      const at = random.below(bytes.length)
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + random.below(20)))
    }
    default:
      return bytes
  }
}

describe('messages of a hostile peer', () => {
  it('never throw, and what is said to them can be read', () => {
    const random = seededRandom(11)
    const [mine, theirs] = [treeOf(someEntries(random, 2000)), treeOf(someEntries(random, 1500))]
    const messages: { kind: 'question' | 'reply'; bytes: Uint8Array }[] = []
    findDifferences(mine, theirs, { random: random.next, onMessage: (bytes, kind) => messages.push({ kind, bytes }) })
    let understood = 0
    const runs = samples(2000, 6000)
    for (let run = 0; run < runs; run++) {
      const { bytes } = random.pick(messages)
      const hostile = run % 10 === 0 ? random.bytes(random.below(300)) : damaged(random, bytes)
      const question = decodeQuestion(hostile)
      if (question.ok) {
        understood++
        expect(decodeReply(finish(answer(mine, question.value, random.next)), question.value).ok).toBe(true)
      }
      const asked = decodeQuestion(random.pick(messages.filter(({ kind }) => kind === 'question')).bytes)
      if (!asked.ok) throw new Error(asked.reason)
      const reply = decodeReply(hostile, asked.value)
      if (!reply.ok) continue
      understood++
      const { next } = finish(compareReply(mine, asked.value, reply.value, random.next))
      if (next !== undefined) expect(decodeQuestion(next).ok).toBe(true)
    }
    expect(understood).toBeGreaterThan(runs / 6)
  })

  it('lead nobody beyond what was asked: a peer that always says "different" brings the questions to an end, or in a circle', () => {
    const random = seededRandom(12)
    const mine = treeOf(someEntries(random, 3000))
    let next: Uint8Array | undefined = firstQuestion(mine, random.next)
    const seen = new Set<string>()
    for (let round = 0; next !== undefined && !seen.has(toHex(next)); round++) {
      expect(round).toBeLessThan(30)
      seen.add(toHex(next))
      const question = decodeQuestion(next)
      if (!question.ok) throw new Error(question.reason)
      // Cuts everything as an honest peer does, and lies about every fingerprint.
      const lying = { ...question.value, ranges: question.value.ranges.map((range) => ({ ...range, print: random.bytes(16) })) }
      const reply = decodeReply(finish(answer(mine, lying, random.next)), question.value)
      if (!reply.ok) throw new Error(reply.reason)
      const lies = reply.value.map((range) => (range.kind === 'print' ? { ...range, print: random.bytes(16) } : range))
      next = finish(compareReply(mine, question.value, lies, random.next)).next
    }
  })
})
