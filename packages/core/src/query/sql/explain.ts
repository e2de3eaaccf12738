import { compileCondition } from './condition.ts'
import type { FieldFilter, Filter } from '../filter.ts'
import { MAX_SORT_FIELDS } from '../limits.ts'
import { rangeOfRegex } from './regex-prefix.ts'
import { accessOf, lookedUpInArrays, type QueryScope } from './scope.ts'
import { type Sort, TEXT_SCORE } from '../sort.ts'

/** A declared index, as far as an explanation needs it. */
interface UsableIndex {
  readonly fields: readonly string[]
  readonly text: boolean
}

/** How a query is answered. */
export interface Explanation {
  /** How documents are found: by their `_id`, by declared indexes on values or on words, or by reading the whole collection. */
  readonly found: '_id' | 'index' | 'text' | 'scan'
  /** Declared indexes that take part, for finding or for the order. */
  readonly indexes: readonly UsableIndex[]
  /** Whether documents come in order, as they lie in an index or by `_id`, or are sorted after they were found. */
  readonly order: 'index' | '_id' | 'sorted'
  /** How many documents the collection has. */
  readonly documents: number
  /** What SQLite cannot decide alone, so that JavaScript reads documents for it. */
  readonly inJavaScript: readonly string[]
  /** All that in a sentence. */
  readonly summary: string
  /** What would make it faster; absent where nothing has to be read in vain. */
  readonly hint?: string
  /** Fields of the indexes that the hint is about; absent where it is about none. */
  readonly missing?: readonly (readonly string[])[]
  /** The plan in SQLite's words, 100 lines at most. */
  readonly plan: readonly string[]
}

/** What an explanation is made of. */
export interface ExplanationInit {
  readonly scope: QueryScope
  readonly filter: Filter
  readonly sort: Sort
  /** The declared indexes of the collection, with their names in SQLite. */
  readonly indexes: readonly (UsableIndex & { readonly name: string })[]
  readonly documents: number
  /** Lines of EXPLAIN QUERY PLAN. */
  readonly plan: readonly string[]
}

const MAX_PLAN_LINES = 100
const MAX_LISTED = 50

/** Says how a query is answered, from its compiled plan. */
export function explained({ scope, filter, sort, indexes, documents, plan }: ExplanationInit): Explanation {
  const leaves = leavesOf(filter)
  const isScan = plan.some((line) => /^SCAN records\b|records_by_id \(ns=\? AND collection=\?\)|PRIMARY KEY \(rowid>\? AND rowid<\?\)/.test(line))
  const byFilter = accessOf(scope, filter)
  const found = isScan ? 'scan' : byFilter !== 'index' ? '_id' : leaves.some(({ kind }) => kind === 'text') ? 'text' : 'index'
  const order = plan.some((line) => line.includes('USE TEMP B-TREE'))
    ? 'sorted'
    : plan.some((line) => line.includes('INDEX records_by_id'))
      ? '_id'
      : 'index'
  // SQLite may read a collection through any index of it, which helps nobody unless it gives the order.
  const used = found === 'scan' && order !== 'index' ? [] : indexes.filter((index) => isUsed(index, plan, arrayPaths(scope, leaves)))
  const inJavaScript = [...new Set([...leaves.flatMap((leaf) => askedInJavaScript(scope, leaf)), ...sort.flatMap(sortedInJavaScript)])]
  return explanation({ filter, sort, indexes, documents, plan, found, used, order, inJavaScript })
}

/** An explanation in words, where it is known how documents are found and put in order. */
export function explanation({
  filter,
  sort,
  indexes,
  documents,
  plan,
  found,
  used,
  order,
  inJavaScript,
}: Omit<ExplanationInit, 'scope' | 'indexes'> &
  Pick<Explanation, 'found' | 'order' | 'inJavaScript'> & {
    readonly indexes: readonly UsableIndex[]
    readonly used: readonly UsableIndex[]
  }): Explanation {
  const hint = found === 'scan' && documents > 0 ? hintFor({ filter, sort, order, indexes }) : undefined
  return {
    found,
    indexes: used.map(({ fields, text }) => ({ fields, text })),
    order,
    documents,
    inJavaScript: inJavaScript.slice(0, MAX_LISTED),
    summary: `${foundBy({ found, used, documents, hasFilter: leavesOf(filter).length > 0 })}; ${ORDERS[order]}`,
    ...hint,
    plan: plan.slice(0, MAX_PLAN_LINES),
  }
}

const ORDERS = {
  index: 'they come in order from the index',
  _id: 'they come in order of _id',
  sorted: 'they are sorted afterwards',
} as const

export type Leaf = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>

export function leavesOf(filter: Filter): Leaf[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap(leavesOf)
    case 'not':
      return leavesOf(filter.filter)
    default:
      return [filter]
  }
}

/** Paths whose values in arrays are looked up. */
function arrayPaths(scope: QueryScope, leaves: readonly Leaf[]): string[] {
  return leaves.flatMap((leaf) => {
    if (leaf.kind === 'text') return []
    if (leaf.kind === 'elemMatch') return lookedUpInArrays(scope, leaf).map(({ path }) => path)
    const hasArrays = leaf.path !== '_id' && scope.field(leaf.path)?.hasArrays
    return hasArrays && accessOf(scope, leaf) === 'index' ? [leaf.path] : []
  })
}

