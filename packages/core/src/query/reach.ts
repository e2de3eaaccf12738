import { isPlainObject, type Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import type { Path } from './path.ts'

/** Looks at one value that a path leads to, `undefined` where it leads to nothing. Returns whether that was enough. */
export type Visit = (value: Json | undefined) => boolean

/** What stands for an array at the end of a path: its elements and then the array itself, or the array alone. */
export type AtEnd = 'elements and array' | 'array'

/**
 * Follows a path through objects and arrays, as MongoDB's filters do: on its way it goes into every object in an array (one level of
 * arrays), and where it names a place, to that element too. An array without such an element gives nothing, an object without the
 * field gives `undefined`. Resolves to whether a visit returned true.
 */
export function reach(document: Json, path: Path, atEnd: AtEnd, visit: Visit): boolean {
  return fromObject(document, path, 0, atEnd, visit)
}

function fromObject(object: Json, path: Path, at: number, atEnd: AtEnd, visit: Visit): boolean {
  let value: Json | undefined = object
  for (let i = at; i < path.length; i++) {
    if (Array.isArray(value)) return inArray(value, path, i, atEnd, visit)
    value = fieldOf(value, path[i]?.name ?? '')
    if (value === undefined) return visit(undefined)
  }
  if (atEnd === 'elements and array' && Array.isArray(value) && (value as readonly Json[]).some(visit)) return true
  return visit(value)
}

function inArray(array: readonly Json[], path: Path, at: number, atEnd: AtEnd, visit: Visit): boolean {
  const place = path[at]?.place
  const isLast = at + 1 === path.length
  return array.some((element, i) => {
    if (isPlainObject(element) && fromObject(element, path, at, atEnd, visit)) return true
    if (i !== place) return false
    // The element that a path names at its end stands for itself: its own elements do not count.
    if (isLast) return visit(element)
    if (Array.isArray(element)) return inArray(element, path, at + 1, atEnd, visit)
    return isPlainObject(element) && fromObject(element, path, at + 1, atEnd, visit)
  })
}

/** The values at a path, those in arrays one by one: what `distinct` lists. */
export function valuesAt(document: Document, path: Path): Json[] {
  const values: Json[] = []
  reach(document, path, 'array', (value) => {
    if (Array.isArray(value)) values.push(...(value as readonly Json[]))
    else if (value !== undefined) values.push(value)
    return false
  })
  return values
}

/** Stands for an empty array in an order: it comes before null. */
export const EMPTY: unique symbol = Symbol('empty array')

/**
 * The values that a document is sorted by: those at the path, the elements of an array one by one, `EMPTY` for an empty one, null where
 * there is no field. MongoDB makes the keys of its indexes in this way.
 */
export function sortValues(document: Json, path: Path): (Json | typeof EMPTY)[] {
  const values: (Json | typeof EMPTY)[] = []
  collect(document, path, 0, values)
  return values
}

function collect(start: Json, path: Path, at: number, values: (Json | typeof EMPTY)[]): void {
  let value: Json | undefined = start
  for (let i = at; i < path.length; i++) {
    if (Array.isArray(value)) return collectFrom(value, path, i, values)
    value = fieldOf(value, path[i]?.name ?? '')
  }
  if (!Array.isArray(value)) values.push(value ?? null)
  else if (value.length === 0) values.push(EMPTY)
  else for (const element of value as readonly Json[]) values.push(element)
}

function collectFrom(array: readonly Json[], path: Path, at: number, values: (Json | typeof EMPTY)[]): void {
  const place = path[at]?.place
  if (place !== undefined && place < array.length) {
    const element = array[place] ?? null
    // Where the path ends at a place, an array there is one value, as it is for filters.
    if (at + 1 === path.length && Array.isArray(element) && element.length > 0) values.push(element)
    else collect(element, path, at + 1, values)
    return
  }
  if (array.length === 0) values.push(null)
  for (const element of array) {
    if (isPlainObject(element)) collect(element, path, at, values)
    else values.push(null)
  }
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
