import { DocstoreError, errorMessage } from '../errors.ts'
import { canonicalJson } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_IN_VALUES, MAX_REGEX_STEPS, MAX_REGEXES } from './limits.ts'
import { pathFault } from './path.ts'
import { loadRegexEngine, NoRegexEngine, type Regex, regexFault, regexSteps } from './regex.ts'
import { parseSearch, type Search } from './search.ts'
import { isTypeName, TYPE_NAMES, type TypeName } from './types.ts'

/** A condition on the values that a path leads to (`reach.ts` says which); true where it is true of one of them. */
export type FieldFilter =
  /** One of the values, where `null` also stands for a missing field. */
  | { readonly kind: 'equals'; readonly path: string; readonly values: readonly Json[] }
  /** Only values of the type of `value`, which is neither null nor a boolean. */
  | { readonly kind: 'compare'; readonly path: string; readonly operator: Comparison; readonly value: Json }
  | { readonly kind: 'exists'; readonly path: string }
  | { readonly kind: 'regex'; readonly path: string; readonly regex: Regex }
  | { readonly kind: 'type'; readonly path: string; readonly types: readonly TypeName[] }
  | { readonly kind: 'mod'; readonly path: string; readonly divisor: number; readonly remainder: number }
  /** An array of that many elements. */
  | { readonly kind: 'size'; readonly path: string; readonly size: number }
  /** An array with an element that matches: an object to which the filter's paths belong, or a value, which the path `SELF` means. */
  | { readonly kind: 'elemMatch'; readonly path: string; readonly of: 'objects' | 'values'; readonly filter: Filter }

/** A checked filter. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  /** Words in the fields of the collection's text index. At most one in a filter, and never under a `not`. */
  | { readonly kind: 'text'; readonly search: Search }
  | FieldFilter

/** The comparison operators, as SQL and JavaScript write them. */
export type Comparison = '>' | '>=' | '<' | '<='

/** The path of the element itself, in the filter of an `elemMatch` of values. No path that is typed is empty. */
export const SELF = ''

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['$gt', '>'],
  ['$gte', '>='],
  ['$lt', '<'],
  ['$lte', '<='],
])

const TOP_OPERATORS = '$and, $or, $nor, $not and $text'
const FIELD_OPERATORS = '$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $type, $regex, $mod, $size, $all, $elemMatch and $not'

/** How much one call of `parseFilter` has read. */
interface Budget {
  conditions: number
  regexes: number
  regexSteps: number
  searches: number
}

/** Where in a filter we are. */
interface Place {
  readonly path: string
  readonly depth: number
  readonly budget: Budget
}

/** Checks a MongoDB-like filter. Rejects with `bad-filter` for what it does not know, rather than matching more than was meant. */
export async function readFilter(input: unknown): Promise<Filter> {
  try {
    return parseFilter(input)
  } catch (error) {
    if (!(error instanceof NoRegexEngine)) throw error
    await loadRegexEngine()
    return parseFilter(input)
  }
}

/** Checks a filter that is asked of one document at a time, by `matches`. Refuses `$text` too, because only an index knows its fields. */
export async function readDocumentFilter(input: unknown): Promise<Filter> {
  const filter = await readFilter(input)
  if (!hasText(filter)) return filter
  throw badFilter('$text looks words up in the text index, so it cannot be asked of one change or document. Use find or watch')
}

/** It is never under a `not`. */
function hasText(filter: Filter): boolean {
  return filter.kind === 'text' || ((filter.kind === 'and' || filter.kind === 'or') && filter.filters.some(hasText))
}

/** The same as `readFilter` at once, where no regular expression can be in it or their engine is loaded; else it throws `NoRegexEngine`. */
export function parseFilter(input: unknown): Filter {
  return parseFields(input, 1, { conditions: 0, regexes: 0, regexSteps: 0, searches: 0 })
}

