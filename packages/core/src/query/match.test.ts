import { describe, expect, it } from 'vitest'
import { matches } from './match.ts'
import { parseFilter } from './filter.ts'
import { compareBySort, parseSort } from './sort.ts'
import type { Json } from '../model/content.ts'

describe('matches', () => {
  it.each<[unknown, Json, boolean]>([
    [{ a: 1 }, 1, true],
    [{ a: 1 }, true, false],
    [{ a: true }, 1, false],
    [{ a: 0 }, false, false],
    [{ a: '1' }, 1, false],
    [{ a: null }, null, true],
    [{ b: null }, 1, true],
    [{ a: null }, 0, false],
    [{ a: null }, [1, null], true],
    [{ a: 2 }, [1, 2], true],
    [{ a: [1, 2] }, [1, 2], true],
    [{ a: [1, 2] }, [[1, 2], 3], true],
    [{ a: [1, 2] }, [2, 1], false],
    [{ a: { c: 1, b: 2 } }, { b: 2, c: 1 }, true],
    [{ a: { b: 2 } }, { b: 2, c: 1 }, false],
    [{ a: '[1]' }, [1], false],
    [{ 'a.b': 2 }, { b: 2, c: 1 }, true],
    [{ 'a.b': 2 }, [{ b: 2 }], false],
    [{ 'a.0': 2 }, [2], false],
    [{ 'a.length': 1 }, [2], false],
    [{ a: { $ne: 2 } }, [1, 2], false],
    [{ a: { $nin: [2, 3] } }, [1, 4], true],
    [{ a: { $gt: 5 } }, '9', false],
    [{ a: { $gt: 5 } }, [1, '9', 7], true],
    [{ a: { $gt: -1 } }, true, false],
    [{ a: { $gte: '' } }, { b: 1 }, false],
    [{ a: { $gt: 5, $lt: 3 } }, [1, 9], true],
    [{ a: { $not: { $gt: 5 } } }, 'text', true],
    [{ a: { $gt: '\uffff' } }, '😀', true],
    [{ a: { $exists: true } }, null, true],
    [{ b: { $exists: false } }, null, true],
    [{ a: { $in: [] } }, null, false],
    [{ _id: 'x' }, null, true],
    [{ $or: [{ a: 1 }, { b: 1 }] }, 2, false],
    [{ toString: null }, 1, true],
  ])('%j of { a: %j } is %j', (filter, a, expected) => {
    expect(matches(parseFilter(filter), { _id: 'x', a })).toBe(expected)
  })
})

describe('compareBySort', () => {
  it('orders missing and null, numbers and booleans, then text by code point', () => {
    const inOrder: Json[] = [null, -1, false, 0.5, true, 2, '', 'B', [1], 'a', { b: 1 }, '\uffff', '😀']
    const documents = inOrder.map((a, i) => ({ _id: `${i}`, a }))
    expect([...documents].reverse().sort((x, y) => compareBySort(parseSort({ a: 1 }), x, y))).toEqual(documents)
    expect([...documents].sort((x, y) => compareBySort(parseSort({ a: -1 }), x, y))).toEqual([...documents].reverse())
  })

  it('orders equal documents by _id, in the direction of the last field', () => {
    const [first, second] = [
      { _id: '1', a: 1 },
      { _id: '2', a: true },
    ]
    expect(compareBySort([], first, second)).toBeLessThan(0)
    expect(compareBySort(parseSort({ a: 1 }), first, second)).toBeLessThan(0)
    expect(compareBySort(parseSort({ b: 1, a: -1 }), first, second)).toBeGreaterThan(0)
  })
})
