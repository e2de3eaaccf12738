import { type Json, toHex } from '@p2p-docstore/core'
import { CID } from 'multiformats/cid'

/** A decoded structure as JSON that people can read: links as CIDs, bytes in hexadecimal. */
export function readable(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(readable)
  const cid = CID.asCID(value)
  if (cid !== null) return cid.toString()
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, field]) => [key, readable(field)]))
}
