import type { SectorState } from '@p2p-docstore/core/placement'
import { expect, it } from 'vitest'
import { keptEqualWith, type SectorView } from './kept-equal.ts'

const OWNERS = ['b', 'a', 'c'] as const

/** With whom each owner keeps a namespace equal when they stand so, by name. */
function links(states: Readonly<Record<string, SectorState>>, more: Partial<SectorView> = {}): readonly string[] {
  const says = (relay: string): SectorState | undefined => states[relay]
  return OWNERS.flatMap((self) =>
    keptEqualWith({ self, owners: OWNERS, state: states[self], says, isCompared: false, ...more }).map((other) => `${self} with ${other}`),
  )
}

it('of two owners that serve a sector one keeps it equal for both', () => {
  expect([...links({ a: 'serving', b: 'serving', c: 'serving' })].sort()).toEqual(['a with b', 'a with c', 'b with c'])
})

it('nobody gives a newcomer anything, which gets it from one owner alone', () => {
  for (const newcomer of OWNERS) {
    const states: Record<string, SectorState> = { a: 'serving', b: 'serving', c: 'serving', [newcomer]: 'syncing' }
    const own = links(states).filter((link) => link.includes(newcomer))
    expect(own).toHaveLength(1)
    expect(own[0]?.startsWith(newcomer)).toBe(true)
    // While it is comparing, which brings everything, that one does not either.
    const others = OWNERS.filter((one) => one !== newcomer)
    expect([...links(states, { isCompared: true })]).toEqual([[...others].sort().join(' with ')])
  }
})

it('two newcomers get it from the owner that is left', () => {
  expect(links({ a: 'serving', b: 'syncing', c: 'syncing' })).toEqual(['b with a', 'c with a'])
})

it('what a peer brought is told to all owners, and what a reader asked for is followed at one', () => {
  const says = (): SectorState => 'serving'
  const view = { self: 'x', owners: OWNERS, state: 'leaving', says, isCompared: false } as const
  expect(keptEqualWith(view)).toEqual(OWNERS)
  expect(keptEqualWith({ ...view, because: 'read' })).toEqual(['b'])
  expect(keptEqualWith({ ...view, self: 'c', state: 'serving', because: 'brought' })).toEqual(['b', 'a'])
})
