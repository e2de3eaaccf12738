import * as dagJson from '@ipld/dag-json'
import { describe, expect, it } from 'vitest'
import { utf8 } from './bytes.ts'
import { canonicalJson, decodeContent, type Document, isFormerJson, storedForms } from './content.ts'
import { formerJson } from './json/former-json.ts'
import { MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH } from './limits.ts'
import { fc } from '../testing/fast-check.ts'

const text = fc.string({ unit: 'grapheme' })
const name = fc
  .oneof(text, fc.nat().map(String), fc.constantFrom('constructor', 'toString', 'toJSON', 'é', '\ue000', '😀', ''))
  .filter((key) => key !== '/' && key !== '__proto__')
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    text,
    fc.array(tie('json')),
    fc.dictionary(name, tie('json')),
  ),
}))

type Order = (a: string, b: string) => number
const byUnits: Order = (a, b) => (a < b ? -1 : 1)
const byBytes: Order = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** RFC 8785 as its appendix gives it, over what JSON.parse knows, with keys in this order. */
function reference(value: unknown, order: Order): string {
  if (Array.isArray(value)) return `[${value.map((item) => reference(item, order)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([a], [b]) => order(a, b))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${reference(item, order)}`).join(',')}}`
}

/** Whole numbers that RFC 8785 would write as digits beyond 64 bits. */
const big = fc.double({ min: 2 ** 63, max: 1e21, maxExcluded: true, noNaN: true })

/** Digits as the canonical form has them: with an exponent where they are no 64-bit integer. */
function asCanonicalNumber(digits: string): string {
  return Math.abs(Number(digits)) < 2 ** 63 ? digits : Number(digits).toExponential()
}

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, shuffled(item)]),
  )
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}

describe('canonical JSON', () => {
  it('is RFC 8785 with keys in the order of their bytes', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(value)).toBe(reference(value, byBytes).replaceAll(/(?<=[[:,]|^)-?\d{19,}(?=[\],}]|$)/g, asCanonicalNumber))
      }),
      { numRuns: 1000 },
    )
  })

  it('writes whole numbers from 2^63 on with an exponent, so that the same double comes back', () => {
    fc.assert(
      fc.property(big, fc.boolean(), (size, isNegative) => {
        const value = isNegative ? -size : size
        expect(canonicalJson(value)).toMatch(/^-?\d(\.\d+)?e\+(18|19|20)$/)
        expect(JSON.parse(canonicalJson(value))).toBe(value)
        expect(dagJson.decode(utf8(canonicalJson(value)))).toBe(value)
      }),
    )
    expect(canonicalJson([2 ** 63 - 1024, 2 ** 63, -(2 ** 63), 1e20, -1e20, 1e21, 1.2345678901234568e20])).toBe(
      '[9223372036854775000,9.223372036854776e+18,-9.223372036854776e+18,1e+20,-1e+20,1e+21,1.2345678901234568e+20]',
    )
  })

  it('does not depend on the order of keys, and is a fixed point', () => {
    fc.assert(
      fc.property(json, (value) => {
        const written = canonicalJson(value)
        expect(canonicalJson(shuffled(value))).toBe(written)
        expect(canonicalJson(JSON.parse(written))).toBe(written)
      }),
      { numRuns: 1000 },
    )
  })

  it('is dag-json', () => {
    fc.assert(
      fc.property(json, (value) => {
        const written = canonicalJson({ value })
        const asNumber = (_: string, item: unknown): unknown => (typeof item === 'bigint' ? Number(item) : item)
        expect(canonicalJson(JSON.parse(JSON.stringify(dagJson.decode(utf8(written)), asNumber)))).toBe(written)
      }),
      { numRuns: 1000 },
    )
  })

  it('writes numbers as ECMAScript does', () => {
    expect(canonicalJson([-0, 1e21, 1e20, 1e-7, 5e-324, 0.1 + 0.2, 2 ** 53])).toBe('[0,1e+21,1e+20,1e-7,5e-324,0.30000000000000004,9007199254740992]')
  })

  it('sorts keys by UTF-8 bytes, integer-like ones too', () => {
    expect(canonicalJson({ 10: 0, 9: 0, '😀': 0, '\ue000': 0, a: 0, A: 0, '': 0 })).toBe('{"":0,"10":0,"9":0,"A":0,"a":0,"\ue000":0,"😀":0}')
    expect(canonicalJson({ 'x😀': 0, 'x\uffff': 0, x: 0 })).toBe('{"x":0,"x\uffff":0,"x😀":0}')
  })

  it('follows JSON.stringify for undefined, sparse arrays and toJSON', () => {
    const sparse: unknown[] = [undefined]
    sparse[2] = 1
    const value = {
      a: undefined,
      b: sparse,
      c: new Date(0),
      d: { toJSON: () => undefined },
      e: { toJSON: () => ({ z: 1, a: 2 }) },
      f: [{ toJSON: () => undefined }],
    }
    expect(canonicalJson(value)).toBe('{"b":[null,null,1],"c":"1970-01-01T00:00:00.000Z","e":{"a":2,"z":1},"f":[null]}')
    const selfish = {
      a: 1,
      toJSON() {
        return { a: this.a }
      },
    }
    expect(canonicalJson(selfish)).toBe('{"a":1}')
  })

  it('takes instances of classes for their fields', () => {
    class Point {
      x = 1
      get y(): number {
        return 2
      }
    }
    expect(canonicalJson(new Point())).toBe('{"x":1}')
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  })

  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const cyclicList: unknown[] = []
  cyclicList.push(cyclicList, cyclicList)
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['a cycle', cyclic],
    ['a cycle that doubles', cyclicList],
    ['a field /', { '/': 'x' }],
    ['a field __proto__', JSON.parse('{"__proto__":1}')],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['bytes', new Uint8Array(2)],
    ['a Buffer', Buffer.from('x')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a promise', Promise.resolve(1)],
    ['an Error', new Error('x')],
    ['a RegExp', /x/],
    ['a boxed number', Object(1)],
    ['a boxed string', Object('x')],
    ['a boxed boolean', Object(true)],
    ['nesting beyond the limit', nested(MAX_CONTENT_DEPTH + 1)],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'bad-document' }))
    if (value !== undefined) expect(() => canonicalJson({ a: [value] })).toThrow(expect.objectContaining({ code: 'bad-document' }))
  })

  it('nests as deep as the limit', () => {
    expect(canonicalJson(nested(MAX_CONTENT_DEPTH))).toBe(JSON.stringify(nested(MAX_CONTENT_DEPTH)))
  })
})

describe('content from a peer', () => {
  const document = (bytes: number): string => canonicalJson({ _id: 'x', a: 'y'.repeat(bytes - '{"_id":"x","a":""}'.length) })

  it('has at most 120 KiB, and less where the network says so', () => {
    expect(decodeContent(utf8(document(MAX_CONTENT_BYTES)), 'x').ok).toBe(true)
    expect(decodeContent(utf8(document(MAX_CONTENT_BYTES + 1)), 'x', MAX_CONTENT_BYTES + 1)).toEqual({ ok: false, reason: 'too-large' })
    expect(decodeContent(utf8(document(100)), 'x', 100).ok).toBe(true)
    expect(decodeContent(utf8(document(101)), 'x', 100)).toEqual({ ok: false, reason: 'too-large' })
  })

  it('is what canonicalJson wrote', () => {
    fc.assert(
      fc.property(fc.dictionary(name, json), text, (fields, id) => {
        const written = canonicalJson({ ...fields, _id: id })
        const verdict = decodeContent(utf8(written), id)
        expect(verdict.ok && verdict.value.text).toBe(written)
      }),
      { numRuns: 500 },
    )
  })

  it('may have the former form, whole documents of it', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(json, big)), text, (fields, id) => {
        const document = JSON.parse(canonicalJson({ ...fields, _id: id })) as Document
        const former = formerJson(document)
        expect(former).toBe(reference(document, byUnits))
        const verdict = decodeContent(utf8(former), id)
        expect(verdict.ok && verdict.value.text).toBe(former)
        expect(isFormerJson(former)).toBe(former !== canonicalJson(document))
        expect(isFormerJson(canonicalJson(document))).toBe(false)
        expect(storedForms(document)).toEqual(isFormerJson(former) ? [canonicalJson(document), former] : [former])
      }),
      { numRuns: 500 },
    )
    const mixed = '{"_id":"x","n":100000000000000000000,"\ue000":1,"😀":2}'
    expect(decodeContent(utf8(mixed), 'x')).toEqual({ ok: false, reason: 'not-canonical' })
  })

  it('never throws, however deep it nests', () => {
    expect(decodeContent(utf8('['.repeat(MAX_CONTENT_BYTES)), 'x').ok).toBe(false)
    expect(decodeContent(utf8(`{"_id":"x","a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`), 'x')).toEqual({ ok: false, reason: 'bad-content' })
  })
})

it('names the field that cannot be stored, and what to do with a BigInt', () => {
  const message = (value: unknown): string => {
    try {
      return canonicalJson(value)
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }
  expect(message({ a: [{ id: 9007199254740993n }] })).toBe(
    'The document cannot be stored: the BigInt 9007199254740993 is not JSON, whose numbers are exact up to 2^53. Store its digits as text: String(value), in the field "a.0.id"',
  )
  expect(message({ a: 1, b: { c: new Map() } })).toBe('The document cannot be stored: a Map is not JSON, in the field "b.c"')
  expect(message({ b: Number.NaN })).toBe('The document cannot be stored: NaN is not a JSON number, in the field "b"')
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  expect(message(cyclic)).toContain('nested deeper than 64 levels, or refers to itself, in the field "self.self.')
})
