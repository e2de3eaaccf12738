import { DocstoreError } from '../errors.ts'
import { type CollectionSettings, type CollectionsSettings, IS_SETTING, isSettingName } from '../model/namespace/collection-settings.ts'
import { COLLECTION_TYPES, isSetType } from '../model/types/collection-type.ts'
import { MAX_COLLECTION_FIELDS, MAX_CONTENT_BYTES, MAX_SCHEMA_BYTES, MAX_SET_COLLECTIONS } from '../model/limits.ts'
import { checkCollection } from './check-collection.ts'
import type { CollectionChange } from './types.ts'

/** What each setting can be. */
const SHAPES: { readonly [Name in keyof Required<CollectionSettings>]: string } = {
  type: `one of ${COLLECTION_TYPES.join(', ')}`,
  schema: `a JSON Schema, an object of at most ${MAX_SCHEMA_BYTES} bytes as JSON`,
  immutable: `a list of 1 to ${MAX_COLLECTION_FIELDS} fields of the document itself: no paths, none twice, not _id`,
  unique: `a list of 1 to ${MAX_COLLECTION_FIELDS} paths of fields, with dots: none twice, not _id`,
  maxBytes: `a number of bytes from 1 to ${MAX_CONTENT_BYTES}`,
}

/**
 * Settings of collections with what changes in them; `undefined` where nothing is set any more, since heads have nothing that is empty. Throws
 * `bad-collection`, `bad-rules`, `bad-type`.
 */
export function changedCollections(
  before: CollectionsSettings | undefined,
  change: Readonly<Record<string, CollectionChange | null>>,
  { isNew = false }: { readonly isNew?: boolean } = {},
): CollectionsSettings | undefined {
  const collections = new Map(Object.entries(before ?? {}))
  for (const [collection, settings] of Object.entries(change)) {
    checkCollection(collection)
    const old = collections.get(collection) ?? {}
    const kept = old.type === undefined ? {} : { type: old.type }
    const changed = settings === null ? kept : changedSettings(collection, old, settings)
    if (!isNew && changed.type !== old.type)
      throw new DocstoreError('bad-type', `The type of a collection stays as its namespace was made; that of "${collection}" is ${old.type ?? 'lww'}`)
    if (Object.keys(changed).length === 0) collections.delete(collection)
    else collections.set(collection, changed)
  }
  if (collections.size > MAX_SET_COLLECTIONS)
    throw new DocstoreError('bad-rules', `A namespace says something of ${MAX_SET_COLLECTIONS} collections at most; these are ${collections.size}`)
  return collections.size === 0 ? undefined : Object.fromEntries(collections)
}

function changedSettings(collection: string, before: CollectionSettings, change: CollectionChange): CollectionSettings {
  const settings = new Map<string, unknown>(Object.entries(before))
  for (const [name, value] of Object.entries(change)) {
    if (!isSettingName(name))
      throw new DocstoreError('bad-rules', `Collections have no setting ${JSON.stringify(name)}. There are ${Object.keys(IS_SETTING).join(', ')}`)
    if (value === undefined) continue
    if (name === 'type' && value !== null && value !== 'lww' && !isSetType(value))
      throw new DocstoreError('bad-type', `The type of a collection is ${SHAPES.type}, not ${JSON.stringify(value)}`)
    if (value !== null && !IS_SETTING[name](value))
      throw new DocstoreError('bad-rules', `The setting ${JSON.stringify(name)} of the collection "${collection}" has to be ${SHAPES[name]}`)
    if (value === null || value === 'lww') settings.delete(name)
    else settings.set(name, value)
  }
  return Object.fromEntries(settings)
}
