import { describe, expect, it } from 'vitest'
import { compareBytes } from '../model/bytes.ts'
import { seededRandom } from '../testing/random.ts'
import { partsOfRange, spansOfParts } from './part-spans.ts'
import { ALL_PARTS, areAllParts, areNoParts, bothParts, coversParts, isInParts, joinedParts, NO_PARTS, partsWithout, timesHeld } from './parts.ts'

describe('parts of a namespace', () => {
  it('are all of it together, and have nothing in common, however it is split', () => {
    for (let split = 0; split <= 6; split++) {
      const all = Array.from({ length: 2 ** split }, (_, index) => partsOfRange(split, index))
      expect(areAllParts(all.reduce(joinedParts))).toBe(true)
      expect(timesHeld(all)).toBe(1)
      for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) expect(areNoParts(bothParts(a, b))).toBe(true)
    }
  })

  it('are ranges of slots that hold what lies in them, and nothing else', () => {
    const random = seededRandom(3)
    for (let i = 0; i < 200; i++) {
      const parts = random.bytes(8)
      const spans = spansOfParts(parts)
      const slot = random.bytes(16)
      const isWithin = spans.some(({ low, high }) => compareBytes(low, slot) <= 0 && (high.length === 0 || compareBytes(slot, high) < 0))
      expect(isWithin).toBe(isInParts(parts, slot))
    }
    expect([spansOfParts(ALL_PARTS), spansOfParts(NO_PARTS)]).toEqual([[{ low: new Uint8Array(), high: new Uint8Array() }], []])
  })

  it('can be taken from each other', () => {
    const [first, second] = [partsOfRange(2, 0), partsOfRange(1, 0)]
    expect([coversParts(second, first), coversParts(first, second)]).toEqual([true, false])
    expect(partsWithout(second, first)).toEqual(partsOfRange(2, 1))
    expect(timesHeld([ALL_PARTS, second, second])).toBe(1)
    expect(timesHeld([])).toBe(0)
  })
})
