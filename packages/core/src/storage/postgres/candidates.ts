import { storedForms } from '../../model/content.ts'
import { utf8 } from '../../model/bytes.ts'
import type { Json } from '../../model/json/json-value.ts'
import { type FieldIndex, type Filter, leadingWords, sortableBytes } from '../../query/index.ts'
import { rangeOfRegex } from '../../query/sql/regex-prefix.ts'
import { lookedUpInArrays } from '../../query/sql/scope.ts'
import type { SqlValue } from '../drivers/driver.ts'
import { ANY_KEY, keyOf } from './key-indexes.ts'
import { wordKey } from './word-indexes.ts'

/** What narrows a search down: every document that matches is among those that it finds. */
export interface Candidates {
  readonly sql: string
  readonly params: readonly SqlValue[]
  /** How they are looked up: without that, every document is looked at, some of them by the database alone. */
  readonly by: '_id' | 'index' | 'text' | undefined
  /** Indexed paths that take part, `undefined` for the text index. */
  readonly paths: readonly (string | undefined)[]
}

/** What is known of the indexes of a collection. */
export interface CandidateScope {
  field(path: string): FieldIndex | undefined
  readonly tx: number | undefined
}

/** The longest list of values that is looked up one by one. */
const MAX_VALUES = 256
/** Documents have no more than a few places in which a shorter text than this does not lie. */
const MIN_TEXT_LENGTH = 4

/** Candidates for a filter; `undefined` where nothing narrows it down. */
export function candidates(scope: CandidateScope, filter: Filter): Candidates | undefined {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.flatMap((one) => candidates(scope, one) ?? [])
      return parts.length === 0 ? undefined : joined(parts, 'AND')
    }
    case 'or': {
      const parts = filter.filters.map((one) => candidates(scope, one))
      const known = parts.filter((one) => one !== undefined)
      if (known.length < parts.length || known.length === 0) return undefined
      const all = joined(known, 'OR')
      return known.some(({ by }) => by === undefined) ? { ...all, by: undefined } : all
    }
    case 'text': {
      const words = leadingWords(filter.search).map(wordKey)
      if (scope.tx === undefined) return undefined
      if (words.length === 0) return { sql: 'FALSE', params: [], by: 'text', paths: [undefined] }
      const sql = among(`SELECT rid FROM text_words WHERE tx = ? AND word IN (${words.map(() => '?').join(', ')})`)
      return { sql, params: [scope.tx, ...words], by: 'text', paths: [undefined] }
    }
    case 'equals': {
      const { path, values } = filter
      if (path === '_id') return ids(values)
      const field = scope.field(path)
      if (field !== undefined && values.length <= MAX_VALUES) return keyed(field, path, { equal: values.map((value) => keyOf(sortableBytes(value))) })
      return containing(values)
    }
    case 'compare': {
      const { path, operator, value } = filter
      if (path === '_id') return typeof value === 'string' ? { sql: `id ${operator} ?`, params: [value], by: '_id', paths: [] } : NOTHING
      const field = scope.field(path)
      if (field === undefined) return undefined
      const key = keyOf(sortableBytes(value))
      const rank = key[0] ?? 0
      // Of the same type only. The end itself is in, whatever the operator says: a key may be cut.
      return keyed(field, path, operator.startsWith('>') ? { from: key, before: Uint8Array.of(rank + 1) } : { from: Uint8Array.of(rank), upTo: key })
    }
    case 'regex': {
      const range = rangeOfRegex(filter.regex)
      if (range === undefined) return undefined
      if (filter.path === '_id') return { sql: '(id >= ? AND id < ?)', params: [range.low, range.high], by: '_id', paths: [] }
      const field = scope.field(filter.path)
      return field && keyed(field, filter.path, { from: textKey(range.low), upTo: textKey(range.high) })
    }
    case 'elemMatch': {
      const parts = lookedUpInArrays(scope, filter).flatMap((one) => candidates(scope, one) ?? [])
      return parts.length === 0 ? undefined : joined(parts, 'AND')
    }
    default:
      return undefined
  }
}

const NOTHING: Candidates = { sql: 'FALSE', params: [], by: '_id', paths: [] }

function joined(parts: readonly Candidates[], word: 'AND' | 'OR'): Candidates {
  const by = (['_id', 'text', 'index'] as const).find((way) => parts.some((part) => part.by === way))
  return {
    sql: `(${parts.map(({ sql }) => sql).join(` ${word} `)})`,
    params: parts.flatMap(({ params }) => params),
    by,
    paths: parts.flatMap(({ paths }) => paths),
  }
}

function ids(values: readonly Json[]): Candidates | undefined {
  const texts = values.filter((value) => typeof value === 'string')
  if (texts.length === 0) return NOTHING
  if (texts.length > MAX_VALUES) return undefined
  return { sql: `id IN (${texts.map(() => '?').join(', ')})`, params: texts, by: '_id', paths: [] }
}

interface Keys {
  readonly equal?: readonly Uint8Array[]
  readonly from?: Uint8Array
  readonly before?: Uint8Array
  readonly upTo?: Uint8Array
}

function keyed({ ix }: FieldIndex, path: string, { equal, from, before, upTo }: Keys): Candidates {
  // Of documents that have too many values there is no more than this key.
  const [wanted, params]: [string, readonly SqlValue[]] =
    equal !== undefined
      ? [`key IN (${[...equal, ANY_KEY].map(() => '?').join(', ')})`, [...equal, ANY_KEY]]
      : before !== undefined
        ? ['(key >= ? AND key < ? OR key = ?)', [from ?? ANY_KEY, before, ANY_KEY]]
        : ['(key >= ? AND key <= ? OR key = ?)', [from ?? ANY_KEY, upTo ?? ANY_KEY, ANY_KEY]]
  return { sql: among(`SELECT rid FROM index_keys WHERE ix = ? AND ${wanted}`), params: [ix, ...params], by: 'index', paths: [path] }
}

/**
 * Documents that a statement finds. It is run first, and once: of an index that was just made the database has no statistics yet, and took a join of it with
 * all documents for cheaper, which is a hundred times slower.
 */
function among(select: string): string {
  return `rid = ANY(ARRAY(${select}))`
}

/** The key of the texts that begin so: without the end that a whole text has. */
function textKey(text: string): Uint8Array {
  return keyOf(Uint8Array.from([...sortableBytes('').slice(0, 1), ...utf8(text)]))
}

/** Documents in whose text one of the values stands somewhere: most need not travel then. */
function containing(values: readonly Json[]): Candidates | undefined {
  const forms = values.flatMap(storedForms)
  // What is null may be missing, and short texts are everywhere.
  if (values.includes(null) || forms.length === 0 || forms.length > MAX_VALUES || forms.some(({ length }) => length < MIN_TEXT_LENGTH))
    return undefined
  return { sql: `(${forms.map(() => 'strpos(content, ?) > 0').join(' OR ')})`, params: forms, by: undefined, paths: [] }
}
