import { InvalidArgumentError } from 'commander'
import { expect, it } from 'vitest'
import { parseFieldsArgument, parseFilterArgument, parseSortArgument } from './json-argument.ts'

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

it('a sort whose direction is typed as elsewhere is refused with the right way, and a field that is called so is none', () => {
  expect(() => parseSortArgument('name:asc')).toThrow('Write name for name:asc')
  expect(() => parseSortArgument('a,age:desc')).toThrow('Write -age for age:desc')
  expect(() => parseSortArgument('age:-1')).toThrow('Write -age for age:-1')
  expect(parseSortArgument('"a:desc",b:x')).toEqual([
    ['"a:desc"', 1],
    ['b:x', 1],
  ])
})

it('a filter in which the shell has put nothing for $gt says so', () => {
  for (const text of ['{"age":{"":30}}', '{"":[{"a":1}]}']) expect(() => parseFilterArgument(text)).toThrow('single quotes')
  expect(parseFilterArgument('{"age":{"$eq":{"":30}}}')).toEqual({ age: { $eq: { '': 30 } } })
})

it('fields are kept, or left out with a - in front', () => {
  expect(parseFieldsArgument('a, b.c,-_id')).toEqual({ a: 1, 'b.c': 1, _id: 0 })
  expect(() => parseFieldsArgument('a,,b')).toThrow(InvalidArgumentError)
})
