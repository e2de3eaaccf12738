import { type FilterInput, isHeld, parseJson } from 'p2p-docstore'

/** What was typed into the filter box, as a filter; or what is wrong with it. */
export type QuickFilter = { readonly ok: true; readonly filter: FilterInput } | { readonly ok: false; readonly message: string }

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['>', '$gt'],
  ['>=', '$gte'],
  ['<', '$lt'],
  ['<=', '$lte'],
])

/** One condition: a field, an operator, and a value that is bare or in quotation marks. */
const CONDITION = /\s*([^\s=!<>:"']+)\s*(!=|>=|<=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*)(?=\s|$)/y

/** The last code point: every text with a prefix comes before the prefix and this. */
const LAST = '\u{10FFFF}'

/**
 * Reads the filter box: JSON such as `{"country":"FR"}`, or conditions such as `country=FR population>1000000`, all of which have
 * to be true. A bare value that looks like a number also finds the same text; `name=Par*` finds beginnings; `name=*` whatever has one.
 */
export function parseQuickFilter(text: string): QuickFilter {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, filter: {} }
  return trimmed.startsWith('{') ? parseJsonFilter(trimmed) : parseConditions(trimmed)
}

function parseJsonFilter(text: string): QuickFilter {
  try {
    const value = parseJson(text)
    return isFilter(value) ? { ok: true, filter: value } : notUnderstood(text)
  } catch (error) {
    if (error instanceof Error && !error.message.startsWith('Not JSON')) return { ok: false, message: `This JSON cannot be used. ${error.message}` }
    return { ok: false, message: 'This is not JSON yet. It looks like {"country":"FR"}' }
  }
}

function isFilter(value: unknown): value is FilterInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseConditions(text: string): QuickFilter {
  const filters: FilterInput[] = []
  CONDITION.lastIndex = 0
  while (CONDITION.lastIndex < text.length) {
    const from = CONDITION.lastIndex
    const [, field, operator, value] = CONDITION.exec(text) ?? []
    if (field === undefined || operator === undefined || value === undefined) return notUnderstood(text.slice(from).trim())
    filters.push({ [field]: conditionOf(operator, value) })
  }
  const [only] = filters
  return { ok: true, filter: filters.length === 1 && only !== undefined ? only : { $and: filters } }
}

function conditionOf(operator: string, text: string): unknown {
  const comparison = OPERATORS.get(operator)
  const values = valuesOf(text)
  if (comparison !== undefined) return { [comparison]: values[0] }
  if (operator === '!=') return { $nin: values }
  if (text === '*') return { $exists: true }
  if (/^[^"'].*\*$/.test(text)) return { $gte: text.slice(0, -1), $lt: text.slice(0, -1) + LAST }
  return values.length === 1 ? values[0] : { $in: values }
}

/** The values that a text may stand for, the likeliest first. */
function valuesOf(text: string): readonly (string | number | boolean | null)[] {
  if (/^(".*"|'.*')$/s.test(text)) return [text.slice(1, -1).replaceAll(/\\(.)/g, '$1')]
  if (text === 'null') return [null, text]
  if (text === 'true' || text === 'false') return [text === 'true', text]
  // A number that loses digits would find its neighbours.
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) && isHeld(text, Number(text)) ? [Number(text), text] : [text]
}

function notUnderstood(text: string): QuickFilter {
  return { ok: false, message: `“${text.slice(0, 40)}” is no condition. Write field=value, field>3, or JSON` }
}

/** Fields that an index for this filter and sort should hold: those that are given exactly, then the one to sort by. */
export function indexFieldsOf(filter: FilterInput, sortField: string | undefined): readonly string[] {
  const conditions: readonly FilterInput[] = '$and' in filter && Array.isArray(filter['$and']) ? filter['$and'].filter(isFilter) : [filter]
  const exact: string[] = []
  const others: string[] = []
  for (const condition of conditions) {
    for (const [field, value] of Object.entries(condition)) {
      if (field.startsWith('$') || field === '_id') continue
      const list = isExact(value) ? exact : others
      list.push(field)
    }
  }
  const ordered = sortField === undefined ? others.slice(0, exact.length === 0 ? 1 : 0) : [sortField]
  return [...new Set([...exact.slice(0, 3), ...ordered])].filter((field) => field !== '_id')
}

function isExact(value: unknown): boolean {
  if (!isFilter(value)) return true
  const operators = Object.keys(value)
  return operators.every((operator) => !operator.startsWith('$') || operator === '$eq' || operator === '$in')
}