/** `where` is what the filter belongs to, where that cannot hold a `$text`. */
function parseFields(input: unknown, depth: number, budget: Budget, where?: string): Filter {
  if (!isRecord(input)) throw badFilter('a filter has to be an object of fields and operators')
  checkDepth(depth)
  const fields = Object.entries(input)
  // An empty filter counts as a condition, so that lists of them cannot be endless.
  if (fields.length === 0) spend(budget)
  return all(
    fields.map(([key, value]) => {
      if (key === '$and') return all(parseList(key, value, depth, budget, where))
      if (key === '$or') return { kind: 'or', filters: parseList(key, value, depth, budget, where) }
      if (key === '$nor') return not({ kind: 'or', filters: parseList(key, value, depth, budget, key) })
      if (key === '$not') return not(parseFields(value, depth + 1, budget, key))
      if (key === '$text') return textFilter(value, budget, where)
      if (key.startsWith('$')) {
        const hint = `. There are ${TOP_OPERATORS}; a field of this name is written ${JSON.stringify(JSON.stringify(key))}`
        throw badFilter(`the operator ${JSON.stringify(key)} is not known${hint}`)
      }
      const fault = pathFault(key)
      if (fault !== undefined) throw badFilter(`the field name ${JSON.stringify(key.slice(0, 80))} ${fault}`)
      return parseField({ path: key, depth, budget }, value)
    }),
  )
}

function parseList(operator: string, input: unknown, depth: number, budget: Budget, where: string | undefined): Filter[] {
  if (!Array.isArray(input) || input.length === 0) throw badFilter(`${operator} takes a list of at least one filter`)
  const list: readonly unknown[] = input
  return list.map((one) => parseFields(one, depth + 1, budget, where))
}

function parseField(place: Place, input: unknown): Filter {
  if (input instanceof RegExp || !hasOperators(input)) {
    spend(place.budget)
    return input instanceof RegExp ? regexFilter(place, input) : { kind: 'equals', path: place.path, values: [operand(place, input)] }
  }
  return parseOperators(place, input)
}

function parseOperators(place: Place, input: Readonly<Record<string, unknown>>): Filter {
  if ('$options' in input && !('$regex' in input)) throw badFilter(`$options of ${named(place)} belongs to a $regex`)
  const operators = Object.entries(input).filter(([operator]) => operator !== '$options')
  return all(operators.map(([operator, value]) => parseOperator(place, operator, value, input['$options'])))
}

function parseOperator(place: Place, operator: string, value: unknown, options: unknown): Filter {
  const { path, depth, budget } = place
  spend(budget)
  const comparison = COMPARISONS.get(operator)
  if (comparison !== undefined) return compareFilter(path, comparison, plainOperand(place, operator, value))
  switch (operator) {
    case '$eq':
      return { kind: 'equals', path, values: [operand(place, value)] }
    case '$ne':
      if (value instanceof RegExp) throw badFilter(`$ne of ${named(place)} takes no regular expression; write { $not: /…/ }`)
      return not({ kind: 'equals', path, values: [operand(place, value)] })
    case '$in':
      return inFilter(place, operator, value)
    case '$nin':
      return not(inFilter(place, operator, value))
    case '$exists':
      if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw badFilter(`$exists of ${named(place)} takes true or false`)
      return value ? { kind: 'exists', path } : not({ kind: 'exists', path })
    case '$not':
      if (value instanceof RegExp) return not(regexFilter(place, value))
      if (!hasOperators(value)) throw badFilter(`$not of ${named(place)} takes an object of operators or a regular expression`)
      checkDepth(depth + 1)
      return not(parseOperators({ ...place, depth: depth + 1 }, value))
    case '$regex':
      return regexFilter(place, value, options)
    case '$type':
      return { kind: 'type', path, types: typeNames(place, value) }
    case '$mod':
      return modFilter(place, value)
    case '$size':
      if (!isWhole(value) || value < 0) throw badFilter(`$size of ${named(place)} takes a whole number from 0`)
      return { kind: 'size', path, size: value }
    case '$all':
      return allFilter(place, value)
    case '$elemMatch':
      return elemMatchFilter(place, value)
    default:
      throw badFilter(`the operator ${JSON.stringify(operator)} of ${named(place)} is not known. There are ${FIELD_OPERATORS}`)
  }
}

