import { fromUtf8, utf8 } from '../../model/bytes.ts'
import type { PendingChange } from '../types.ts'
import { PENDING_PREFIX } from './pending-prefix.ts'

/** Digits of a hybrid time in a key, so that keys sort as times do. */
const TIME_DIGITS = 16

/** Where the changes of a namespace lie. */
export function pendingPrefix(ns: string): string {
  return `${PENDING_PREFIX}${ns}/`
}

/** The key of a change: its namespace, and its time; a later one that is free where another change has that. */
export function pendingKey(ns: string, at: number): string {
  return pendingPrefix(ns) + String(at).padStart(TIME_DIGITS, '0')
}

/** The namespace that a key names. */
export function namespaceOfKey(key: string): string {
  return key.slice(PENDING_PREFIX.length, key.lastIndexOf('/'))
}

/** A change as it is stored. */
export function encodePending({ key: _key, ...change }: PendingChange): Uint8Array {
  return utf8(JSON.stringify(change))
}

/** Reads what this peer stored itself. Throws `SyntaxError` where the database is damaged. */
export function decodePending(key: string, bytes: Uint8Array): PendingChange {
  return { key, ...(JSON.parse(fromUtf8(bytes) ?? '') as Omit<PendingChange, 'key'>) } as PendingChange
}
