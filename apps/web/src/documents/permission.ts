import type { NamespaceInfo } from 'p2p-docstore'

/** Why this identity may not write a document (or any, without `documentId`); `undefined` where it may. */
export function whyReadOnly(info: NamespaceInfo, identity: string, documentId?: string): string | undefined {
  if (info.ended !== undefined) return 'This namespace has ended: nothing is written here any more'
  if (!info.writable) return info.write === 'owner' ? 'Only the owner of this namespace writes here' : 'You are not among those who write here'
  if (info.write !== 'author' || documentId === undefined) return undefined
  const ownPrefix = `${identity.slice('did:key:'.length)}/`
  return documentId.startsWith(ownPrefix) ? undefined : 'This document belongs to another author'
}
