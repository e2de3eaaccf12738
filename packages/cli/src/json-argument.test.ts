import { InvalidArgumentError } from 'commander'
import { expect, it } from 'vitest'
import { parseFieldsArgument, parseSortArgument } from './json-argument.ts'

it('a sort is in the order as typed, whatever names look like, and blanks around them are nobody’s', () => {
  expect(parseSortArgument('region,2020')).toEqual([
    ['region', 1],
    ['2020', 1],
  ])
  expect(parseSortArgument('species, -sepal_length ,+ x')).toEqual([
    ['species', 1],
    ['sepal_length', -1],
    ['x', 1],
  ])
  for (const text of ['', ' ', 'a,', '-', 'a, -']) expect(() => parseSortArgument(text)).toThrow(InvalidArgumentError)
})

it('fields are kept, or left out with a - in front', () => {
  expect(parseFieldsArgument('a, b.c,-_id')).toEqual({ a: 1, 'b.c': 1, _id: 0 })
  expect(() => parseFieldsArgument('a,,b')).toThrow(InvalidArgumentError)
})
