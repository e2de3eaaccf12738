import { DocstoreError } from '../../errors.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import { compareBySort, parseSort, pathOf, valuesAt } from '../../query/index.ts'
import { textLiteral } from '../../query/sql/sql-literal.ts'
import type { SqlValue } from '../drivers/driver.ts'

/** Most that the values may take together, UTF-16 units of JSON: as much as a page. */
const MAX_LENGTH: number = 16 * 1024 * 1024

/** Names that stand in SQLite's paths as they are. */
const PLAIN_NAME = /^[^"\\\0]+$/

/**
 * SQL for the different values of the field that a path begins with, as JSON, of the documents that a query finds; for whole documents
 * where SQLite has no path to it.
 */
export function distinctSql(path: string, query: string): string {
  const field = fieldOf(path)
  const value = PLAIN_NAME.test(field) ? `content -> ${textLiteral(`$.${JSON.stringify(field)}`)}` : 'content'
  return `SELECT DISTINCT ${value} AS value FROM (${query})`
}

/** The different values at a path, sorted as a query sorts them. An array stands for its elements, as in MongoDB. */
export function distinctValues(path: string, each: (onValue: (value: SqlValue | undefined) => boolean) => void): readonly Json[] {
  const field = fieldOf(path)
  return distinctOf(path, (add) =>
    each((text) => {
      if (typeof text !== 'string') return add({ _id: '' })
      const value = JSON.parse(text) as Json
      return add(PLAIN_NAME.test(field) ? { _id: '', [field]: value } : (value as Document))
    }),
  )
}

/** The same of documents, one by one, until `add` returns false. */
export function distinctOf(path: string, each: (add: (document: Document) => boolean) => void): readonly Json[] {
  const found = new Map<string, Json>()
  let length = 0
  each((document) => {
    for (const value of valuesAt(document, pathOf(path))) {
      const key = canonicalJson(value)
      if (found.has(key)) continue
      found.set(key, value)
      length += key.length
    }
    return length <= MAX_LENGTH
  })
  if (length > MAX_LENGTH)
    throw new DocstoreError('too-large', `The different values of ${JSON.stringify(path)} take more than ${MAX_LENGTH} characters. Ask with a filter`)
  const order = parseSort({ value: 1 })
  return [...found.values()].sort((a, b) => compareBySort(order, { _id: '', value: a }, { _id: '', value: b }))
}

/** Name of the field that a path begins with. */
function fieldOf(path: string): string {
  return pathOf(path)[0]?.name ?? ''
}
