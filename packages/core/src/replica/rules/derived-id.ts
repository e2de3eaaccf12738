import { canonicalJson, type Document } from '../../model/content.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'

/** A document with the id that its rules derive. */
export function withDerivedId(rules: CollectionRules, prefix: string, content: string): { readonly id: string; readonly content: string } {
  const document = JSON.parse(content) as Document
  const id = prefix + rules.idOf(document)
  return { id, content: canonicalJson({ ...document, _id: id }) }
}