/** Null and booleans have so few values that comparing with them is equality with some of these. */
function compareFilter(path: string, operator: Comparison, value: Json): Filter {
  const isOrEqual = operator === '>=' || operator === '<='
  if (value === null) return isOrEqual ? { kind: 'equals', path, values: [null] } : { kind: 'or', filters: [] }
  if (typeof value !== 'boolean') return { kind: 'compare', path, operator, value }
  const other = operator.startsWith('>') ? !value && [true] : value && [false]
  return { kind: 'equals', path, values: [...(isOrEqual ? [value] : []), ...(other || [])] }
}

function inFilter(place: Place, operator: string, input: unknown): Filter {
  const list = listOf(place, operator, input)
  const regexes = list.filter((one) => one instanceof RegExp).map((one) => regexFilter(place, one))
  const values = list.filter((one) => !(one instanceof RegExp)).map((one) => plainOperand(place, operator, one))
  const equals: Filter = { kind: 'equals', path: place.path, values }
  return regexes.length === 0 ? equals : { kind: 'or', filters: [equals, ...regexes] }
}

function allFilter(place: Place, input: unknown): Filter {
  const list = listOf(place, '$all', input)
  // As in MongoDB: nothing has all of nothing.
  if (list.length === 0) return { kind: 'or', filters: [] }
  return all(
    list.map((one) => {
      spend(place.budget)
      if (one instanceof RegExp) return regexFilter(place, one)
      if (isRecord(one) && '$elemMatch' in one) return parseOperators(place, one)
      return { kind: 'equals', path: place.path, values: [plainOperand(place, '$all', one)] }
    }),
  )
}

function elemMatchFilter(place: Place, input: unknown): Filter {
  const { path, depth, budget } = place
  if (!isRecord(input)) throw badFilter(`$elemMatch of ${named(place)} takes a filter for the elements`)
  checkDepth(depth + 1)
  const isOfValues = hasOperators(input) && !Object.keys(input).some((key) => ['$and', '$or', '$nor'].includes(key))
  return isOfValues
    ? { kind: 'elemMatch', path, of: 'values', filter: parseOperators({ path: SELF, depth: depth + 1, budget }, input) }
    : { kind: 'elemMatch', path, of: 'objects', filter: parseFields(input, depth + 1, budget, '$elemMatch') }
}

function regexFilter(place: Place, input: unknown, options?: unknown): Filter {
  place.budget.regexes++
  if (place.budget.regexes > MAX_REGEXES) throw badFilter(`it has more than ${MAX_REGEXES} regular expressions`)
  if (typeof input !== 'string' && !(input instanceof RegExp)) throw badFilter(`$regex of ${named(place)} takes a string or a regular expression`)
  if (options !== undefined && typeof options !== 'string') throw badFilter(`$options of ${named(place)} takes a string such as "i"`)
  // `g`, `u`, `v` and `d` change nothing in whether there is a match.
  const own = input instanceof RegExp ? input.flags.replace(/[guvd]/g, '') : ''
  const regex = { pattern: input instanceof RegExp ? input.source : input, flags: [...new Set((options ?? own).split(''))].sort().join('') }
  const fault = regexFault(regex)
  if (fault !== undefined) throw badFilter(`the regular expression for ${named(place)} ${fault}`)
  place.budget.regexSteps += regexSteps(regex)
  if (place.budget.regexSteps > MAX_REGEX_STEPS) {
    throw badFilter(
      `its regular expressions have more than ${MAX_REGEX_STEPS} steps, which would take too long. Repetitions such as x{100} count as many times`,
    )
  }
  return { kind: 'regex', path: place.path, regex }
}

