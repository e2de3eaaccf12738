import type { NamespaceInfo } from 'p2p-docstore'
import { collectionType } from '../namespaces/collection-type.ts'

/** Why this identity may not write a document of a collection (or any, without `documentId`); `undefined` where it may. */
export function whyReadOnly(info: NamespaceInfo, identity: string, collection: string, documentId?: string): string | undefined {
  if (info.ended !== undefined) return 'This namespace has ended: nothing is written here any more'
  if (!info.writable) return info.write === 'owner' ? 'Only the owner of this namespace writes here' : 'You are not among those who write here'
  const type = collectionType(info, collection)
  if (type === 'crdt') return 'Shared documents are changed by the programs that open them'
  if (type === 'log') return documentId === undefined || documentId.endsWith(authorName(identity)) ? undefined : 'This entry is another author’s'
  if (info.write !== 'author' || documentId === undefined) return undefined
  const ownPrefix = `${authorName(identity)}/`
  return documentId.startsWith(ownPrefix) ? undefined : 'This document belongs to another author'
}

/** What the ids of somebody's documents have in them: the id of the person, or the key behind its `did:key:`. */
function authorName(who: string): string {
  return who.replace(/^did:key:/, '')
}
