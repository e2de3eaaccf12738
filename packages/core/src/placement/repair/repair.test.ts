import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { toHex } from '../../model/bytes.ts'
import { HOLD_MS, MAX_COMPARISONS, MAX_FAILURES, MAX_HOLDERS, PROOF_MS, SECTORS, STATUS_LIFE_MS } from '../limits.ts'
import { Draws, Placement } from '../placement.ts'
import type { SectorState, SectorStatus } from '../status.ts'
import { Repair, type RepairAction } from './repair.ts'

const keys = Array.from({ length: 8 }, (_, i) => sha256(`relay ${i}`))
const names = keys.map(toHex)
const draws = new Draws(sha256('network'))
const place = (count: number, first = 0): Placement =>
  new Placement(
    draws,
    keys.slice(first, first + count).map((key) => ({ key, power: 0 })),
    3,
  )
/** They answer a status of ours. */
const ANSWER = { isAnswer: true }
const FULL = new Uint8Array(16).fill(1)
const OTHER = new Uint8Array(16).fill(2)
const NOTHING = new Uint8Array(16)

/** A relay, by number, with what lies there. */
function relay(index: number, held: Iterable<number> = []) {
  const versions = new Map(Array.from(held, (sector) => [sector, 1]))
  const store = {
    held: () => versions.keys(),
    print: (sector: number) => (versions.has(sector) ? FULL : NOTHING),
    version: (sector: number) => versions.get(sector) ?? 0,
  }
  return { repair: new Repair(keys[index] ?? FULL, store), versions }
}

const says = (sector: number, state: SectorState, print = FULL): SectorStatus => ({ sector, state, print })
const of = (actions: readonly RepairAction[], sector: number): readonly RepairAction[] => actions.filter((one) => one.sector === sector)
/** A sector that relay 0 does not own among six, with the numbers of its owners. */
const others = place(6)
const foreign = Array.from({ length: SECTORS }, (_, sector) => sector).find((sector) => !others.ownerNames(sector).includes(names[0] ?? '')) ?? 0
const owners = others.ownerNames(foreign)

describe('a sector that a relay owns', () => {
  it('is served once it was found equal with everyone within reach, not before', () => {
    const { repair } = relay(0)
    repair.place(place(3))
    repair.next(0)
    expect(repair.state(5)).toBe('syncing')
    repair.heard(names[1] ?? '', [says(5, 'serving')], 0, ANSWER)
    repair.heard(names[2] ?? '', [says(5, 'syncing', NOTHING)], 0, ANSWER)
    expect(of(repair.next(0), 5)).toEqual([{ do: 'compare', relay: names[1], sector: 5 }])
    expect(repair.state(5)).toBe('syncing')
    repair.compared(names[1] ?? '', 5, 'clean', 0)
    repair.next(0)
    expect(repair.state(5)).toBe('serving')
  })

  it('is served by who is alone, and not by who cannot reach the others', () => {
    const alone = relay(0)
    alone.repair.place(place(1))
    alone.repair.next(0)
    expect(alone.repair.state(5)).toBe('serving')
    const cutOff = relay(0)
    cutOff.repair.place(place(3))
    cutOff.repair.next(0)
    expect(cutOff.repair.state(5)).toBe('syncing')
  })

  it('is not served where there is no room for it', () => {
    const { repair } = relay(0)
    repair.place(place(2))
    repair.next(0)
    repair.heard(names[1] ?? '', [says(5, 'serving', NOTHING)], 0, ANSWER)
    repair.next(0)
    expect(repair.state(5)).toBe('serving')
    for (let i = 0; i < 2; i++) repair.heard(names[1] ?? '', [says(5, 'serving')], 0, ANSWER)
    repair.next(0)
    repair.compared(names[1] ?? '', 5, 'no-room', 0)
    expect(repair.state(5)).toBe('syncing')
  })

  it('is not held up for ever by an owner with whom comparing fails', () => {
    const { repair } = relay(0, [5])
    repair.place(place(3))
    repair.next(0)
    let now = 0
    for (let tries = 1; tries <= MAX_FAILURES; tries++) {
      expect(repair.state(5)).toBe('syncing')
      for (let n = 0; n < 3; n++) repair.heard(names[1] ?? '', [says(5, 'serving', OTHER)], now, ANSWER)
      repair.heard(names[2] ?? '', [says(5, 'serving')], now, ANSWER)
      expect(of(repair.next(now), 5)).toEqual([{ do: 'compare', relay: names[1], sector: 5 }])
      repair.compared(names[1] ?? '', 5, 'failed', now)
      now += 150_000
    }
    repair.heard(names[2] ?? '', [says(5, 'serving')], now, ANSWER)
    repair.next(now)
    expect(repair.state(5)).toBe('serving')
  })
})

