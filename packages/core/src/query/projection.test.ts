import { expect, it } from 'vitest'
import type { Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { parseProjection, project } from './projection.ts'

const DOCUMENT: Document = {
  _id: 'x',
  name: 'pen',
  size: { w: 1, h: 2, unit: { long: 'cm' } },
  items: [{ a: 1, b: 2 }, 5, [{ a: 3 }, 7], { b: 4 }, null],
  none: null,
}

/** As the manual of MongoDB has it: db.collection.find(), "Projection". */
const CASES: readonly (readonly [projection: object, expected: { readonly [field: string]: Json }])[] = [
  [{ name: 1 }, { _id: 'x', name: 'pen' }],
  [{ name: true, _id: 0 }, { name: 'pen' }],
  [{ _id: 1 }, { _id: 'x' }],
  [{ missing: 1 }, { _id: 'x' }],
  [
    { 'size.w': 1, 'size.unit.long': 1 },
    { _id: 'x', size: { w: 1, unit: { long: 'cm' } } },
  ],
  [{ 'name.first': 1 }, { _id: 'x' }],
  [{ 'size.depth': 1 }, { _id: 'x', size: {} }],
  [{ 'items.a': 1 }, { _id: 'x', items: [{ a: 1 }, [{ a: 3 }], {}] }],
  [{ none: 1 }, { _id: 'x', none: null }],
  [
    { size: 0, items: false },
    { _id: 'x', name: 'pen', none: null },
  ],
  [
    { size: 0, items: 0, _id: 0 },
    { name: 'pen', none: null },
  ],
  [
    { 'size.unit': 0, items: 0, none: 0 },
    { _id: 'x', name: 'pen', size: { w: 1, h: 2 } },
  ],
  [
    { 'items.a': 0, size: 0, name: 0, none: 0 },
    { _id: 'x', items: [{ b: 2 }, 5, [{}, 7], { b: 4 }, null] },
  ],
]

for (const [projection, expected] of CASES) {
  it(`${JSON.stringify(projection)} gives what MongoDB gives`, () => {
    const parsed = parseProjection(projection)
    expect(parsed && project(parsed, DOCUMENT)).toEqual(expected)
  })
}

it('an empty projection keeps everything, and `_id: 0` everything else', () => {
  expect(parseProjection({})).toBeUndefined()
  const { _id, ...rest } = DOCUMENT
  const parsed = parseProjection({ _id: 0 })
  expect(parsed && project(parsed, DOCUMENT)).toEqual(rest)
})

it('leaves fields with the names of inherited ones what they are', () => {
  const document = JSON.parse('{"_id":"x","__proto__":{"a":1,"b":2},"constructor":3}') as Document
  const parsed = parseProjection(JSON.parse('{"__proto__.a":1,"toString":1,"constructor":1}'))
  expect(JSON.stringify(parsed && project(parsed, document))).toBe('{"_id":"x","__proto__":{"a":1},"constructor":3}')
})
