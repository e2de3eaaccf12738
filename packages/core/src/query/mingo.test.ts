import { Query } from 'mingo'
import { beforeAll, describe, expect, it } from 'vitest'
import { isPlainObject, type Document, type Json } from '../model/content.ts'
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

/**
 * Where mingo 7.2.7 does not answer as MongoDB documents it, each with its smallest example. Elsewhere the three have to agree, so that
 * what the oracle and the product have wrong together does not stay unseen.
 */
const NOT_RIGHT: readonly (readonly [why: string, applies: (atom: Atom) => boolean])[] = [
  ['names in quotation marks are ours', ({ path, operand }) => path.includes('"') || typed(operand).includes('\\"')],
  ['a filter-level $not is ours', ({ operand }) => /\{"\$not":\{"(?!\$)|\[\{"\$not"/.test(typed(operand))],
  [
    'it looks into arrays in arrays: {a: /x/} finds {a: [["x"]]}',
    ({ document }) => contains(document, (value) => Array.isArray(value) && value.some((element) => Array.isArray(element))),
  ],
  [
    'a value with a key "constructor" throws: {a: {$in: [1]}} on {a: {constructor: 0}}',
    ({ document, operand }) => typed([document, operand]).includes('"constructor"'),
  ],
  [
    'missing is not null: {a: {$gte: null}}, {a: {$all: [null]}}',
    ({ operator, operand }) => /\$[gl]te|\$all/.test(operator) && contains(operand, (value) => value === null),
  ],
  [
    'only $eq compares with lists: {a: {$gt: []}} and {a: {$in: [[]]}}',
    ({ operator, operand }) => operator !== '$eq' && contains(operand, Array.isArray),
  ],
  ['objects compare in an order of their own', ({ operator, operand }) => /^\$[gl]te?$/.test(operator) && isPlainObject(operand)],
  ['$mod takes texts and booleans for numbers, and fractions as they are', ({ operator }) => operator === '$mod'],
  ['$type looks at no elements, and every number is a double', ({ operator }) => operator === '$type'],
  [
    'texts compare by UTF-16: {a: {$gt: "\uffff"}} does not find "😀"',
    ({ operator, operand }) => /^\$[gl]te?$/.test(operator) && typeof operand === 'string',
  ],
  ['expressions match by UTF-16: {a: /^.$/} does not find "😀"', ({ operator, document }) => operator === '$regex' && typed(document).includes('😀')],
  [
    'behind an array it makes a list of what it found, also of nothing: {"a.b": []} finds {a: []}',
    ({ document, path }) => !isLedThrough(document, path.split('.')),
  ],
  [
    'a number is a place in an array only: {"a.0": 5} does not find {a: [{0: [5]}]}',
    ({ document, path }) =>
      contains(
        document,
        (value) =>
          Array.isArray(value) &&
          value.some((element) => isPlainObject(element) && path.split('.').some((name) => /^[0-9]/.test(name) && Object.hasOwn(element, name))),
      ),
  ],
  [
    '$elemMatch takes elements without fields for objects: {a: {$elemMatch: {b: 0}}} finds {a: [0, {}]}',
    ({ operator, operand, document }) =>
      operator === '$elemMatch' && !hasOperators(operand) && contains(document, (value) => Array.isArray(value) && !value.every(isPlainObject)),
  ],
  [
    'that list is what $size counts: {"a.b": {$size: 1}} finds {a: [{b: 2}]}',
    ({ operator, document, path }) => /\$size|\$elemMatch/.test(operator) && isBehindArray(document, path.split('.')),
  ],
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
  const seeds = seedsOf(150)

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
  if (NOT_RIGHT.some(([, applies]) => applies(atom))) return false
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
