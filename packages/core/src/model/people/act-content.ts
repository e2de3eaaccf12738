import { asStruct, isBytes, isUint } from '../encoding/cbor.ts'
import { MAX_TIME } from '../clock.ts'
import { AUTHOR_BYTES, isAuthorKey, SIGNATURE_BYTES } from '../keys/identity.ts'
import { MAX_DEVICE_LABEL_LENGTH, MAX_REMOVED_RECORDS } from '../limits.ts'
import { isCollectionName } from '../namespace/collection-name.ts'
import { PERSON_BYTES } from './author.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** What members may do, each beside all before it. */
export const MEMBER_ROLES = ['read', 'write', 'moderate', 'manage'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** What an act of a person's log does. */
export type PersonAct =
  /** A key becomes a device; it proves itself by signing. */
  | { readonly type: 'add'; readonly key: Uint8Array; readonly label: string; readonly proof: Uint8Array }
  /** A device ends: its records after `until` are void, with `void` all of them. */
  | { readonly type: 'revoke'; readonly key: Uint8Array; readonly until: number; readonly void?: true }
  | { readonly type: 'label'; readonly key: Uint8Array; readonly label: string }
  /** The recovery key names the hash of the one that is to follow it. */
  | { readonly type: 'rotate'; readonly next: Uint8Array }
  /** That key proves itself, and is the recovery key from now on. */
  | { readonly type: 'confirm' }

/** What an act of a namespace's log of roles does. */
export type RoleAct =
  /** A person or a key gets a role, in one collection or in all. */
  | {
      readonly type: 'grant'
      readonly to: Uint8Array
      readonly role: MemberRole
      readonly from: number
      readonly until?: number
      readonly collection?: string
    }
  /** All roles of somebody end: their records after `until` are void, with `void` all that those roles allowed. */
  | { readonly type: 'dismiss'; readonly who: Uint8Array; readonly until: number; readonly void?: true }
  /** Records, by their hashes, are not accepted any more. */
  | { readonly type: 'remove'; readonly records: readonly Uint8Array[] }

export type ActContent = PersonAct | RoleAct

/** Reads what an act does: `unsupported` where this release does not know its type. */
export function readActContent(value: unknown): Verdict<ActContent> {
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') return refuse('malformed')
  const content = readKnown(value.type, value)
  return content === 'unknown' ? refuse('unsupported') : content === undefined ? refuse('malformed') : accept(content)
}

function readKnown(type: string, value: object): ActContent | undefined | 'unknown' {
  switch (type) {
    case 'add': {
      const { key, label, proof } = asStruct(value, ['type', 'key', 'label', 'proof']) ?? {}
      return isKey(key) && isDeviceLabel(label) && isBytes(proof, SIGNATURE_BYTES) ? { type, key, label, proof } : undefined
    }
    case 'revoke': {
      const { key, until, void: isVoid } = asStruct(value, ['type', 'key', 'until'], ['void']) ?? {}
      return isKey(key) && isTime(until) && isFlag(isVoid) ? { type, key, until, ...(isVoid && { void: true }) } : undefined
    }
    case 'label': {
      const { key, label } = asStruct(value, ['type', 'key', 'label']) ?? {}
      return isKey(key) && isDeviceLabel(label) ? { type, key, label } : undefined
    }
    case 'rotate': {
      const { next } = asStruct(value, ['type', 'next']) ?? {}
      return isBytes(next, 32) ? { type, next } : undefined
    }
    case 'confirm':
      return asStruct(value, ['type']) && { type }
    case 'grant':
      return readGrant(value)
    case 'dismiss': {
      const { who, until, void: isVoid } = asStruct(value, ['type', 'who', 'until'], ['void']) ?? {}
      return isPrincipal(who) && isTime(until) && isFlag(isVoid) ? { type, who, until, ...(isVoid && { void: true }) } : undefined
    }
    case 'remove': {
      const { records } = asStruct(value, ['type', 'records']) ?? {}
      if (!Array.isArray(records) || records.length === 0 || records.length > MAX_REMOVED_RECORDS) return undefined
      return records.every((hash) => isBytes(hash, 32)) ? { type, records } : undefined
    }
    default:
      return 'unknown'
  }
}

function readGrant(value: object): RoleAct | undefined {
  const { to, role: name, from, until, collection } = asStruct(value, ['type', 'to', 'role', 'from'], ['until', 'collection']) ?? {}
  const role = MEMBER_ROLES.find((known) => known === name)
  if (role === undefined || !isPrincipal(to) || !isTime(from) || !(until === undefined || (isTime(until) && until >= from))) return undefined
  if (!(collection === undefined || (typeof collection === 'string' && isCollectionName(collection)))) return undefined
  // Whoever manages gives roles in every collection.
  if (role === 'manage' && collection !== undefined) return undefined
  return { type: 'grant', to, role, from, ...(until === undefined ? {} : { until }), ...(collection === undefined ? {} : { collection }) }
}

/** Whether a text can say what a device is. */
function isDeviceLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DEVICE_LABEL_LENGTH && value.isWellFormed() && !value.startsWith('\ufeff')
}

function isKey(value: unknown): value is Uint8Array {
  return isBytes(value, AUTHOR_BYTES) && isAuthorKey(value)
}

function isPrincipal(value: unknown): value is Uint8Array {
  return isBytes(value, PERSON_BYTES) || isKey(value)
}

function isTime(value: unknown): value is number {
  return isUint(value) && value <= MAX_TIME
}

function isFlag(value: unknown): value is true | undefined {
  return value === undefined || value === true
}
