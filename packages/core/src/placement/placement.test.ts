import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { drawCost } from './draw.ts'
import { SECTORS } from './limits.ts'
import type { Member } from './membership.ts'
import { Draws, Placement } from './placement.ts'

const member = (name: string, power = 3): Member => ({ key: sha256(`relay ${name}`), power })
const members = (count: number): Member[] => Array.from({ length: count }, (_, i) => member(`${i}`))
const draws = (seed = 1): Draws => new Draws(sha256(`network ${seed}`))
const loads = (placement: Placement): number[] => placement.members.map(({ key }) => placement.ownedBy(Buffer.from(key).toString('hex')).length)
/** Sectors that come to a relay which did not own them. */
function moved(before: Placement, after: Placement): number {
  let count = 0
  for (let sector = 0; sector < SECTORS; sector++) {
    const owners = new Set(before.ownerNames(sector))
    count += after.ownerNames(sector).filter((name) => !owners.has(name)).length
  }
  return count
}

describe('the cost of a draw', () => {
  it('is its logarithm, in whole 2^-20', () => {
    for (let i = 0; i < 500; i++) {
      const bytes = sha256(`${i}`)
      const [high, low] = [new DataView(bytes.buffer).getUint32(0), new DataView(bytes.buffer).getUint32(4)]
      const exact = (64 - Math.log2(high * 2 ** 32 + low)) * 2 ** 20
      expect(Math.abs(drawCost(bytes) - exact)).toBeLessThanOrEqual(2)
    }
  })

  it.each([
    ['0000000000000000', 64 * 2 ** 20],
    ['0000000000000001', 64 * 2 ** 20],
    ['0000000000000002', 63 * 2 ** 20],
    ['0000000100000000', 32 * 2 ** 20],
    ['8000000000000000', 2 ** 20],
    ['ffffffffffffffff', 1],
  ])('of %s is %d', (hex, cost) => {
    expect(drawCost(Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(cost)
  })
})

describe('placement', () => {
  it('gives everything to everybody while there are not more relays than copies', () => {
    const placement = new Placement(draws(), members(3), 3)
    expect([placement.isEverywhere, placement.wanted, loads(placement)]).toEqual([true, 3, [SECTORS, SECTORS, SECTORS]])
    expect(new Placement(draws(), [], 3).owners(5)).toEqual([])
  })

  it('depends on who the members are, not on the order in which they were heard of', () => {
    const [one, other] = [new Placement(draws(), members(9), 3), new Placement(draws(), members(9).reverse(), 3)]
    for (let sector = 0; sector < SECTORS; sector++) expect(one.owners(sector)).toEqual(other.owners(sector))
    expect(one.owners(0)).toHaveLength(3)
  })

  it('is the same whether relays became known at once or one after another', () => {
    const oneByOne = draws()
    const sectors = Array.from({ length: 64 }, (_, sector) => sector)
    for (let count = 1; count <= 40; count++) for (const sector of sectors) new Placement(oneByOne, members(count), 3).owners(sector)
    const [grown, atOnce] = [new Placement(oneByOne, members(40), 40), new Placement(draws(), members(40), 40)]
    for (const sector of sectors) expect(grown.ownerNames(sector)).toEqual(atOnce.ownerNames(sector))
  })

  it('gives each relay the sectors that it is an owner of', () => {
    const placement = new Placement(draws(), members(30), 3)
    for (const { key } of placement.members) {
      const name = Buffer.from(key).toString('hex')
      const owned = Array.from({ length: SECTORS }, (_, sector) => sector).filter((sector) => placement.ownerNames(sector).includes(name))
      expect([...placement.ownedBy(name)]).toEqual(owned)
    }
    expect([...placement.ownedBy('of nobody')]).toEqual([])
  })

  it('loads 30 equal relays with at most 1.25 times the mean, and moves at most 1.3 times what it must when one joins or leaves', () => {
    for (let seed = 1; seed <= 3; seed++) {
      const known = draws(seed)
      const [before, after] = [new Placement(known, members(30), 3), new Placement(known, members(31), 3)]
      expect(Math.max(...loads(before)) / ((SECTORS * 3) / 30)).toBeLessThanOrEqual(1.25)
      expect(moved(before, after) / ((SECTORS * 3) / 31)).toBeLessThanOrEqual(1.3)
      // Only what the one that leaves has owned: nothing moves between the others.
      expect(moved(after, before)).toBe(moved(before, after))
    }
  })

  it('gives as much as relays weigh', () => {
    const placement = new Placement(draws(), [member('a', 5), member('b', 4), member('c', 3)], 1)
    const byPower = new Map(placement.members.map(({ key, power }) => [power, placement.ownedBy(Buffer.from(key).toString('hex')).length]))
    expect((byPower.get(5) ?? 0) / (byPower.get(4) ?? 1)).toBeCloseTo(2, 0)
    expect((byPower.get(4) ?? 0) / (byPower.get(3) ?? 1)).toBeCloseTo(2, 0)
  })

  it('counts keys, not people: who makes a thousand relays owns nearly all', () => {
    const honest = members(20)
    const names = new Set(honest.map(({ key }) => Buffer.from(key).toString('hex')))
    const placement = new Placement(draws(), [...honest, ...Array.from({ length: 1000 }, (_, i) => member(`of one person ${i}`))], 3)
    const honestCopies = Array.from({ length: SECTORS }, (_, sector) => placement.ownerNames(sector).filter((name) => names.has(name)).length)
    expect(Math.max(...honestCopies)).toBeLessThan(3)
    expect(honestCopies.filter((copies) => copies > 0).length / SECTORS).toBeLessThan(0.1)
  })

  it('takes two relays with one key for one', () => {
    const twins = new Placement(draws(), [...members(5), member('0')], 3)
    const one = new Placement(draws(), members(5), 3)
    for (let sector = 0; sector < SECTORS; sector++) expect(twins.ownerNames(sector)).toEqual(one.ownerNames(sector))
  })

  it('knows no other sectors', () => {
    expect(() => new Placement(draws(), [], 3).owners(SECTORS)).toThrow(RangeError)
  })
})
