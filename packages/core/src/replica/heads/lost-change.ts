import { decodeCbor, encodeCbor } from '../../model/cbor.ts'
import type { HeadBody } from '../../model/head-body.ts'
import type { Storage } from '../../storage/storage.ts'
import type { HeadConflict } from '../types.ts'

/** Begins the keys of what one device of the owner changed and another one won over, in the small values of the peer. */
export const LOST_CHANGE = 'head-lost/'

/** Fields of a body that another device's change won over, and what they said; `null` where they were taken away. */
export type LostChange = ReadonlyMap<string, unknown>

/** What is remembered of all namespaces, by their ids. */
export async function lostChanges(storage: Storage): Promise<ReadonlyMap<string, LostChange>> {
  return new Map((await storage.listMeta(LOST_CHANGE)).map(([key, bytes]) => [key.slice(LOST_CHANGE.length), read(bytes)]))
}

export async function noteLostChange(storage: Storage, id: string, lost: LostChange): Promise<void> {
  await storage.setMeta(LOST_CHANGE + id, lost.size === 0 ? undefined : encodeCbor(Object.fromEntries(lost)))
}

/** What these fields of a head said. */
export function lostOf(body: HeadBody, fields: readonly string[]): LostChange {
  const values: Readonly<Record<string, unknown>> = { ...body }
  return new Map(fields.map((field) => [field, values[field] ?? null]))
}

/** As users see it. */
export function conflictOf(lost: LostChange): HeadConflict {
  const conflict: Record<string, unknown> = {}
  for (const [field, value] of lost) {
    if (field === 'title') conflict['name'] = value
    else if (field === 'next') conflict['next'] = value === null ? null : String(value)
    else if (field === 'listed') conflict['listed'] = value === true
    else conflict[field] = value
  }
  return conflict as HeadConflict
}

function read(bytes: Uint8Array): LostChange {
  const decoded = decodeCbor(bytes, bytes.length)
  return new Map(decoded.ok && typeof decoded.value === 'object' && decoded.value !== null ? Object.entries(decoded.value) : [])
}
