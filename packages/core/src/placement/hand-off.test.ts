import { expect, it } from 'vitest'
import { HandOff } from './hand-off.ts'

it('a write is enough with so many owners, not with others, nor with one twice', () => {
  const handOff = new HandOff(['a', 'b', 'c'], 2)
  handOff.answered('z', true)
  handOff.answered('a', true)
  handOff.answered('a', true)
  expect([handOff.copies, handOff.state, handOff.waiting]).toEqual([1, 'waiting', ['b', 'c']])
  handOff.answered('b', false)
  expect(handOff.state).toBe('waiting')
  handOff.answered('c', true)
  expect([handOff.copies, handOff.state]).toEqual([2, 'enough'])
})

it('a write that too few owners can take is said to be so, and one owner is enough where there is one', () => {
  const handOff = new HandOff(['a', 'b'], 2)
  handOff.answered('b', false)
  expect(handOff.state).toBe('too-few')
  const alone = new HandOff(['a'], 2)
  alone.answered('a', true)
  expect(alone.state).toBe('enough')
})
