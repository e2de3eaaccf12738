import type { CollectionRules, NamespaceInfo, RulesInput } from 'p2p-docstore'
import { parseJsonText, type TextFault } from '../../documents/editor/json-text.ts'
import { withEscapes } from '../../ui/hidden-characters.ts'

type Settings = NonNullable<NamespaceInfo['collections']>
type Rules = Readonly<Record<string, CollectionRules>>

/** The rules among what is set for collections, by their names; types of documents are none. */
export function rulesOf(collections: Settings | null | undefined): Rules {
  const all = Object.entries(collections ?? {}).map(([name, { schema, immutable, unique, maxBytes }]): [string, CollectionRules] => [
    name,
    {
      ...(schema !== undefined && { schema: JSON.parse(schema) as NonNullable<CollectionRules['schema']> }),
      ...(immutable !== undefined && { immutable }),
      ...(unique !== undefined && { unique }),
      ...(maxBytes !== undefined && { maxBytes }),
    },
  ])
  return Object.fromEntries(all.filter(([, rules]) => Object.keys(rules).length > 0))
}

/** Rules as people edit them. */
export function rulesText(rules: Rules): string {
  return withEscapes(JSON.stringify(rules, null, 2))
}

/** A text as rules of collections, or what is wrong with it. What the rules say is judged where they are set. */
export function parseRulesText(text: string): { readonly ok: true; readonly rules: Rules } | TextFault {
  const parsed = parseJsonText(text)
  if (!parsed.ok) return parsed
  if (isRules(parsed.value)) return { ok: true, rules: parsed.value }
  return { ok: false, message: 'Rules are an object with one for each collection, such as {"docs": {"maxBytes": 4096}}', line: 1, column: 1 }
}

/** What is to be set so that there are these rules and no others. */
export function rulesChange(before: Rules, after: Rules): RulesInput {
  return { ...Object.fromEntries(Object.keys(before).map((name) => [name, null])), ...after }
}

function isRules(value: unknown): value is Rules {
  return isObject(value) && Object.values(value).every(isObject)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
