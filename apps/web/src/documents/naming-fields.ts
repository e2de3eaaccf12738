import type { NewDocument } from 'p2p-docstore'

/** Fields that name a document; they come first. */
export const NAMING_FIELDS: readonly string[] = ['name', 'title', 'label', 'subject', 'text']

/** How early a field is to be shown: those that name a document in this order, then all others alike. */
export function namingRank(field: string): number {
  const at = NAMING_FIELDS.indexOf(field)
  return at === -1 ? NAMING_FIELDS.length : at
}

/** What a document is called, where it says so. */
export function namingText(document: NewDocument): string | undefined {
  for (const field of NAMING_FIELDS) {
    const value = document[field]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