function isUsed({ name, fields, text }: ExplanationInit['indexes'][number], plan: readonly string[], inArrays: readonly string[]): boolean {
  return plan.some((line) => {
    if (text) return line.startsWith(`SCAN ${name} `)
    return (
      line.includes(` INDEX ${name} `) ||
      line.endsWith(` INDEX ${name}`) ||
      (line.includes(' array_entries ') && fields.some((path) => inArrays.includes(path)))
    )
  })
}

function foundBy({
  found,
  used,
  documents,
  hasFilter,
}: Pick<Explanation, 'found' | 'documents'> & { readonly used: readonly UsableIndex[]; readonly hasFilter: boolean }): string {
  const names = used.map(({ fields, text }) => `${text ? 'the text index' : 'the index'} on ${fields.join(', ')}`).join(' and ')
  switch (found) {
    case '_id':
      return 'Documents are looked up by _id'
    case 'index':
    case 'text':
      return `Documents are looked up in ${names === '' ? 'a declared index' : names}`
    case 'scan':
      return `Every document of the collection ${hasFilter ? 'is looked at' : 'matches'} (${documents})`
  }
}

/** Operators by what they became. */
export const OPERATORS: { readonly [Kind in FieldFilter['kind']]: string } = {
  equals: 'equality',
  compare: 'a comparison',
  exists: '$exists',
  regex: '$regex',
  type: '$type',
  mod: '$mod',
  size: '$size',
  elemMatch: '$elemMatch',
}

function askedInJavaScript(scope: QueryScope, leaf: Leaf): string[] {
  if (leaf.kind === 'text' || !compileCondition(scope, leaf).sql.includes('docstore_')) return []
  const isNative = ['equals', 'compare', 'exists', 'type'].includes(leaf.kind)
  return [`${leaf.path}: ${OPERATORS[leaf.kind]}${isNative ? ', only for documents that have an array or an object there' : ''}`]
}

function sortedInJavaScript({ path }: Sort[number]): string[] {
  return path === TEXT_SCORE ? ['textScore'] : []
}

function hintFor({
  filter,
  sort,
  order,
  indexes,
}: Pick<ExplanationInit, 'filter' | 'sort'> & { readonly indexes: readonly UsableIndex[] } & Pick<Explanation, 'order'>):
  | Pick<Explanation, 'hint' | 'missing'>
  | undefined {
  const leaves = leavesOf(filter)
  if (leaves.length === 0) {
    const paths = order === 'sorted' ? pathsInOneDirection(sort) : []
    return paths.length === 0 ? undefined : made([paths], 'the order would come from it')
  }
  const wanted = (filter.kind === 'or' ? filter.filters : [filter]).map((part) => fieldsFor(part, filter.kind === 'or' ? [] : sort))
  const isMissing = (fields: readonly string[]): boolean =>
    !indexes.some((index) => !index.text && fields.every((path, i) => index.fields[i] === path))
  const missing = wanted.filter((fields) => fields.length > 0 && isMissing(fields))
  if (wanted.every(({ length }) => length > 0) && missing.length > 0) return made(missing, 'documents would be looked up in it')
  if (leaves.some(({ kind }) => kind === 'regex'))
    return {
      hint: 'A regular expression can use an index where it begins with ^ and plain characters, and has no option i. For words, make a text index and use $text',
    }
  return { hint: 'No index helps with these conditions: what is only said not to be, or to be missing, has to be looked for everywhere' }
}

function made(missing: readonly (readonly string[])[], why: string): Pick<Explanation, 'hint' | 'missing'> {
  return { hint: `Make an index with ${missing.map((fields) => `createIndex(${JSON.stringify(fields)})`).join(' and ')}: ${why}`, missing }
}

/** Fields of the index that suits a filter: those of equalities, then those of the order, or one that has a range. */
function fieldsFor(filter: Filter, sort: Sort): string[] {
  const required = filter.kind === 'and' ? filter.filters : [filter]
  const equal = pathsOf(required, (one) => one.kind === 'equals')
  const ranged = pathsOf(required, (one) => one.kind === 'compare' || (one.kind === 'regex' && rangeOfRegex(one.regex) !== undefined))
  const ordered = pathsInOneDirection(sort).filter((path) => !equal.includes(path))
  const [range] = ranged
  const last =
    ordered.length > 0 && (range === undefined || ordered[0] === range) ? ordered : range === undefined || equal.includes(range) ? [] : [range]
  return equal.length + ranged.length === 0 ? [] : [...equal, ...last].slice(0, MAX_SORT_FIELDS)
}

function pathsOf(filters: readonly Filter[], isWanted: (filter: Filter) => boolean): string[] {
  const paths = filters.flatMap((one) => (isWanted(one) && 'path' in one && one.path !== '_id' ? [one.path] : []))
  return [...new Set(paths)]
}

/** The paths of a sort whose order an index can have: all rising, or all falling. */
function pathsInOneDirection(sort: Sort): string[] {
  const isServed = sort.every(({ path, descending }) => path !== TEXT_SCORE && path !== '_id' && descending === sort[0]?.descending)
  return isServed ? sort.map(({ path }) => path) : []
}
