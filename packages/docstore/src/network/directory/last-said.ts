import { asStruct, decodeCbor, encodeCbor, isUint, type PeerDescriptor, type Replica } from '@p2p-docstore/core'
import { PLACEMENT_TIMES, type PlacementTimes, sinceAtStart } from '@p2p-docstore/core/placement'

/** Name of what is kept, among the small values of the peer. */
const LAST_SAID = 'last-said'
const MAX_BYTES = 64

/** Since when a relay has been there: since before its last start, where it was noted and is not long ago. Unix milliseconds. */
export async function sinceOf(replica: Pick<Replica, 'getMeta'>, now: number, times?: PlacementTimes): Promise<number> {
  const stored = await replica.getMeta(LAST_SAID)
  const decoded = stored && decodeCbor(stored, MAX_BYTES)
  const { since, at } = (decoded?.ok === true ? asStruct(decoded.value, ['since', 'at']) : undefined) ?? {}
  return sinceAtStart(isUint(since) && isUint(at) ? { since, at } : undefined, now, times)
}

/** Notes for the next start what this relay says of itself. */
export function noteSaid(replica: Pick<Replica, 'setMeta'>, { since, at }: Pick<PeerDescriptor, 'since' | 'at'>): Promise<void> {
  return replica.setMeta(LAST_SAID, encodeCbor({ since, at }))
}

/** How often a relay says again that it is there, milliseconds. */
export function refreshMsOf({ refreshMs }: PlacementTimes = PLACEMENT_TIMES): number {
  return refreshMs
}
