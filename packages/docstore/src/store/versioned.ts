import type { BrokenRule, DocumentFacts, DocumentVersion } from '@p2p-docstore/core'
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
  /** The rule of its collection that it breaks, where it breaks one: two people's updates did that together, each of which kept it. Of `get` alone. */
  readonly breaks?: BrokenRule
  /** ISO time at which it expires; absent where it stays. */
  readonly expiresAt?: string
}

/** A document with what is known of it. */
export function versioned<T>(document: T, { cid, at, by, exp, breaks }: DocumentFacts & Pick<DocumentVersion, 'breaks'>): Versioned<T> {
  return {
    document,
    cid,
    at: isoTime(at),
    by,
    ...(exp === undefined ? {} : { expiresAt: isoTime(exp) }),
    ...(breaks === undefined ? {} : { breaks }),
  }
}
