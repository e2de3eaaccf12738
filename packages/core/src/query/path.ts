import { isPlainObject, type Document, type Json } from '../model/content.ts'
import { MAX_PATH_LENGTH, MAX_PATH_SEGMENTS } from './limits.ts'
import { textLiteral } from './sql-literal.ts'

/** What is wrong with a dotted path, as the end of a sentence; `undefined` where it is fine. */
export function pathFault(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`
  if (!path.isWellFormed()) return 'has a lone surrogate'
  const segments = path.split('.')
  if (segments.length > MAX_PATH_SEGMENTS) return `has more than ${MAX_PATH_SEGMENTS} segments`
  if (segments.includes('')) return 'has an empty segment'
  return /["\0]/.test(path) ? 'has a quotation mark or a NUL' : undefined
}

/** The value at a dotted path, `undefined` where there is none. Paths lead through objects only, not into arrays. */
export function valueAt(document: Document, path: string): Json | undefined {
  let value: Json | undefined = document
  for (const segment of path.split('.')) {
    if (!isPlainObject(value) || !Object.hasOwn(value, segment)) return undefined
    value = value[segment]
  }
  return value
}

/**
 * The SQL expression for the value at a dotted path: the column `id` for `_id`, else a `json_extract`. Queries and declared
 * indexes both write it this way, because SQLite uses an expression index only for the very same text.
 */
export function pathExpression(path: string): string {
  return path === '_id' ? 'id' : `json_extract(content, ${jsonPath(path)})`
}

/** The SQL expression for the JSON type of the value at a dotted path, NULL where there is none. */
export function typeExpression(path: string): string {
  return path === '_id' ? textLiteral('text') : `json_type(content, ${jsonPath(path)})`
}

/** SQLite's JSON path of a dotted path, as a literal. SQLite reads labels as JSON strings, so a backslash has to be escaped. */
export function jsonPath(path: string): string {
  const labels = path.split('.').map((segment) => JSON.stringify(segment))
  return textLiteral(`$.${labels.join('.')}`)
}
