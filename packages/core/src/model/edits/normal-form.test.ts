import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { canonicalJson } from '../content.ts'
import { MAX_CONTENT_BYTES, MAX_EDITS } from '../limits.ts'
import { encodeEdit } from './edit-content.ts'
import { isEditPath, pathsMeet } from './edit-path.ts'
import { mergedContent } from './merged.ts'
import { normalForm } from './normal-form.ts'

interface Version {
  readonly slot: Uint8Array
  readonly at: number
  readonly hash: Uint8Array
  readonly isEdit: boolean
  readonly path: readonly string[]
  readonly content: string
}

/** Few times and paths, so that everything meets. */
const version: fc.Arbitrary<Version> = fc
  .record({
    path: fc.option(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })),
    at: fc.integer({ min: 1, max: 12 }),
    value: fc.option(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom({ a: 1 }, { b: { c: 2 } }, [1])), { nil: undefined }),
  })
  .map(({ path, at, value }) => {
    const isEdit = path !== null
    const content = isEdit ? encodeEdit('x', value) : canonicalJson({ _id: 'x', ...(value !== undefined && { a: value }) })
    const name = isEdit ? JSON.stringify(path) : 'document'
    return { slot: sha256(name).slice(0, 16), at, hash: sha256(`${name} ${at} ${content}`), isEdit, path: path ?? [], content }
  })

const many = fc.array(version, { maxLength: 40 })

/** The records that stay, as a list. */
function kept(records: readonly Version[]): readonly Version[] {
  const { base, edits } = normalForm(records)
  return base === undefined ? edits : [base, ...edits]
}

describe('the records of a document that are kept', () => {
  it('are the same however they are grouped, ordered and repeated', () => {
    fc.assert(
      fc.property(many, many, fc.infiniteStream(fc.nat()), (a, b, numbers) => {
        const all = [...a, ...b]
        const shuffled = all.map((one) => ({ one, key: numbers.next().value ?? 0 })).sort((x, y) => x.key - y.key)
        const expected = kept(all)
        expect(kept([...kept(a), ...kept(b)])).toEqual(expected)
        expect(kept([...kept(b), ...kept(a), ...a])).toEqual(expected)
        expect(kept(shuffled.map(({ one }) => one))).toEqual(expected)
        // One by one, as they arrive.
        expect(shuffled.reduce<readonly Version[]>((set, { one }) => kept([...set, one]), [])).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('are no more than the newest 128 edits, in whatever order more of them come', () => {
    const edits = Array.from({ length: 3 * MAX_EDITS }, (_, i): Version => {
      const path = [`f${i}`]
      return { slot: sha256(`${i}`).slice(0, 16), at: 1 + ((i * 7) % 50), hash: sha256(`hash ${i}`), isEdit: true, path, content: encodeEdit('x', i) }
    })
    const expected = kept(edits)
    expect(expected).toHaveLength(MAX_EDITS)
    for (const order of [edits.toReversed(), edits.toSorted((a, b) => a.at - b.at), edits.toSorted((a, b) => b.at - a.at)])
      expect(order.reduce<readonly Version[]>((set, one) => kept([...set, one]), [])).toEqual(expected)
  })

  it('make the same document in whatever order they lie', () => {
    fc.assert(
      fc.property(many, fc.infiniteStream(fc.nat()), (records, numbers) => {
        const { edits } = normalForm(records)
        const shuffled = edits.map((one) => ({ one, key: numbers.next().value ?? 0 })).sort((x, y) => x.key - y.key)
        const content = '{"_id":"x","a":{"b":1},"c":[1]}'
        expect(
          mergedContent(
            content,
            shuffled.map(({ one }) => one),
          ),
        ).toBe(mergedContent(content, edits))
      }),
    )
  })
})

describe('a document with edits', () => {
  const merge = (document: object, ...edits: readonly (readonly [path: string, value: unknown])[]): unknown => {
    const records = edits.map(([path, value], at) => ({ at, hash: sha256(`${at}`), path: path.split('.'), content: encodeEdit('x', value as never) }))
    return JSON.parse(mergedContent(canonicalJson({ _id: 'x', ...document }), records))
  }

  it('has the fields that they set, and not those that they take away', () => {
    expect(merge({ a: 1, b: { c: 1, d: 2 } }, ['b.c', 5], ['a', undefined], ['e.f.g', null])).toEqual({
      _id: 'x',
      b: { c: 5, d: 2 },
      e: { f: { g: null } },
    })
  })

  it('passes over what leads through something that is no object, and makes nothing to take away from', () => {
    expect(merge({ a: 1, list: [{ b: 1 }], n: null }, ['a.b', 1], ['list.0', 2], ['list.0.b', 2], ['n.x', 1], ['none.x', undefined])).toEqual({
      _id: 'x',
      a: 1,
      list: [{ b: 1 }],
      n: null,
    })
    expect(merge({}, ['toString.x', 1], ['constructor', 2])).toEqual({ _id: 'x', toString: { x: 1 }, constructor: 2 })
  })

  it('never becomes larger than documents are: what does not fit is passed over, and what fits after that is not', () => {
    const big = 'é'.repeat(15_000)
    const names = Array.from({ length: 6 }, (_, i) => [`f${i}`, big] as const)
    const merged = merge({}, ...names, ['small', 1], ['f0', undefined], ['last', big]) as Record<string, unknown>
    expect(Object.keys(merged).toSorted()).toEqual(['_id', 'f1', 'f2', 'f3', 'last', 'small'])
    expect(new TextEncoder().encode(canonicalJson(merged)).length).toBeLessThanOrEqual(MAX_CONTENT_BYTES)
  })

  it('has exactly the size at which the last one fits', () => {
    const rest = MAX_CONTENT_BYTES - canonicalJson({ _id: 'x', a: '', b: { c: '' } }).length
    const part = 30_000
    const edits = (last: number): readonly (readonly [string, string])[] => [
      ['a', 'x'.repeat(part)],
      ['b.c', 'y'.repeat(last)],
    ]
    const fill = 'z'.repeat(rest - 2 * part - ',"d":""'.length)
    expect(canonicalJson(merge({ d: fill }, ...edits(part))).length).toBe(MAX_CONTENT_BYTES)
    expect(merge({ d: fill }, ...edits(part + 1))).not.toHaveProperty('b')
  })
})

describe('the path of an edit', () => {
  it('is one that every peer takes, or none', () => {
    for (const path of [['a'], ['a', '_id'], ['0'], ['a b', 'é'], Array.from({ length: 16 }, () => 'a'), ['x'.repeat(196)]])
      expect(isEditPath(path), path.join('.')).toBe(true)
    for (const path of [
      [],
      [''],
      ['_id'],
      ['_id', 'a'],
      ['a', ''],
      ['/'],
      ['a', '__proto__'],
      ['\ud800'],
      ['\ufeffa'],
      Array.from({ length: 17 }, () => 'a'),
      ['x'.repeat(197)],
    ])
      expect(isEditPath(path), path.join('.')).toBe(false)
  })

  it('meets one that it leads to', () => {
    expect([pathsMeet(['a'], ['a', 'b']), pathsMeet(['a', 'b'], ['a']), pathsMeet(['a', 'b'], ['a', 'c'])]).toEqual([true, true, false])
  })
})
