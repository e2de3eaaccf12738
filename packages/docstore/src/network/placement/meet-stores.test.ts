import type { Connection } from '@libp2p/interface'
import { KEEPS_OWNED_SERVICE } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { chooseOwners, type MeetInit, meetStores } from './meet-stores.ts'
import type { PlacementView } from './placement-view.ts'

it('few relays are met for many things, those that are connected first', () => {
  expect(chooseOwners([['a', 'b'], ['b', 'c'], ['c', 'b'], []], (peer) => peer === 'b')).toEqual(['b'])
  expect(
    chooseOwners(
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'a'],
      ],
      () => false,
    ),
  ).toEqual(['a', 'b', 'c', 'd'])
})

it('no more than eight are, however many things there are', () => {
  const each = Array.from({ length: 100 }, (_, i) => [`${i}`])
  expect(chooseOwners(each, () => false)).toHaveLength(8)
})

it('a relay that has not greeted yet is not taken for one that keeps everything', async () => {
  const relay = { remotePeer: { toString: () => 'a' } } as Connection
  const guests = new Map<Connection, { services?: readonly string[] }>()
  const init = (greet: () => void): MeetInit => ({
    view: async () => ({ isPlaced: true, owners: () => ['b'] }) as unknown as PlacementView,
    directory: () => undefined,
    onDirectory: () => () => undefined,
    links: { sessionWith: () => Promise.reject(new Error('nobody is there')) },
    stores: () => [relay],
    doorkeeper: { guestOf: (one) => guests.get(one), decided: async () => greet() },
  })
  const { signal } = new AbortController()
  expect(
    await meetStores(
      ['ns'],
      init(() => undefined),
      signal,
    ),
  ).toMatchObject({ isWhole: false })
  expect(
    await meetStores(
      ['ns'],
      init(() => guests.set(relay, { services: ['storage', KEEPS_OWNED_SERVICE] })),
      signal,
    ),
  ).toMatchObject({ isWhole: false })
  expect(
    await meetStores(
      ['ns'],
      init(() => guests.set(relay, { services: ['storage'] })),
      signal,
    ),
  ).toEqual({ relays: [], isWhole: true })
})
