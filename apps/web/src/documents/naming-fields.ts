/** Fields that name a document; they come first. */
const NAMING = ['name', 'title', 'label', 'subject', 'text']

/** How early a field is to be shown: those that name a document in this order, then all others alike. */
export function namingRank(field: string): number {
  const at = NAMING.indexOf(field)
  return at === -1 ? NAMING.length : at
}