function textFilter(input: unknown, budget: Budget, where: string | undefined): Filter {
  spend(budget)
  budget.searches++
  if (where !== undefined)
    throw badFilter(`$text cannot stand in ${where}. A word that must not be there has a minus in $search, as in "coffee -decaf"`)
  if (budget.searches > 1) throw badFilter('it has more than one $text. Put all words into one $search')
  const search = parseSearch(input)
  if (typeof search === 'string') throw badFilter(search)
  return { kind: 'text', search }
}

function typeNames(place: Place, input: unknown): TypeName[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  const unknown = list.find((one) => !isTypeName(one))
  if (list.length === 0 || list.length > TYPE_NAMES.length || unknown !== undefined) {
    throw badFilter(`$type of ${named(place)} takes one of ${TYPE_NAMES.join(', ')}, or a list of them; JSON has no other types`)
  }
  return list.filter(isTypeName)
}

function modFilter(place: Place, input: unknown): Filter {
  const [divisor, remainder, ...more]: readonly unknown[] = Array.isArray(input) ? input : []
  if (typeof divisor !== 'number' || typeof remainder !== 'number' || more.length > 0 || Math.trunc(divisor) === 0) {
    throw badFilter(`$mod of ${named(place)} takes [divisor, remainder], two numbers of which the first is not 0`)
  }
  return { kind: 'mod', path: place.path, divisor: Math.trunc(divisor), remainder: Math.trunc(remainder) }
}

function listOf(place: Place, operator: string, input: unknown): readonly unknown[] {
  if (!Array.isArray(input) || input.length > MAX_IN_VALUES)
    throw badFilter(`${operator} of ${named(place)} takes a list of at most ${MAX_IN_VALUES} values`)
  return input
}

/** A value to compare with. An object with operators is none, as in MongoDB; for a field that is called so there is `$eq`, and its path. */
function plainOperand(place: Place, operator: string, value: unknown): Json {
  if (hasOperators(value)) {
    const [key = ''] = Object.keys(value).filter((one) => one.startsWith('$'))
    throw badFilter(`${operator} of ${named(place)} takes a plain value, and ${JSON.stringify(key)} in it would mean nothing. Dates are ISO text`)
  }
  return operand(place, value)
}

/** The value as it would be stored: dates as their ISO text, `-0` as `0`, keys sorted. */
function operand(place: Place, value: unknown): Json {
  if (value === undefined) throw badFilter(`the value for ${named(place)} is undefined. Leave the field out, or look for null`)
  if (value instanceof RegExp) throw badFilter(`a regular expression is not a value; write { ${JSON.stringify(place.path)}: /…/ } or { $regex: "…" }`)
  try {
    const stored: Json = JSON.parse(canonicalJson(value))
    return stored
  } catch (error) {
    throw badFilter(`the value for ${named(place)} is not JSON (${errorMessage(error)})`, error)
  }
}

function named({ path }: Place): string {
  return path === SELF ? 'the element' : JSON.stringify(path)
}

function all(filters: readonly Filter[]): Filter {
  const [only] = filters
  return filters.length === 1 && only !== undefined ? only : { kind: 'and', filters }
}

function not(filter: Filter): Filter {
  return { kind: 'not', filter }
}

function spend(budget: Budget): void {
  budget.conditions++
  if (budget.conditions > MAX_FILTER_CONDITIONS) throw badFilter(`it has more than ${MAX_FILTER_CONDITIONS} conditions`)
}

function checkDepth(depth: number): void {
  if (depth > MAX_FILTER_DEPTH) throw badFilter(`it is nested deeper than ${MAX_FILTER_DEPTH} levels`)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function hasOperators(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && Object.keys(value).some((key) => key.startsWith('$'))
}

/** Not `isPlainObject`: a `Map` or a `Date` has no fields of its own, so it would pass for a filter that matches everything. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function badFilter(what: string, cause?: unknown): DocstoreError {
  return new DocstoreError('bad-filter', `The filter cannot be used: ${what}`, { cause })
}
