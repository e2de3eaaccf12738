import type { ActingDevices } from '../namespace/namespace.ts'
import { mayWrite } from '../record.ts'
import type { WritePolicy } from '../namespace/namespace.ts'
import type { Refusal } from '../verdict.ts'
import { keyOf, personOf } from './author.ts'
import type { RolesState } from './roles-state.ts'

/** What is known of the persons and roles by which a namespace judges its records. */
export interface KnownPeople {
  person(digest: Uint8Array): ActingDevices | undefined
  /** Of a namespace with policy `members`. */
  readonly roles?: RolesState
}

/** What of a record says who may write it. */
export interface AuthoredRecord {
  readonly by: Uint8Array
  readonly at: number
  /** Of a put or an edit; a tombstone does not tell it. */
  readonly collection?: string
  /** Its id, where the policy looks at it: not of a tombstone, nor where the id names its author in another way. */
  readonly id: string | undefined
  readonly ownSlot?: true
  /** Whether it is what lies beneath the fields of a document of a map. */
  readonly isMapBase?: boolean
}

/** Why a record may not be by this author: the same on every peer that knows the same logs. */
export function authorFault(
  { write, owner }: { readonly write: WritePolicy; readonly owner: Uint8Array },
  { by, at, collection, id, ownSlot, isMapBase = false }: AuthoredRecord,
  people: KnownPeople,
): Refusal | undefined {
  const person = personOf(by)
  if (person !== undefined) {
    const acts = people.person(person)?.acts(keyOf(by), at) ?? 'unknown-person'
    if (acts !== 'yes') return acts
  }
  if (write !== 'members') return mayWrite(write, owner, by, id) ? undefined : 'not-allowed'
  const may = people.roles?.may(by, at, 'write', { ...(collection === undefined ? {} : { collection }), ...(ownSlot && { ownSlot }), isMapBase })
  return may === 'yes' ? undefined : may === 'revoked' ? 'revoked' : 'not-allowed'
}

/** Why a record with this hash is not accepted, whoever wrote it. */
export function removalFault(hash: Uint8Array, collection: string | undefined, { roles }: KnownPeople): Refusal | undefined {
  return roles?.isRemoved(hash, collection) === true ? 'removed' : undefined
}
