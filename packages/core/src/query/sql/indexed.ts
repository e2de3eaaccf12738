import { isPlainObject, type Document } from '../../model/content.ts'
import type { Json } from '../../model/json/json-value.ts'
import { arrayOnPath, type Path, typeExpression } from '../path.ts'
import { reach } from '../reach.ts'
import { arrayEntryValue, type FieldIndex } from './scope.ts'

/** What has been found at an indexed path, as bits: they decide what its index can answer. */
export const KINDS = { array: 1, boolean: 2, scalar: 4, object: 8 } as const

/** What an index whose path has met these kinds is good for. */
export function fieldIndex(ix: number, kinds: number): FieldIndex {
  const isMixed = (kinds & KINDS.boolean) !== 0 && (kinds & KINDS.scalar) !== 0
  return { ix, hasArrays: (kinds & KINDS.array) !== 0, isOrdered: (kinds & (KINDS.array | KINDS.object)) === 0 && !isMixed }
}

/** What a document has at an indexed path: its kind, and what `array_entries` holds where an array lies on the path. */
export function indexedAt(document: Document, path: Path): { readonly kind: number; readonly entries: readonly (number | string | Uint8Array)[] } {
  let value: Json | undefined = document
  for (const { name } of path) {
    if (Array.isArray(value)) break
    value = isPlainObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  if (!Array.isArray(value)) return { kind: kindOf(value), entries: [] }
  const entries: (number | string | Uint8Array)[] = []
  reach(document, path, 'elements and array', (one) => {
    const entry = one === undefined ? undefined : arrayEntryValue(one)
    if (entry !== undefined) entries.push(entry)
    return false
  })
  return { kind: KINDS.array, entries }
}

function kindOf(value: Json | undefined): number {
  if (value === undefined || value === null) return 0
  return typeof value === 'boolean' ? KINDS.boolean : typeof value === 'object' ? KINDS.object : KINDS.scalar
}

/** The SQL expression for the kind of a row. */
export function kindExpression(path: string): string {
  const { array, boolean, scalar, object } = KINDS
  const types = `WHEN 'true' THEN ${boolean} WHEN 'false' THEN ${boolean} WHEN 'null' THEN 0 WHEN 'object' THEN ${object}`
  return `CASE WHEN ${arrayOnPath(path)} THEN ${array} ELSE CASE coalesce(${typeExpression(path)}, 'null') ${types} ELSE ${scalar} END END`
}
