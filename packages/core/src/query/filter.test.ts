import { describe, expect, it } from 'vitest'
import { errorCode } from '../errors.ts'
import { parseFilter } from './filter.ts'
import { parseSort } from './sort.ts'
import { loadRegexEngine } from './regex.ts'

await loadRegexEngine()

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return errorCode(error)
  }
}

function nested(depth: number): unknown {
  let filter: unknown = { a: 1 }
  for (let level = 1; level < depth; level++) filter = { $and: [filter] }
  return filter
}

describe('parseFilter', () => {
  it('reads several fields and operators as conditions that must all hold', () => {
    expect(parseFilter({ a: 1, 'b.c': { $gt: 2, $lte: 5 } })).toEqual({
      kind: 'and',
      filters: [
        { kind: 'equals', path: 'a', values: [1] },
        {
          kind: 'and',
          filters: [
            { kind: 'compare', path: 'b.c', operator: '>', value: 2 },
            { kind: 'compare', path: 'b.c', operator: '<=', value: 5 },
          ],
        },
      ],
    })
  })

  it('takes $not of a whole filter and of the operators of one field', () => {
    const equals = { kind: 'equals', path: 'a', values: [1] }
    expect(parseFilter({ $not: { a: 1 } })).toEqual({ kind: 'not', filter: equals })
    expect(parseFilter({ a: { $not: { $eq: 1 } } })).toEqual({ kind: 'not', filter: equals })
    expect(parseFilter({ a: { $ne: 1 } })).toEqual({ kind: 'not', filter: equals })
  })

  it('refuses operators where a plain value is compared, and takes them as names where equality is asked for', () => {
    for (const filter of [
      { a: { $gte: { $date: '2024-01-01' } } },
      { a: { $in: [1, { $oid: 'x' }] } },
      { a: { $nin: [{ $gt: 5 }] } },
      { a: { $all: [{ $date: 1 }] } },
      { $or: [{ b: 1 }, { a: { $not: { $lt: { $numberLong: '5' } } } }] },
    ])
      expect(() => parseFilter(filter)).toThrow(/takes a plain value, and "\$\w+" in it would mean nothing/)
    expect(parseFilter({ a: { $eq: { $ref: 'x' } } })).toEqual({ kind: 'equals', path: 'a', values: [{ $ref: 'x' }] })
    expect(codeOf(() => parseFilter({ a: { $gt: { b: { $date: 1 } } } }))).toBeUndefined()
  })

  it('takes operands as they would be stored', () => {
    const date = new Date(0)
    expect(parseFilter({ a: { $gte: date } })).toEqual({ kind: 'compare', path: 'a', operator: '>=', value: date.toISOString() })
    expect(parseFilter({ a: { b: 1, left: undefined } })).toEqual({ kind: 'equals', path: 'a', values: [{ b: 1 }] })
    expect(parseFilter({ a: date })).toEqual({ kind: 'equals', path: 'a', values: [date.toISOString()] })
  })

  it('does not see later changes of what was passed', () => {
    const wanted = { b: [1] }
    const filter = parseFilter({ a: wanted })
    wanted.b.push(2)
    expect(filter).toEqual({ kind: 'equals', path: 'a', values: [{ b: [1] }] })
  })

  it.each([
    ['null', null],
    ['a list', []],
    ['a Map, which has no fields', new Map([['a', 1]])],
    ['a Date', new Date()],
    ['an unknown operator', { a: { $near: 'x' } }],
    ['an unknown operator at the top', { $where: 'x' }],
    ['operators mixed with fields', { a: { $gt: 1, b: 2 } }],
    ['an undefined value, which is often a mistake', { a: undefined }],
    ['NaN', { a: Number.NaN }],
    ['a function', { a: () => 1 }],
    ['a lone surrogate', { a: '\ud800' }],
    ['$in without a list', { a: { $in: 1 } }],
    ['$exists without a boolean', { a: { $exists: 'yes' } }],
    ['an empty $and', { $and: [] }],
    ['$or without a list', { $or: { a: 1 } }],
    ['$not of a value', { a: { $not: 1 } }],
    ['$not of an object without operators', { a: { $not: {} } }],
    ['a back-reference', { a: /(x)\1/ }],
    ['look-ahead', { a: { $regex: 'x(?=y)' } }],
    ['an option that RE2 does not have', { a: { $regex: 'x', $options: 'x' } }],
    ['a sticky expression', { a: /x/y }],
    ['21 regular expressions', { $or: Array.from({ length: 21 }, () => ({ a: /x/ })) }],
    ['a pattern whose repetitions are long', { a: /x{501}/ }],
    ['patterns that are long together', { $or: [{ a: /x{300}/ }, { a: /y{300}/ }] }],
    ['a pattern of 1001 characters', { a: { $regex: 'x'.repeat(1001) } }],
    ['$options alone', { a: { $options: 'i' } }],
    ['$size of a fraction', { a: { $size: 1.5 } }],
    ['a type that JSON has not', { a: { $type: 'date' } }],
    ['$mod by 0', { a: { $mod: [0.5, 0] } }],
    ['$elemMatch of a value', { a: { $elemMatch: 1 } }],
    ['quotation marks that do not end', { '"a': 1 }],
    ['something behind quotation marks', { '"a"b': 1 }],
    ['an empty field name', { '': 1 }],
    ['an empty segment', { 'a..b': 1 }],
    ['a quotation mark in a path', { 'a"b': 1 }],
    ['a NUL in a path', { 'a\0': 1 }],
    ['a lone surrogate in a path', { '\udc00': 1 }],
    ['a path of 257 characters', { ['a'.repeat(257)]: 1 }],
    ['a path of 17 segments', { [Array(17).fill('a').join('.')]: 1 }],
    ['10,001 values in $in', { a: { $in: Array(10_001).fill(1) } }],
    ['201 conditions', { $or: Array.from({ length: 201 }, () => ({ a: 1 })) }],
    ['201 empty conditions', { $or: Array.from({ length: 201 }, () => ({})) }],
    ['17 levels', nested(17)],
    ['17 levels of $not', { a: JSON.parse(`${'{"$not":'.repeat(16)}{"$eq":1}${'}'.repeat(16)}`) }],
  ])('refuses %s', (_what, input) => {
    expect(codeOf(() => parseFilter(input))).toBe('bad-filter')
  })

  it.each([
    ['nothing', {}],
    ['200 conditions', { $or: Array.from({ length: 200 }, () => ({ a: 1 })) }],
    ['16 levels', nested(16)],
    ['10,000 values in $in', { a: { $in: Array(10_000).fill(1) } }],
    ['an empty $in', { a: { $in: [] } }],
    ['a path of 16 segments', { [Array(16).fill('a').join('.')]: 1 }],
    ['names in quotation marks', { '"a.b".""': 1, '"$x"': 1, '"\\u0000"': 1 }],
    ['odd names', { "it's": 1, 'a\\b': 1, '😀.[0]': 1 }],
  ])('accepts %s', (_what, input) => {
    expect(codeOf(() => parseFilter(input))).toBeUndefined()
  })
})

describe('parseSort', () => {
  it('keeps the order of the fields', () => {
    expect(parseSort({ name: 1, 'a.b': -1 })).toEqual([
      { path: 'name', descending: false },
      { path: 'a.b', descending: true },
    ])
  })

  it.each([
    ['null', null],
    ['a list', ['a']],
    ['another direction', { a: 2 }],
    ['a text direction', { a: 'asc' }],
    ['an operator', { $a: 1 }],
    ['a bad path', { 'a.': 1 }],
    ['nine fields', Object.fromEntries('abcdefghi'.split('').map((name) => [name, 1]))],
  ])('refuses %s', (_what, input) => {
    expect(codeOf(() => parseSort(input))).toBe('bad-sort')
  })
})
