import type { Docstore, NamespaceInfo } from 'p2p-docstore'
import { rulesChange, rulesOf } from './settings/rules-text.ts'

/** What two devices of the owner of a namespace set, and what one of them had said. */
export type HeadConflictFields = Omit<NonNullable<NamespaceInfo['conflict']>, 'profile'>

/** What both set, line by line: what stands, and what it was here. */
export function conflictLines(info: NamespaceInfo, conflict: HeadConflictFields): readonly string[] {
  const standing = standingFields(info, conflict)
  return FIELDS.filter((field) => field in conflict).map(
    (field) => `${NAMES[field]}: ${shown(standing[field])}; here it was ${shown(conflict[field])}`,
  )
}

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

const NAMES: Readonly<Record<keyof HeadConflictFields, string>> = {
  name: 'name',
  description: 'description',
  next: 'namespace that takes its place',
  listed: 'listed',
  history: 'days of earlier versions',
  collections: 'rules of its collections',
}

const FIELDS = Object.keys(NAMES) as (keyof HeadConflictFields)[]

/** Longest text of rules that is shown. */
const MAX_RULES_LENGTH = 300

function shown(value: HeadConflictFields[keyof HeadConflictFields]): string {
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(rulesOf(value))
    return text.length > MAX_RULES_LENGTH ? `${text.slice(0, MAX_RULES_LENGTH)}…` : text
  }
  if (typeof value === 'string') return `“${value}”`
  if (typeof value === 'number') return String(value)
  return value === true ? 'yes' : value === false ? 'no' : 'nothing'
}
