import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes } from '../model/bytes.ts'
import { MAX_SPLIT, PART_RECORDS } from './limits.ts'
import { partsOfRange } from '../sets/part-spans.ts'
import { areAllParts, coversParts, joinedParts, NO_PARTS } from '../sets/parts.ts'
import { homesOf, partOfSlot, partsOf, sectorOf, slotsOfPart, splitFor } from './sector.ts'

const ns = sha256('a namespace')

describe('sectors', () => {
  it('of a namespace that is not split are one', () => {
    expect(new Set(['a', 'b', 'c'].map((slot) => sectorOf(partOfSlot(ns, 0, sha256(slot))))).size).toBe(1)
  })

  it('of one that is split are those of its parts, whose ranges meet and hold their slots', () => {
    for (let split = 0; split <= MAX_SPLIT; split++) {
      const parts = partsOf(ns, split)
      expect(parts.map((part) => slotsOfPart(part).low)).toEqual([new Uint8Array(), ...parts.slice(0, -1).map((part) => slotsOfPart(part).high)])
      for (let i = 0; i < 50; i++) {
        const slot = sha256(`slot ${i}`).slice(0, 16)
        const { low, high } = slotsOfPart(partOfSlot(ns, split, slot))
        expect(compareBytes(low, slot) <= 0 && (high.length === 0 || compareBytes(slot, high) < 0)).toBe(true)
      }
    }
    expect(new Set(partsOf(ns, MAX_SPLIT).map(sectorOf)).size).toBeGreaterThan(50)
  })

  it('have the head of a namespace in the one that it has unsplit, and each part once', () => {
    expect(homesOf(ns, 0)).toEqual([{ sector: sectorOf({ ns, split: 0, index: 0 }), parts: undefined }])
    for (let split = 1; split <= MAX_SPLIT; split++) {
      const homes = homesOf(ns, split)
      expect(homes.some(({ sector }) => sector === sectorOf({ ns, split: 0, index: 0 }))).toBe(true)
      expect(areAllParts(homes.map(({ parts = NO_PARTS }) => parts).reduce(joinedParts))).toBe(true)
      for (const part of partsOf(ns, split)) {
        const holding = homes.filter(({ parts = NO_PARTS }) => coversParts(parts, partsOfRange(split, part.index)))
        expect(holding.map(({ sector }) => sector)).toEqual([sectorOf(part)])
      }
    }
  })

  it('become more when a part has twice its records, and never fewer', () => {
    expect([0, 2 * PART_RECORDS, 2 * PART_RECORDS + 1, 10 ** 7, 10 ** 12].map((records) => splitFor(records))).toEqual([0, 0, 1, 5, MAX_SPLIT])
    expect(splitFor(0, 4)).toBe(4)
  })
})
