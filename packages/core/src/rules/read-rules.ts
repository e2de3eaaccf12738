import type { CollectionsSettings } from '../model/namespace/collection-settings.ts'
import type { Json } from '../model/json/json-value.ts'
import { loadRegexEngine } from '../query/regex.ts'
import { CollectionRules } from './collection-rules.ts'
import { readSchema } from './read-schema.ts'
import { SchemaFault } from './schema-fault.ts'

/** Rules by the names of their collections. */
export type HeadRules = ReadonlyMap<string, CollectionRules>

/** A schema that cannot be judged by. */
export interface BadSchema {
  readonly collection: string
  /** JSON Pointer to what is wrong in it. */
  readonly pointer: string
  /** What is wrong with that, as the end of a sentence. */
  readonly reason: string
}

/** What the settings of a head ask of documents, ready to judge by; or the first schema that cannot be. */
export async function readRules(collections: CollectionsSettings): Promise<HeadRules | BadSchema> {
  const rules = new Map<string, CollectionRules>()
  let needsPatterns = false
  for (const [collection, settings] of Object.entries(collections)) {
    if (settings.schema === undefined) {
      rules.set(collection, new CollectionRules(settings, undefined))
      continue
    }
    try {
      const { schema, usesPatterns } = readSchema(JSON.parse(settings.schema) as Json)
      rules.set(collection, new CollectionRules(settings, schema))
      needsPatterns ||= usesPatterns
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error
      return { collection, pointer: pointerTo(error.path), reason: error.message }
    }
  }
  if (needsPatterns) await loadRegexEngine()
  return rules
}

/** A path in JSON as a JSON Pointer (RFC 6901). */
function pointerTo(path: readonly (string | number)[]): string {
  return path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
