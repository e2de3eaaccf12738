/**
 * How documents of a collection are written: `lww`, whole or by field, the later wins; `map`, by field alone; `log`, once and never again; `crdt`, as
 * parts that a library for shared editing makes and puts together.
 */
export const COLLECTION_TYPES = ['lww', 'map', 'log', 'crdt'] as const
export type CollectionType = (typeof COLLECTION_TYPES)[number]

/** What a head says; a collection of which it says nothing is `lww`. */
export type SetType = Exclude<CollectionType, 'lww'>

/** Whether a text is a type that a head can name. */
export function isSetType(type: unknown): type is SetType {
  return type !== 'lww' && COLLECTION_TYPES.some((known) => known === type)
}

/** Whether each record of such a collection is its author's own: nobody else can take its place, or take it away. */
export function isOfAuthors(type: CollectionType): type is 'log' | 'crdt' {
  return type === 'log' || type === 'crdt'
}