describe('a sector that belongs to others', () => {
  /** Everybody says what he says, and all that is asked for succeeds, until nothing is asked for. */
  function settle(one: ReturnType<typeof relay>, states: readonly SectorState[], now: number, proves = true): readonly RepairAction[] {
    const drops: RepairAction[] = []
    for (const [i, owner] of owners.entries()) one.repair.heard(owner, [says(foreign, states[i] ?? 'serving')], now, ANSWER)
    for (let round = 0; round < 5; round++)
      for (const action of one.repair.next(now)) {
        if (action.do === 'drop') drops.push(action)
        else if (action.do === 'compare') one.repair.compared(action.relay, action.sector, 'clean', now)
        else one.repair.compared(action.relay, action.sector, proves ? 'clean' : 'failed', now, proves ? action.version : undefined)
      }
    return of(drops, foreign).slice(0, 1)
  }
  const held = () => {
    const one = relay(0, [foreign])
    one.repair.place(others)
    one.repair.next(0)
    return one
  }

  it('is removed after an hour, once every owner serves it and has proved to have it', () => {
    const one = held()
    expect(settle(one, [], HOLD_MS - 1)).toEqual([])
    expect(one.repair.state(foreign)).toBe('leaving')
    expect(settle(one, [], HOLD_MS)).toEqual([{ do: 'drop', sector: foreign, version: 1 }])
  })

  it('stays while one owner does not serve it, is out of reach, or does not prove it', () => {
    expect(settle(held(), ['serving', 'syncing'], HOLD_MS)).toEqual([])
    expect(settle(held(), [], HOLD_MS, false)).toEqual([])
    const one = held()
    settle(one, [], HOLD_MS - 1)
    expect(of(one.repair.next(HOLD_MS + STATUS_LIFE_MS), foreign)).toEqual([])
  })

  it('is removed where its owners have more of it, and never say the same, without being compared over and over', () => {
    const one = held()
    const asked: string[] = []
    for (let now = 0; now <= HOLD_MS + 60_000; now += 60_000) {
      for (const owner of owners) one.repair.heard(owner, [says(foreign, 'serving', OTHER)], now, ANSWER)
      for (const action of of(one.repair.next(now), foreign)) {
        asked.push(action.do)
        if (action.do !== 'drop') one.repair.compared(action.relay, foreign, 'clean', now, action.do === 'prove' ? action.version : undefined)
      }
    }
    expect(asked).toEqual(['compare', 'compare', 'compare', 'prove', 'prove', 'prove', 'drop'])
  })

  it('is compared again with an owner that cannot prove what it was found to have', () => {
    const one = held()
    const asked: string[] = []
    for (let now = 0; now <= HOLD_MS + 120_000; now += 60_000) {
      for (const owner of owners) one.repair.heard(owner, [says(foreign, 'serving', OTHER)], now, ANSWER)
      for (const action of of(one.repair.next(now), foreign)) {
        if (action.do === 'drop') throw new Error('what is not proved is not safe')
        if (action.relay === owners[0]) asked.push(action.do)
        const how = action.do === 'prove' && action.relay === owners[0] ? 'failed' : 'clean'
        one.repair.compared(action.relay, foreign, how, now, action.do === 'prove' ? action.version : undefined)
      }
    }
    expect(asked.slice(0, 3)).toEqual(['compare', 'prove', 'compare'])
  })

  it('stays where something was written since the proof, and where the proof is old', () => {
    const one = held()
    one.repair.drain()
    settle(one, [], 1000)
    expect(one.repair.leaving(1000)).toMatchObject({ safe: 1 })
    one.versions.set(foreign, 2)
    expect(one.repair.leaving(1000)).toMatchObject({ safe: 0 })
    const old = held()
    old.repair.drain()
    settle(old, [], 1000)
    for (const owner of owners) old.repair.heard(owner, [says(foreign, 'serving')], PROOF_MS + 1000, ANSWER)
    expect(old.repair.leaving(PROOF_MS + 1000)).toMatchObject({ sectors: 1, safe: 0 })
  })

  it('is not given up to owners who say by themselves that they own it', () => {
    const one = held()
    const stranger = names[7] ?? ''
    one.repair.heard(stranger, [says(foreign, 'serving')], HOLD_MS, ANSWER)
    for (const action of one.repair.next(HOLD_MS)) expect(action).not.toMatchObject({ sector: foreign })
    expect(one.repair.readers(foreign, HOLD_MS)).toEqual([...owners, stranger])
  })
})

