import { describe, expect, it } from 'vitest'
import { matches } from './match.ts'
import { parseFilter } from './filter.ts'
import { compareBySort, parseSort } from './sort.ts'
import type { Json } from '../model/json/json-value.ts'
import { loadRegexEngine } from './regex.ts'

await loadRegexEngine()

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
    [{ 'a.b': 2 }, [{ b: 2 }], true],
    [{ 'a.0': 2 }, [2], true],
    [{ 'a.0': 1 }, [[1, 2]], false],
    [{ 'a.0': [1, 2] }, [[1, 2]], true],
    [{ 'a.0.1': 2 }, [[1, 2]], true],
    [{ 'a.b': 2 }, [[{ b: 2 }]], false],
    [{ 'a.0.b': 2 }, [[{ b: 2 }]], true],
    [{ 'a.0': 5 }, [{ 0: 5 }], true],
    [{ 'a.00': 5 }, [5], false],
    [{ 'a.b.c': 3 }, [{ b: [{ c: 3 }] }], true],
    [{ a: { $elemMatch: { 0: 5 } } }, [[5]], true],
    [{ a: { $elemMatch: { $elemMatch: { $gt: 1 } } } }, [[1], [2]], true],
    [{ a: { $elemMatch: { $gt: 1 } } }, [[2]], false],
    [{ a: { $elemMatch: { b: 1 } } }, { b: 1 }, false],
    [{ a: { $size: 1 } }, [[1, 2]], true],
    [{ a: { $in: [/^x/, 7] } }, ['y', 'xy'], true],
    [{ a: { $not: /^x/ } }, 5, true],
    [{ a: /É/i }, 'é', true],
    [{ a: { $mod: [4, 0] } }, [3, 8], true],
    [{ a: { $mod: [-3, -1] } }, -4, true],
    [{ a: { $mod: [2, 0] } }, 1e300, false],
    [{ a: { $mod: [2, 0] } }, 2 ** 63, false],
    [{ a: { $mod: [2, 0] } }, -(2 ** 63), true],
    [{ 'a.0': null }, [{ b: 1 }], true],
    [{ 'a.0.b': null }, [{ b: 1 }], true],
    [{ 'a.0': { $elemMatch: { $eq: 5 } } }, [[5]], true],
    [{ a: { $elemMatch: { '1.b': 5 } } }, [[0, { b: 5 }]], true],
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
  it('orders empty arrays, null, numbers, text by code point, objects, arrays, booleans', () => {
    const inOrder: Json[] = [
      [],
      null,
      -1,
      0.5,
      2,
      '',
      'B',
      'a',
      '\uffff',
      '😀',
      {},
      { b: 1 },
      { b: 1, c: null },
      { c: 0 },
      { b: 'x' },
      [[1]],
      [[1, 0]],
      false,
      true,
    ]
    const documents = inOrder.map((a, i) => ({ _id: String(i).padStart(2, '0'), a }))
    expect([...documents].reverse().sort((x, y) => compareBySort(parseSort({ a: 1 }), x, y))).toEqual(documents)
    expect([...documents].sort((x, y) => compareBySort(parseSort({ a: -1 }), x, y))).toEqual([...documents].reverse())
  })

  it('takes an array at the place that a path names as one value', () => {
    const inOrder: Json[] = [[[]], [], [3], ['x'], [{ b: 1 }], [[2, 9]], [[5, 1]], [true]]
    const documents = inOrder.map((a, i) => ({ _id: `${i}`, a }))
    expect([...documents].reverse().sort((x, y) => compareBySort(parseSort({ 'a.0': 1 }), x, y))).toEqual(documents)
  })

  it('orders equal documents by _id, in the direction of the last field', () => {
    const [first, second] = [
      { _id: '1', a: 1 },
      { _id: '2', a: [1] },
    ]
    expect(compareBySort([], first, second)).toBeLessThan(0)
    expect(compareBySort(parseSort({ a: 1 }), first, second)).toBeLessThan(0)
    expect(compareBySort(parseSort({ b: 1, a: -1 }), first, second)).toBeGreaterThan(0)
  })
})
