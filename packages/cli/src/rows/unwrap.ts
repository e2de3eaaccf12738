import { DocstoreError, isPlainObject as isAnyObject, JsonFault, LongNumber } from '@p2p-docstore/core'
import type { JsonOptions } from './options.ts'

/** The documents in a JSON value. */
export interface Unwrapped {
  readonly documents: readonly unknown[]
  /** Name of the array that was taken, where nothing but its being the only one spoke for it. */
  readonly guessed?: string
}

/**
 * The documents in a value: the elements of an array, the features of a GeoJSON FeatureCollection, what `--path` and `--keys` say,
 * else the value itself. Elements of CouchDB's lists give their `doc`, Nostr's `["EVENT", …]` its event. Throws `bad-path`.
 */
export function unwrap(value: unknown, { path, isKeyed }: JsonOptions, idField: string | undefined): Unwrapped {
  const found = path === undefined ? value : follow(value, path)
  if (isKeyed) return { documents: keyed(found, idField) }
  if (Array.isArray(found)) return { documents: elements(found) }
  if (path === undefined && isPlainObject(found)) {
    if (found['type'] === 'FeatureCollection' && Array.isArray(found['features'])) return { documents: found['features'] }
    if (Array.isArray(found['rows']) && found['rows'].length > 0 && found['rows'].every(isCouchRow)) return { documents: elements(found['rows']) }
  }
  return { documents: [found] }
}

/**
 * The documents in an object that is all there is in a file: the elements of the only array of objects in it, unless it has an id and
 * so is a document. Throws `many-documents` where several could be meant.
 */
export function unwrapOnly(value: unknown, options: JsonOptions, idField: string | undefined): Unwrapped {
  const usual = unwrap(value, options, idField)
  if (options.path !== undefined || options.isKeyed || !isPlainObject(value) || usual.documents[0] !== value) return usual
  if (Object.hasOwn(value, '_id') || (idField !== undefined && Object.hasOwn(value, idField))) return usual
  const fields = Object.entries(value)
  const lists = fields.filter(([, field]) => Array.isArray(field) && field.length > 0 && field.every(isPlainObject))
  const [only, ...others] = lists
  if (others.length > 0) {
    const names = lists.map(([name]) => JSON.stringify(name)).join(', ')
    throw new DocstoreError(
      'many-documents',
      `The file is one object with several lists: ${names}. Name one with --path, or store the whole with --path .`,
    )
  }
  if (only !== undefined) return { documents: elements(only[1] as readonly unknown[]), guessed: only[0] }
  if (fields.length > 1 && fields.every(([, field]) => isPlainObject(field))) {
    throw new DocstoreError(
      'many-documents',
      `The file is one object with ${fields.length} objects in it, such as ${JSON.stringify(fields[0]?.[0].slice(0, 40))}. --keys makes each a document with its name as _id; --path . stores the whole as one`,
    )
  }
  return usual
}

function follow(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const [depth, name] of path.entries()) {
    const next =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? (found as Readonly<Record<string, unknown>>)[name] : undefined
    if (next === undefined) {
      const here = isPlainObject(found)
        ? Object.keys(found).slice(0, 20).join(', ')
        : Array.isArray(found)
          ? `a list of ${found.length}`
          : JSON.stringify(found)
      throw new DocstoreError(
        'bad-path',
        `--path ${path.join('.')}: there is no ${JSON.stringify(path.slice(0, depth + 1).join('.'))}. There is: ${here}`,
      )
    }
    found = next
  }
  return found
}

function keyed(value: unknown, idField: string | undefined): readonly unknown[] {
  if (!isPlainObject(value)) throw new DocstoreError('bad-path', '--keys takes an object of objects; --path leads to one that lies deeper')
  return Object.entries(value).map(([key, field]) => {
    if (!isPlainObject(field) || idField !== undefined) return field
    if (!Object.hasOwn(field, '_id') || field['_id'] === key) return { _id: key, ...field }
    return new JsonFault(
      new DocstoreError('bad-id', `the document under ${JSON.stringify(key.slice(0, 80))} has another _id, ${JSON.stringify(field['_id'])}`),
    )
  })
}

function elements(list: readonly unknown[]): readonly unknown[] {
  const last = list.at(-1)
  if (list[0] === 'EVENT' && list.length <= 3 && isPlainObject(last)) return [last]
  return list.map((element) => (isCouchRow(element) ? element.doc : element))
}

/** A row of CouchDB's `_all_docs`, `_changes` or a view, with its document. */
function isCouchRow(value: unknown): value is { readonly doc: unknown } {
  return isPlainObject(value) && typeof value['id'] === 'string' && isPlainObject(value['doc']) && value['doc']['_id'] === value['id']
}

/** Whether a value is an object of the file, and no mark that stands for something else in it. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isAnyObject(value) && !(value instanceof LongNumber) && !(value instanceof JsonFault)
}
