import { DocstoreError, timeFromMs } from '@p2p-docstore/core'

/** When a document expires: it is gone from every peer then, and from the disk. One of them, or neither: then it stays. */
export interface ExpiryOptions {
  /** The time itself: a `Date`, Unix milliseconds, or ISO text. */
  readonly expiresAt?: Date | number | string | undefined
  /** How long it lives from now on, milliseconds. */
  readonly ttl?: number | undefined
}

/** When a document shall expire, as hybrid time; `undefined` where it stays. Throws `bad-expiry` for what is no time, or has passed. */
export function expiryOf({ expiresAt, ttl }: ExpiryOptions): number | undefined {
  if (expiresAt === undefined && ttl === undefined) return undefined
  if (expiresAt !== undefined && ttl !== undefined) throw new DocstoreError('bad-option', 'Give expiresAt or ttl, not both')
  const now = Date.now()
  const ms = expiresAt === undefined ? now + (typeof ttl === 'number' ? ttl : Number.NaN) : timeOf(expiresAt)
  const time = timeFromMs(ms)
  if (!Number.isSafeInteger(time) || ms <= now)
    throw new DocstoreError(
      'bad-expiry',
      expiresAt === undefined
        ? 'ttl is how long the document lives, in milliseconds, more than 0'
        : 'expiresAt is a time in the future: a Date, Unix milliseconds, or ISO text such as 2030-01-31T12:00:00Z',
    )
  return time
}

function timeOf(time: Date | number | string): number {
  if (typeof time === 'number') return time
  return time instanceof Date ? time.getTime() : Date.parse(time)
}
