import type { DocumentFacts } from '@p2p-docstore/core'
import { isoTime } from './iso-time.ts'

/** A document with what is known of it. */
export interface Versioned<T> {
  readonly document: T
  /** CID of what it says. */
  readonly cid: string
  /** ISO time of its last change. */
  readonly at: string
  /** `did:key` of who made that. */
  readonly by: string
  /** ISO time at which it expires; absent where it stays. */
  readonly expiresAt?: string
}

/** A document with what is known of it. */
export function versioned<T>(document: T, { cid, at, by, exp }: DocumentFacts): Versioned<T> {
  return { document, cid, at: isoTime(at), by, ...(exp === undefined ? {} : { expiresAt: isoTime(exp) }) }
}
