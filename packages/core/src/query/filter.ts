import { DocstoreError, errorMessage } from '../errors.ts'
import { canonicalJson, type Json } from '../model/content.ts'
import { MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_IN_VALUES } from './limits.ts'
import { pathFault } from './path.ts'

/**
 * A checked filter. A condition on a field that holds an array is true if it is true of the array as a whole or of one of its
 * elements. `equals` is true of any of the values, where `null` also stands for a missing field; `compare` is true only of values of
 * the same type, strings being ordered by code point.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'equals'; readonly path: string; readonly values: readonly Json[] }
  | { readonly kind: 'compare'; readonly path: string; readonly operator: Comparison; readonly value: number | string }
  | { readonly kind: 'exists'; readonly path: string }

/** The comparison operators, as SQL and JavaScript write them. */
export type Comparison = '>' | '>=' | '<' | '<='

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['$gt', '>'],
  ['$gte', '>='],
  ['$lt', '<'],
  ['$lte', '<='],
])

/** How much one call of `parseFilter` has read. */
interface Budget {
  conditions: number
}

/** Checks a MongoDB-like filter. Throws `bad-filter` for what it does not know, rather than matching more than was meant. */
export function parseFilter(input: unknown): Filter {
  return parseFields(input, 1, { conditions: 0 })
}

function parseFields(input: unknown, depth: number, budget: Budget): Filter {
  if (!isRecord(input)) throw badFilter('a filter has to be an object of fields and operators')
  if (depth > MAX_FILTER_DEPTH) throw badFilter(`it is nested deeper than ${MAX_FILTER_DEPTH} levels`)
  const fields = Object.entries(input)
  // An empty filter counts as a condition, so that lists of them cannot be endless.
  if (fields.length === 0) spend(budget)
  return all(
    fields.map(([key, value]) => {
      if (key === '$and') return all(parseList(key, value, depth, budget))
      if (key === '$or') return { kind: 'or', filters: parseList(key, value, depth, budget) }
      if (key === '$not') return not(parseFields(value, depth + 1, budget))
      if (key.startsWith('$')) throw badFilter(`the operator ${JSON.stringify(key)} is not known`)
      const fault = pathFault(key)
      if (fault !== undefined) throw badFilter(`the field name ${JSON.stringify(key.slice(0, 80))} ${fault}`)
      return parseField(key, value, depth, budget)
    }),
  )
}

function parseList(operator: string, input: unknown, depth: number, budget: Budget): Filter[] {
  if (!Array.isArray(input) || input.length === 0) throw badFilter(`${operator} takes a list of at least one filter`)
  const list: readonly unknown[] = input
  return list.map((one) => parseFields(one, depth + 1, budget))
}

function parseField(path: string, input: unknown, depth: number, budget: Budget): Filter {
  if (!isRecord(input) || !Object.keys(input).some((key) => key.startsWith('$'))) {
    spend(budget)
    return { kind: 'equals', path, values: [operand(path, input)] }
  }
  return all(Object.entries(input).map(([operator, value]) => parseOperator(path, operator, value, depth, budget)))
}

function parseOperator(path: string, operator: string, value: unknown, depth: number, budget: Budget): Filter {
  spend(budget)
  const comparison = COMPARISONS.get(operator)
  if (comparison !== undefined) {
    const bound = operand(path, value)
    if (typeof bound !== 'number' && typeof bound !== 'string') throw badFilter(`${operator} of ${JSON.stringify(path)} takes a number or a string`)
    return { kind: 'compare', path, operator: comparison, value: bound }
  }
  switch (operator) {
    case '$eq':
      return { kind: 'equals', path, values: [operand(path, value)] }
    case '$ne':
      return not({ kind: 'equals', path, values: [operand(path, value)] })
    case '$in':
      return { kind: 'equals', path, values: operands(path, operator, value) }
    case '$nin':
      return not({ kind: 'equals', path, values: operands(path, operator, value) })
    case '$exists':
      if (typeof value !== 'boolean') throw badFilter(`$exists of ${JSON.stringify(path)} takes true or false`)
      return value ? { kind: 'exists', path } : not({ kind: 'exists', path })
    case '$not':
      if (!isRecord(value) || !Object.keys(value).some((key) => key.startsWith('$'))) {
        throw badFilter(`$not of ${JSON.stringify(path)} takes an object of operators`)
      }
      if (depth >= MAX_FILTER_DEPTH) throw badFilter(`it is nested deeper than ${MAX_FILTER_DEPTH} levels`)
      return not(parseField(path, value, depth + 1, budget))
    default:
      throw badFilter(`the operator ${JSON.stringify(operator)} of ${JSON.stringify(path)} is not known`)
  }
}

function operands(path: string, operator: string, input: unknown): Json[] {
  if (!Array.isArray(input) || input.length > MAX_IN_VALUES)
    throw badFilter(`${operator} of ${JSON.stringify(path)} takes a list of at most ${MAX_IN_VALUES} values`)
  const list: readonly unknown[] = input
  return list.map((value) => operand(path, value))
}

/** The value as it would be stored: dates as their ISO text, `-0` as `0`, keys sorted. */
function operand(path: string, value: unknown): Json {
  if (value instanceof RegExp) throw badFilter(`regular expressions are not supported, as for ${JSON.stringify(path)}`)
  try {
    const stored: Json = JSON.parse(canonicalJson(value))
    return stored
  } catch (error) {
    throw badFilter(`the value for ${JSON.stringify(path)} is not JSON (${errorMessage(error)})`, error)
  }
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

/** Not `isPlainObject`: a `Map` or a `Date` has no fields of its own, so it would pass for a filter that matches everything. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function badFilter(what: string, cause?: unknown): DocstoreError {
  return new DocstoreError('bad-filter', `The filter cannot be used: ${what}`, { cause })
}
