import { Query } from 'mingo'
import { beforeAll, describe, expect, it } from 'vitest'
import { isPlainObject, type Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { oracleFind, oracleMatches } from '../testing/mongo-oracle.ts'
import { patienceFor, queryCases, seedsOf, withSeed } from '../testing/query-cases.ts'
import { parseFilter } from './filter.ts'
import { matches } from './match.ts'
import { loadRegexEngine } from './regex.ts'

/** One operator of one field: what a filter is made of. */
interface Atom {
  readonly path: string
  readonly operator: string
  readonly operand: unknown
  readonly document: Document
}

/** Something that mingo is not right about. */
interface NotRight {
  readonly why: string
  /** The smallest case; what is ours alone has none. */
  readonly example?: readonly [filter: Readonly<Record<string, unknown>>, fields: { readonly [name: string]: Json }]
  readonly applies: (atom: Atom) => boolean
}

/**
 * Where mingo 7.2.7 does not answer as MongoDB documents it. Elsewhere the three have to agree, so that what the oracle and the product
 * have wrong together does not stay unseen.
 */
const NOT_RIGHT: readonly NotRight[] = [
  { why: 'names in quotation marks are ours', applies: ({ path, operand }) => path.includes('"') || typed(operand).includes('\\"') },
  { why: 'a $not of a whole filter is ours', applies: ({ operand }) => /\{"\$not":\{"(?!\$)|\[\{"\$not"/.test(typed(operand)) },
  {
    why: 'it looks into arrays in arrays',
    example: [{ 'a.0': 0 }, { a: [[0]] }],
    applies: ({ document }) => contains(document, (value) => Array.isArray(value) && value.some((element) => Array.isArray(element))),
  },
  {
    why: 'it throws where a value has a key "constructor"',
    example: [{ a: { $in: [1] } }, { a: { constructor: 0 } }],
    applies: ({ document, operand }) => typed([document, operand]).includes('"constructor"'),
  },
  {
    why: 'what is missing is not null to comparisons and $all',
    example: [{ a: { $gte: null } }, {}],
    applies: ({ operator, operand }) => /\$[gl]te|\$all/.test(operator) && contains(operand, (value) => value === null),
  },
  {
    why: 'only $eq compares with arrays',
    example: [{ a: { $gt: [] } }, { a: [1] }],
    applies: ({ operator, operand }) => operator !== '$eq' && contains(operand, Array.isArray),
  },
  {
    why: 'objects compare in an order of their own',
    example: [{ a: { $gt: { b: 2 } } }, { a: { a: {} } }],
    applies: ({ operator, operand }) => /^\$[gl]te?$/.test(operator) && isPlainObject(operand),
  },
  {
    why: '$mod takes texts and booleans for numbers, and cuts off no fractions',
    example: [{ a: { $mod: [4, 0] } }, { a: '' }],
    applies: ({ operator }) => operator === '$mod',
  },
  {
    why: '$type looks at no elements, and every number is a double',
    example: [{ a: { $type: 'string' } }, { a: ['x'] }],
    applies: ({ operator }) => operator === '$type',
  },
  {
    why: 'texts compare by UTF-16 unit, not by code point',
    example: [{ a: { $gt: '\uffff' } }, { a: '😀' }],
    applies: ({ operator, operand, document }) => /^\$[gl]te?$/.test(operator) && typed([operand, document]).includes('😀'),
  },
  {
    why: 'expressions match by UTF-16 unit',
    example: [{ a: /^.$/ }, { a: '😀' }],
    applies: ({ operator, document }) => operator === '$regex' && typed(document).includes('😀'),
  },
  {
    why: 'behind an array it makes a list of what it found, also of nothing',
    example: [{ 'a.b': [] }, { a: [] }],
    applies: ({ document, path }) => !isLedThrough(document, path.split('.')),
  },
  {
    why: 'that list is what $size and $elemMatch look at',
    example: [{ 'a.b': { $size: 1 } }, { a: [{ b: 2 }] }],
    applies: ({ operator, document, path }) => /\$size|\$elemMatch/.test(operator) && isBehindArray(document, path.split('.')),
  },
  {
    why: 'behind an array, a number is a place only, and no name',
    example: [{ 'a.0': 5 }, { a: [{ 0: 5 }] }],
    applies: ({ document, path }) =>
      objectsIn(document).some((object) =>
        path
          .split('.')
          .slice(1)
          .some((name) => /^[0-9]/.test(name) && Object.hasOwn(object, name)),
      ),
  },
  {
    why: '$elemMatch takes elements without fields for objects',
    example: [{ a: { $elemMatch: { b: 0 } } }, { a: [0] }],
    applies: ({ operator, operand, document }) =>
      operator === '$elemMatch' && !hasOperators(operand) && contains(document, (value) => Array.isArray(value) && !value.every(isPlainObject)),
  },
]

/** The same for sorting by a path, where one of the documents is like this. */
const NOT_IN_ORDER: readonly (readonly [why: string, applies: (document: Document, names: readonly string[]) => boolean])[] = [
  ['names in quotation marks are ours', (_, names) => names.some((name) => name.includes('"'))],
  ['a falling order takes the same element of an array as a rising one', (document, names) => isBehindArray(document, [...names, ''])],
  ['objects compare in an order of their own', (document, names) => isPlainObject(valueAt(document, names))],
  ['values with a key "constructor" throw', (document) => typed(document).includes('"constructor"')],
  ['texts compare by UTF-16: "\uffff" comes after "😀"', (document, names) => typed(valueAt(document, names)).includes('😀')],
]

beforeAll(loadRegexEngine)

describe('mingo', () => {
  const seeds = seedsOf(100)

  it('agrees with the oracle and with us where it is right', { timeout: patienceFor(seeds) }, async () => {
    let compared = 0
    for (const seed of seeds) {
      await withSeed(seed, () => {
        const { documents, queries } = queryCases(seed, 30)
        for (const atom of queries.flatMap(({ filter }) => documents.flatMap((document) => atomsOf(filter, document)))) {
          if (!isRight(atom)) continue
          const { path, operator, operand, document } = atom
          const filter = { [path]: operator === '$regex' ? operand : { [operator]: operand } }
          const [ours, theirs] = [matches(parseFilter(filter), document), new Query(filter).test(document)]
          expect({ ours, theirs }, typed([filter, document])).toEqual({ ours: oracleMatches(filter, document), theirs: ours })
          compared++
        }
      })
    }
    // So that the list does not end up explaining everything.
    expect(compared).toBeGreaterThan(100 * seeds.length)
  })

  it.each(NOT_RIGHT.flatMap(({ why, example }) => (example === undefined ? [] : [{ why, example }])))(
    'is not right: $why',
    ({ example: [filter, fields] }) => {
      const document = { _id: 'x', ...fields }
      const answer = (): unknown => {
        try {
          return new Query(filter).test(document)
        } catch {
          return 'an error'
        }
      }
      expect(answer()).not.toBe(oracleMatches(filter, document))
      expect(matches(parseFilter(filter), document)).toBe(oracleMatches(filter, document))
    },
  )

  it('puts documents in the same order where it is right', { timeout: patienceFor(seeds) }, async () => {
    let compared = 0
    for (const seed of seeds) {
      await withSeed(seed, () => {
        const { documents, queries } = queryCases(seed, 30)
        for (const [path, direction] of queries.flatMap(({ sort }) => Object.entries(sort))) {
          const names = path.split('.')
          if (documents.some((document) => NOT_IN_ORDER.some(([, applies]) => applies(document, names)))) continue
          const input = oracleFind(documents, {}, { _id: direction })
          const theirs = new Query({}).find<Document>(input).sort({ [path]: direction })
          expect(theirs.all(), typed([path, direction])).toEqual(oracleFind(documents, {}, { [path]: direction }))
          compared++
        }
      })
    }
    expect(compared).toBeGreaterThan(seeds.length)
  })
})

/** Whether mingo is right about an operator, and about those in it. */
function isRight(atom: Atom): boolean {
  if (NOT_RIGHT.some(({ applies }) => applies(atom))) return false
  const { path, operator, operand, document } = atom
  const conditions = operator === '$elemMatch' ? [operand] : operator === '$all' ? [operand].flat() : []
  return conditions.every((one) => {
    if (hasOperators(one)) return atomsOf({ [path]: one }, document).every(isRight)
    return !isPlainObject(one) || objectsIn(document).every((object) => atomsOf(one, { ...object, _id: '' }).every(isRight))
  })
}

function objectsIn(value: Json): { readonly [name: string]: Json }[] {
  if (typeof value !== 'object' || value === null) return []
  return [...(isPlainObject(value) ? [value] : []), ...Object.values(value).flatMap(objectsIn)]
}

function hasOperators(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && Object.keys(value).some((key) => key.startsWith('$') && !['$and', '$or', '$nor'].includes(key))
}

/** The operators of all fields at the top of a filter and in its lists. */
function atomsOf(filter: Readonly<Record<string, unknown>>, document: Document): Atom[] {
  return Object.entries(filter).flatMap(([path, condition]): Atom[] => {
    if (path.startsWith('$')) return [condition].flat().flatMap((one) => atomsOf(one as Readonly<Record<string, unknown>>, document))
    if (condition instanceof RegExp) return [{ path, operator: '$regex', operand: condition, document }]
    if (!hasOperators(condition)) return [{ path, operator: '$eq', operand: condition, document }]
    return Object.entries(condition).flatMap(([operator, operand]) => {
      if (operator === '$options') return []
      if (operator === '$not') return atomsOf({ [path]: operand }, document)
      if (operator !== '$regex') return [{ path, operator, operand, document }]
      const options = '$options' in condition ? { $options: condition['$options'] } : {}
      return [{ path, operator, operand: { $regex: operand, ...options }, document }]
    })
  })
}

/** Whether the path leads to a value in every element of the arrays on its way. */
function isLedThrough(value: Json, names: readonly string[], isBehind = false): boolean {
  const [name, ...rest] = names
  if (name === undefined) return true
  if (Array.isArray(value)) return value.length > 0 && value.every((one: Json) => isPlainObject(one) && isLedThrough(one, names, true))
  return isPlainObject(value) && Object.hasOwn(value, name) ? isLedThrough(value[name] ?? null, rest, isBehind) : !isBehind
}

function valueAt(value: Json | undefined, [name, ...rest]: readonly string[]): Json | undefined {
  return name === undefined ? value : isPlainObject(value) && Object.hasOwn(value, name) ? valueAt(value[name], rest) : undefined
}

/** Whether an array lies on the way. */
function isBehindArray(value: Json, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return false
  return Array.isArray(value) || (isPlainObject(value) && isBehindArray(value[name] ?? null, rest))
}

function contains(value: unknown, test: (value: unknown) => boolean): boolean {
  return test(value) || (typeof value === 'object' && value !== null && Object.values(value).some((one) => contains(one, test)))
}

function typed(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one instanceof RegExp ? String(one) : one)) ?? ''
}
