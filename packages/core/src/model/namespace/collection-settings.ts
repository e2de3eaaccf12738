import { utf8 } from '../bytes.ts'
import { isUint } from '../encoding/cbor.ts'
import { isCollectionName } from './collection-name.ts'
import { canonicalJson, isPlainObject } from '../content.ts'
import { isFieldName } from '../edits/edit-path.ts'
import { type SetType, isSetType } from '../types/collection-type.ts'
import {
  MAX_COLLECTION_FIELDS,
  MAX_CONTENT_BYTES,
  MAX_EDIT_PATH_LENGTH,
  MAX_FIELD_PATH_LENGTH,
  MAX_SCHEMA_BYTES,
  MAX_SET_COLLECTIONS,
} from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** What a head says of one collection. A setting that is left out means what holds without it. */
export interface CollectionSettings {
  /** How its documents are written; `lww` where it is left out. It stays as the namespace was made. */
  readonly type?: SetType
  /** JSON Schema of its documents as canonical JSON: as text, since signed structures have no fractions. */
  readonly schema?: string
  /** Fields of the document that never change: its id is their hash. */
  readonly immutable?: readonly string[]
  /** Paths of fields that no two documents have alike. Where the owner alone writes. */
  readonly unique?: readonly string[]
  /** Most bytes of a document, and of what an edit says. */
  readonly maxBytes?: number
}

/** Settings by the names of their collections. */
export type CollectionsSettings = Readonly<Record<string, CollectionSettings>>

/** Whether a value is one that the setting can have. A setting that is not listed is `unsupported`: who does not know what it means cannot judge by it. */
export const IS_SETTING: { readonly [Name in keyof Required<CollectionSettings>]: (value: unknown) => boolean } = {
  type: isTypeName,
  schema: isSchemaText,
  immutable: (value) => isFieldList(value, isImmutableField),
  unique: (value) => isFieldList(value, isFieldPath),
  maxBytes: (value) => isUint(value) && value > 0 && value <= MAX_CONTENT_BYTES,
}

/** The settings of collections in a head: `malformed`, or `unsupported` where there are some that this release does not know. */
export function readCollectionsSettings(value: unknown): Verdict<CollectionsSettings> {
  if (!isMap(value)) return refuse('malformed')
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.length > MAX_SET_COLLECTIONS) return refuse('malformed')
  let isKnown = true
  for (const [collection, one] of entries) {
    if (!isCollectionName(collection) || !isMap(one)) return refuse('malformed')
    const names = Object.keys(one)
    if (names.length === 0) return refuse('malformed')
    for (const name of names) {
      if (!isSettingName(name)) isKnown = false
      else if (!IS_SETTING[name](one[name])) return refuse('malformed')
      else if (name === 'type' && !isSetType(one[name])) isKnown = false
    }
  }
  return isKnown ? accept(value as CollectionsSettings) : refuse('unsupported')
}

/** Links and bytes are objects too. */
function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && Object.getPrototypeOf(value) === Object.prototype
}

/** Whether there is a setting of this name. */
export function isSettingName(name: string): name is keyof CollectionSettings {
  return Object.hasOwn(IS_SETTING, name)
}

/** A later version may have more types. */
function isTypeName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value)
}

function isSchemaText(value: unknown): value is string {
  if (typeof value !== 'string' || utf8(value).length > MAX_SCHEMA_BYTES) return false
  try {
    const schema: unknown = JSON.parse(value)
    return isPlainObject(schema) && canonicalJson(schema) === value
  } catch {
    return false
  }
}

function isFieldList(value: unknown, isField: (field: string) => boolean): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_COLLECTION_FIELDS || new Set(value).size < value.length) return false
  return value.every((field) => typeof field === 'string' && field.length <= MAX_FIELD_PATH_LENGTH && isField(field))
}

/** Whether a text names a field of the document itself, none within another. */
function isImmutableField(field: string): boolean {
  return isFieldName(field) && field !== '_id' && !field.includes('.')
}

/** Whether names that are parted by dots lead to a field. */
function isFieldPath(path: string): boolean {
  const names = path.split('.')
  return path !== '_id' && names.length <= MAX_EDIT_PATH_LENGTH && names.every(isFieldName)
}
