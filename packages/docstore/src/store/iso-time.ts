import { msFromTime } from '@p2p-docstore/core'

/** A hybrid time as ISO text. */
export function isoTime(at: number): string {
  return new Date(msFromTime(at)).toISOString()
}
