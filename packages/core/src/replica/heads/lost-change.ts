import { decodeCbor, encodeCbor } from '../../model/encoding/cbor.ts'
import type { HeadBody } from '../../model/namespace/head-body.ts'
import type { Storage } from '../../storage/storage.ts'
import type { HeadChange, HeadConflict } from '../types.ts'
import { profileFacts } from '../profile-facts.ts'
import { LOST_CHANGE } from './head-prefixes.ts'

/** Fields of a body that another device's change won over, and what they said; `null` where they were taken away. */
type LostFields = { readonly [K in keyof HeadBody]?: HeadBody[K] | null }

/** What one device of the owner changed and another one won over. */
export interface LostChange {
  readonly fields: LostFields
  /** As users see it. */
  readonly conflict: HeadConflict
}

/** What is remembered of all namespaces, by their ids. */
export async function lostChanges(storage: Storage): Promise<ReadonlyMap<string, LostChange>> {
  return new Map((await storage.listMeta(LOST_CHANGE)).map(([key, bytes]) => [key.slice(LOST_CHANGE.length), lostChange(read(bytes))]))
}

/** What is lost of a namespace once more of it is. */
export async function loseMore(
  storage: Storage,
  id: string,
  before: LostChange | undefined,
  { body, lost }: { body: HeadBody; lost: readonly string[] },
): Promise<LostChange> {
  const values: Readonly<Record<string, unknown>> = { ...body }
  const fields: LostFields = { ...before?.fields, ...Object.fromEntries(lost.map((field) => [field, values[field] ?? null])) }
  await storage.setMeta(LOST_CHANGE + id, encodeCbor(fields))
  return lostChange(fields)
}

/** What is still lost once somebody sets some of it anew; `undefined` for nothing. */
export async function stillLost(storage: Storage, id: string, { fields }: LostChange, change: HeadChange): Promise<LostChange | undefined> {
  const left = Object.entries(fields).filter(([field]) => !(field in change))
  await storage.setMeta(LOST_CHANGE + id, left.length === 0 ? undefined : encodeCbor(Object.fromEntries(left)))
  return left.length === 0 ? undefined : lostChange(Object.fromEntries(left))
}

function lostChange(fields: LostFields): LostChange {
  const { title, next, description, listed, history, collections, profile } = fields
  return {
    fields,
    conflict: {
      ...(title === undefined || title === null ? {} : { name: title }),
      ...(description === undefined ? {} : { description }),
      ...(next === undefined ? {} : { next: next && next.toString() }),
      ...(listed === undefined ? {} : { listed: listed === true }),
      ...(history === undefined ? {} : { history }),
      ...(collections === undefined ? {} : { collections }),
      ...(profile === undefined ? {} : { profile: profile && profileFacts(profile) }),
    },
  }
}

/** As it was written by this peer. */
function read(bytes: Uint8Array): LostFields {
  const decoded = decodeCbor(bytes, bytes.length)
  return decoded.ok ? (decoded.value as LostFields) : {}
}
