import {
  canonicalJson,
  DocstoreError,
  type CollectionChange,
  type CollectionType,
  type CollectionsSettings,
  isPlainObject,
  type Json,
  type NamespaceInfo,
  type Replica,
} from '@p2p-docstore/core'

/** What documents of a collection have to be; every peer refuses others. */
export interface CollectionRules {
  /** JSON Schema, draft 2020-12, of the keywords that the guide lists; 8 KiB at most. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** Fields of the document itself that never change. The `_id` is made of them, so that other values make another document. */
  readonly immutable?: readonly string[]
  /** Paths of fields that no two documents have alike, where the owner alone writes. Kept by the peer that writes. */
  readonly unique?: readonly string[]
  /** Most bytes of a document as JSON. */
  readonly maxBytes?: number
}

/** Rules by the names of their collections; `null` takes those of a collection away. */
export type RulesInput = Readonly<Record<string, CollectionRules | null>>

const NO_RULES: CollectionChange = { schema: null, immutable: null, unique: null, maxBytes: null }

/** What changes where collections get these rules and no others. */
export function rulesChange(rules: RulesInput): Readonly<Record<string, CollectionChange>> {
  return Object.fromEntries(Object.entries(rules).map(([collection, one]) => [collection, { ...NO_RULES, ...(one === null ? {} : settingsOf(one)) }]))
}

/** Settings of collections as a head has them. */
export function collectionsOf(
  rules: Readonly<Record<string, CollectionRules>>,
  types: Readonly<Record<string, CollectionType>> = {},
): Readonly<Record<string, CollectionChange>> {
  const settings = new Map<string, CollectionChange>(Object.entries(rules).map(([collection, one]) => [collection, settingsOf(one)]))
  for (const [collection, type] of Object.entries(types)) settings.set(collection, { ...settings.get(collection), type })
  return Object.fromEntries(settings)
}

/** Values that cannot be are left to who checks them all. */
function settingsOf(rules: CollectionRules): CollectionChange {
  if (!isPlainObject(rules))
    throw new DocstoreError('bad-rules', 'The rules of a collection are an object, such as { schema: { required: ["total"] } }')
  const { schema, ...rest } = rules
  return schema === undefined ? rest : { ...rest, schema: canonicalJson(schema) }
}

/** The rules in a head, without settings of another kind. */
export function rulesOf({ collections = {} }: Pick<NamespaceInfo, 'collections'>): Readonly<Record<string, CollectionRules>> {
  return Object.fromEntries(
    Object.entries(collections).flatMap(([collection, settings]) => {
      const rules = rulesIn(settings)
      return Object.keys(rules).length === 0 ? [] : [[collection, rules]]
    }),
  )
}

function rulesIn({ schema, immutable, unique, maxBytes }: CollectionsSettings[string]): CollectionRules {
  return {
    ...(schema === undefined ? {} : { schema: JSON.parse(schema) as Readonly<Record<string, Json>> }),
    ...(immutable === undefined ? {} : { immutable }),
    ...(unique === undefined ? {} : { unique }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  }
}

/** What new rules would remove from everybody. */
export interface RulesCheck {
  readonly documents: number
  /** Versions that lost to others, and nobody has settled yet. */
  readonly conflicts: number
  /** Some of them, the first ones. */
  readonly examples: readonly {
    readonly collection: string
    readonly _id: string
    readonly rule: string
    readonly path: readonly (string | number)[]
    readonly text: string
    /** Whether it is a version that lost. */
    readonly isConflict?: true
  }[]
}

/** Finds out what rules would remove, and changes nothing. */
export async function checkRules(replica: Replica, namespace: string, rules: RulesInput): Promise<RulesCheck> {
  try {
    await replica.changeHead(namespace, { collections: rulesChange(rules), isTrial: true })
    return { documents: 0, conflicts: 0, examples: [] }
  } catch (error) {
    if (!(error instanceof DocstoreError) || error.code !== 'documents-against-rules') throw error
    return error.details as unknown as RulesCheck
  }
}

/** Sets rules, by whom the namespace belongs to. */
export async function setRules(
  replica: Replica,
  namespace: string,
  rules: RulesInput,
  force: boolean,
): Promise<Readonly<Record<string, CollectionRules>>> {
  return rulesOf(await replica.changeHead(namespace, { collections: rulesChange(rules), force }))
}
