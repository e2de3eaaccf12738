import { decodeCbor, encodeCbor } from '../../model/cbor.ts'
import type { HeadBody } from '../../model/head-body.ts'
import type { Storage } from '../../storage/storage.ts'
import type { HeadConflict } from '../types.ts'

/** Begins the keys of what one device of the owner changed and another one won over, in the small values of the peer. */
export const LOST_CHANGE = 'head-lost/'

/** Fields of a body that another device's change won over, and what they said; `null` where they were taken away. */
export type LostChange = { readonly [K in keyof HeadBody]?: HeadBody[K] | null }

/** What is remembered of all namespaces, by their ids. */
export async function lostChanges(storage: Storage): Promise<ReadonlyMap<string, LostChange>> {
  return new Map((await storage.listMeta(LOST_CHANGE)).map(([key, bytes]) => [key.slice(LOST_CHANGE.length), read(bytes)]))
}

export async function noteLostChange(storage: Storage, id: string, lost: LostChange): Promise<void> {
  await storage.setMeta(LOST_CHANGE + id, isEmpty(lost) ? undefined : encodeCbor(lost))
}

/** What these fields of a head said. */
export function lostOf(body: HeadBody, fields: readonly string[]): LostChange {
  const values: Readonly<Record<string, unknown>> = { ...body }
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? null]))
}

export function isEmpty(lost: LostChange): boolean {
  return Object.keys(lost).length === 0
}

/** As users see it. */
export function conflictOf(lost: LostChange): HeadConflict {
  const { title, next, description, listed, collections } = lost
  return {
    ...(title === undefined || title === null ? {} : { name: title }),
    ...(description === undefined ? {} : { description }),
    ...(next === undefined ? {} : { next: next && next.toString() }),
    ...(listed === undefined ? {} : { listed: listed === true }),
    ...(collections === undefined ? {} : { collections }),
  }
}

/** As it was written by this peer. */
function read(bytes: Uint8Array): LostChange {
  const decoded = decodeCbor(bytes, bytes.length)
  return decoded.ok ? (decoded.value as LostChange) : {}
}
