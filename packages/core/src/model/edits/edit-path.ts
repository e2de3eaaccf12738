import { utf8Length } from '../bytes.ts'
import { MAX_EDIT_PATH_BYTES, MAX_EDIT_PATH_LENGTH } from '../limits.ts'

/** The names that lead from a document to the field that an edit sets: `['address', 'city']`. */
export type EditPath = readonly string[]

/**
 * Whether names can be the path of an edit: 1 to 16 of them, 200 bytes together as JSON, none of them empty, reserved, ill-formed or begun by
 * U+FEFF, and the first not `_id`. Every path has one text then: its canonical JSON.
 */
export function isEditPath(path: readonly string[]): boolean {
  if (path.length < 1 || path.length > MAX_EDIT_PATH_LENGTH || path[0] === '_id') return false
  return path.every(isFieldName) && utf8Length(pathText(path)) <= MAX_EDIT_PATH_BYTES
}

/** Whether a name can lead to a field that changes by itself. */
export function isFieldName(name: string): boolean {
  return name !== '' && name !== '/' && name !== '__proto__' && !name.startsWith('\ufeff') && name.isWellFormed()
}

/** A path as text: the JSON of the list of its names. */
export function pathText(path: EditPath): string {
  return JSON.stringify(path)
}

/** Whether one path leads to a field that the other one leads through, or to the same. */
export function pathsMeet(a: EditPath, b: EditPath): boolean {
  return a.every((name, i) => i >= b.length || name === b[i])
}
