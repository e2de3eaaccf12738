import { DocstoreError, type FilterInput, isHeld, parseJson } from 'p2p-docstore'

/** What was typed into the filter box: conditions, and words that have to be somewhere in a document; or what is wrong with it. */
export type QuickFilter =
  | { readonly ok: true; readonly filter: FilterInput; readonly words: readonly string[] }
  | { readonly ok: false; readonly message: string }

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['>', '$gt'],
  ['>=', '$gte'],
  ['<', '$lt'],
  ['<=', '$lte'],
])

/** One condition: a field, an operator, and a value that is bare or in quotation marks. */
const CONDITION = /\s*([^\s=!<>:"']+)\s*(!=|>=|<=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*)(?=\s|$)/y
/** A word to search for, or several in quotation marks. */
const WORD = /\s*("(?:[^"\\]|\\.)+"|'[^']+'|[^\s=<>:"'][^\s=<>:]*)(?=\s|$)/y

/** Most words of a search: each is looked for in every field. */
const MAX_WORDS = 5
/** Characters of all words together. */
const MAX_SEARCH_LENGTH = 200

/** The last code point: every text with a prefix comes before the prefix and this. */
const LAST = '\u{10FFFF}'

/**
 * Reads the filter box: JSON such as `{"country":"FR"}`; or conditions such as `country=FR population>1000000`, and words such as `lyon`,
 * all of which have to be true. A bare value that looks like a number also finds the same text; `name=Par*` finds beginnings; `name=*`
 * whatever has one.
 */
export function parseQuickFilter(text: string): QuickFilter {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, filter: {}, words: [] }
  return trimmed.startsWith('{') ? parseJsonFilter(trimmed) : parseTyped(trimmed)
}

function parseJsonFilter(text: string): QuickFilter {
  try {
    const value = parseJson(text)
    return isFilter(value) ? { ok: true, filter: value, words: [] } : notUnderstood(text)
  } catch (error) {
    if (!(error instanceof DocstoreError)) throw error
    // What JSON.parse would change without a word: nobody wants to find the neighbours of what was asked for.
    if (error.code !== 'bad-json') return { ok: false, message: `${error.message}.` }
    return { ok: false, message: `${error.message}. A filter is JSON, such as {"country":"FR"}, or words and conditions.` }
  }
}

function isFilter(value: unknown): value is FilterInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseTyped(text: string): QuickFilter {
  const conditions: FilterInput[] = []
  const words: string[] = []
  for (let at = 0; at < text.length; ) {
    CONDITION.lastIndex = at
    const [, field, operator, value] = CONDITION.exec(text) ?? []
    if (field !== undefined && operator !== undefined && value !== undefined) {
      conditions.push({ [field]: conditionOf(operator, value) })
      at = CONDITION.lastIndex
      continue
    }
    WORD.lastIndex = at
    const [, word] = WORD.exec(text) ?? []
    if (word === undefined) return notUnderstood(text.slice(at).trim())
    words.push(unquoted(word))
    at = WORD.lastIndex
  }
  if (words.length > MAX_WORDS) return { ok: false, message: `Search for at most ${MAX_WORDS} words, or for several in quotation marks.` }
  if (words.join('').length > MAX_SEARCH_LENGTH) return { ok: false, message: `Search for at most ${MAX_SEARCH_LENGTH} characters.` }
  const [only] = conditions
  const filter = only === undefined ? {} : conditions.length === 1 ? only : { $and: conditions }
  return { ok: true, filter, words }
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
  if (isQuoted(text)) return [unquoted(text)]
  if (text === 'null') return [null, text]
  if (text === 'true' || text === 'false') return [text === 'true', text]
  const number = numberOf(text)
  return number === undefined ? [text] : [number, text]
}

/** A number that was typed; `undefined` where it is none, or loses digits: it would find its neighbours. */
export function numberOf(text: string): number | undefined {
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) && isHeld(text, Number(text)) ? Number(text) : undefined
}

function isQuoted(text: string): boolean {
  return /^(".*"|'.*')$/s.test(text)
}

function unquoted(text: string): string {
  return isQuoted(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text
}

function notUnderstood(text: string): QuickFilter {
  return { ok: false, message: `“${text.slice(0, 40)}” is no condition. Write field=value, field>3, a word to search for, or JSON.` }
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
