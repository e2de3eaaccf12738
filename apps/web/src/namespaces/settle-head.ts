import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { rulesChange, rulesOf } from './settings/rules-text.ts'

/** What two devices of the owner of a namespace set, and what one of them had said. */
export type HeadConflictFields = NonNullable<NamespaceInfo['conflict']>

/** What stands of the fields that both set. */
export function standingFields(info: NamespaceInfo, conflict: HeadConflictFields): HeadConflictFields {
  const { name, description = null, next = null, listed = false, history = null, collections = null } = info
  const now: Required<HeadConflictFields> = { name, description, next, listed, history, collections }
  return Object.fromEntries(Object.entries(now).filter(([field]) => field in conflict))
}

/** Sets these fields anew, which settles what was in conflict about them. */
export async function settleHead(store: Docstore, info: NamespaceInfo, fields: HeadConflictFields): Promise<void> {
  const namespace = await store.namespaces.open(info.id)
  const { collections, ...facts } = fields
  if (Object.keys(facts).length > 0) await namespace.set(facts)
  // Of what is set for collections, rules alone can be changed.
  if (collections !== undefined) await namespace.setRules(rulesChange(rulesOf(info.collections), rulesOf(collections)))
}
