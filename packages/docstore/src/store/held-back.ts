import type { FutureRecords } from '@p2p-docstore/core'
import type { NamespacePeerStatus } from '../network/types.ts'

/** Records that others do not take yet. They hold up nothing else. */
export interface HeldBack {
  readonly records: number
  /** `future`: their time lies more than five minutes ahead, because a clock is or was wrong; `undefined` where nothing is held back. */
  readonly reason: 'future' | undefined
  /** Unix milliseconds from which on peers take the last of them. */
  readonly until: number | undefined
  /** Those that get a right time by themselves once a relay shows that the clock here is right: nobody else has them. */
  readonly mendable: number
}

/** What is held back, by our own clock, and by the relays that were asked to take it. */
export function heldBack(future: FutureRecords | undefined, peers: readonly NamespacePeerStatus[]): HeldBack {
  const { records = 0, mendable = 0, until } = future ?? {}
  const relays = peers.filter(({ role, held }) => role === 'relay' && held > 0)
  const total = Math.max(records, ...relays.map(({ held }) => held))
  const times = [until, ...relays.map(({ heldUntil }) => heldUntil)].filter((time) => time !== undefined)
  return {
    records: total,
    reason: total === 0 ? undefined : 'future',
    until: total === 0 || times.length === 0 ? undefined : Math.max(...times),
    mendable,
  }
}
