import type { NamespaceInfo } from 'p2p-docstore'

/** How the documents of a collection are written, `undefined` where nothing is said of it. */
export function collectionType({ collections }: NamespaceInfo, name: string): 'map' | 'log' | 'crdt' | undefined {
  return collections !== undefined && Object.hasOwn(collections, name) ? collections[name]?.type : undefined
}

/** The collections that have a type: they are there before they have documents. */
export function typedCollections(info: NamespaceInfo): readonly string[] {
  return Object.keys(info.collections ?? {}).filter((name) => collectionType(info, name) !== undefined)
}