it('a relay that only holds a sector leaves an owner alone that has served the same, until that changes or may go', () => {
  // No member, so that it has nothing else to tell.
  const { repair, versions } = relay(7, [foreign])
  const [owner = '', ...remaining] = owners
  repair.place(others)
  repair.next(0)
  expect(repair.toTell(0)).toEqual(new Set(owners))
  repair.heard(owner, [says(foreign, 'syncing')], 0, ANSWER)
  expect(repair.toTell(0)).toEqual(new Set(owners))
  repair.heard(owner, [says(foreign, 'serving')], 0, ANSWER)
  expect(repair.toTell(0)).toEqual(new Set(remaining))
  versions.set(foreign, 2)
  expect(repair.toTell(0)).toEqual(new Set(owners))
  repair.heard(owner, [says(foreign, 'serving')], 0, ANSWER)
  expect(repair.toTell(HOLD_MS - 1)).toEqual(new Set(remaining))
  expect(repair.toTell(HOLD_MS)).toEqual(new Set(owners))
})

it('a relay has nothing to do with what its answer leaves out, and goes on with what its own status leaves out', () => {
  const { repair } = relay(0, [5, 6])
  repair.place(place(3))
  repair.next(0)
  const other = names[1] ?? ''
  const states = (): readonly unknown[] => [repair.says(other, 5), repair.says(other, 6)]
  repair.heard(other, [says(5, 'serving'), says(6, 'serving')], 0, ANSWER)
  repair.heard(other, [says(5, 'serving')], 0, { isAnswer: false })
  expect(states()).toEqual(['serving', 'serving'])
  repair.heard(other, [says(5, 'serving')], 0, ANSWER)
  expect(states()).toEqual(['serving', undefined])
})

it('a newcomer is clean with each owner that says to have what it has got from one', () => {
  const { repair, versions } = relay(0)
  repair.place(place(3))
  repair.next(0)
  for (const name of names.slice(1, 3)) repair.heard(name, [says(5, 'serving')], 0, ANSWER)
  expect(repair.agrees(names[2] ?? '', 5)).toBe(false)
  versions.set(5, 1)
  expect(repair.agrees(names[2] ?? '', 5)).toBe(true)
})

it('an owner leaves it to a newcomer to get what it lacks, for as long as that moves, there or in another sector', () => {
  const { repair } = relay(0, [5, 6])
  repair.place(place(3))
  repair.next(0)
  const [newcomer = '', other = ''] = names.slice(1, 3)
  repair.heard(other, [says(5, 'serving'), says(6, 'serving')], 0, ANSWER)
  repair.heard(newcomer, [says(5, 'syncing', FULL), says(6, 'syncing', FULL)], 0, ANSWER)
  repair.next(0)
  expect(repair.state(5)).toBe('serving')
  const hear = (print: typeof FULL, elsewhere = OTHER): readonly RepairAction[] => {
    repair.heard(newcomer, [says(5, 'syncing', print), says(6, 'syncing', elsewhere)], 0, ANSWER)
    return of(repair.next(0), 5)
  }
  for (let n = 10; n < 40; n++) expect(hear(new Uint8Array(16).fill(n))).toEqual([])
  for (let n = 10; n < 40; n++) expect(hear(OTHER, new Uint8Array(16).fill(n))).toEqual([])
  let statuses = 0
  while (hear(OTHER).length === 0 && statuses < 100) statuses++
  expect(statuses).toBeGreaterThan(5)
  expect(statuses).toBeLessThan(20)
})

it('a relay compares few sectors at once, and remembers few who pretend to hold something', () => {
  const { repair } = relay(0)
  repair.place(place(3))
  repair.next(0)
  const status = Array.from({ length: SECTORS }, (_, sector) => says(sector, 'serving'))
  for (const name of names.slice(1, 3)) repair.heard(name, status, 0, ANSWER)
  expect(repair.next(0)).toHaveLength(MAX_COMPARISONS)
  expect([repair.next(0).length, repair.isBehind]).toEqual([0, true])
  for (let i = 0; i < 50; i++) repair.heard(toHex(sha256(`liar ${i}`)), status, 0, ANSWER)
  expect(repair.partners().size).toBeLessThanOrEqual(MAX_HOLDERS + 2)
})

it('a relay answers of every sector that it is told of, however many others are told of it', () => {
  const { repair } = relay(0, [5])
  repair.place(place(3))
  repair.next(0)
  for (let i = 0; i < 50; i++) {
    const other = toHex(sha256(`holder ${i}`))
    const theirs = [says(5, 'leaving')]
    repair.heard(other, theirs, 0, { isAnswer: false })
    expect(repair.status(other, theirs)).toMatchObject([{ sector: 5 }])
  }
})

it('a relay compares more and more rarely with one that goes on to say something else', () => {
  const { repair } = relay(0, [5])
  repair.place(place(2))
  repair.next(0)
  let compared = 0
  for (let minute = 0; minute < 60; minute++) {
    const now = minute * 60_000
    repair.heard(names[1] ?? '', [says(5, 'serving', OTHER)], now, ANSWER)
    for (const action of repair.next(now)) {
      if (action.do === 'drop') continue
      compared++
      repair.compared(action.relay, action.sector, 'clean', now)
    }
  }
  expect(compared).toBeGreaterThan(3)
  expect(compared).toBeLessThan(15)
})
