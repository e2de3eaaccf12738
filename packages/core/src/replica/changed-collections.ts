import { DocstoreError } from '../errors.ts'
import { type CollectionSettings, type CollectionsSettings, IS_SETTING, isSettingName } from '../model/collection-settings.ts'
import { MAX_COLLECTION_FIELDS, MAX_CONTENT_BYTES, MAX_SCHEMA_BYTES, MAX_SET_COLLECTIONS } from '../model/limits.ts'
import { checkCollection } from './check-collection.ts'
import type { CollectionChange } from './types.ts'

/** What each setting can be. */
const SHAPES: { readonly [Name in keyof Required<CollectionSettings>]: string } = {
  schema: `a JSON Schema, an object of at most ${MAX_SCHEMA_BYTES} bytes as JSON`,
  immutable: `a list of 1 to ${MAX_COLLECTION_FIELDS} fields of the document itself: no paths, none twice, not _id`,
  unique: `a list of 1 to ${MAX_COLLECTION_FIELDS} paths of fields, with dots: none twice, not _id`,
  maxBytes: `a number of bytes from 1 to ${MAX_CONTENT_BYTES}`,
}

/**
 * Settings of collections with what changes in them; `undefined` where nothing is set any more, since heads have nothing that is empty. Throws
 * `bad-collection`, `bad-rules`.
 */
export function changedCollections(
  before: CollectionsSettings | undefined,
  change: Readonly<Record<string, CollectionChange | null>>,
): CollectionsSettings | undefined {
  const collections = new Map(Object.entries(before ?? {}))
  for (const [collection, settings] of Object.entries(change)) {
    checkCollection(collection)
    const changed = settings === null ? {} : changedSettings(collection, collections.get(collection) ?? {}, settings)
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
    if (value !== null && !IS_SETTING[name](value))
      throw new DocstoreError('bad-rules', `The setting ${JSON.stringify(name)} of the collection "${collection}" has to be ${SHAPES[name]}`)
    if (value === null) settings.delete(name)
    else settings.set(name, value)
  }
  return Object.fromEntries(settings)
}
