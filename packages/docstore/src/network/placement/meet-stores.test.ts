import { expect, it } from 'vitest'
import { chooseOwners } from './meet-stores.ts'

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
