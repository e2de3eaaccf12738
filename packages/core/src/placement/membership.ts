import type { PeerDescriptor } from '../model/network/peer-descriptor.ts'
import { DRAINING_SERVICE, KEEPS_ASKED_SERVICE, STORAGE_SERVICE } from '../model/network/service-names.ts'
import { MAX_WEIGHT_POWER, PLACEMENT_TIMES, type PlacementTimes, WEIGHT_BYTES } from './limits.ts'

export { DRAINING_SERVICE, STORAGE_SERVICE } from '../model/network/service-names.ts'

/** In `limits` of its descriptor: space that it offers, bytes. */
const SPACE_LIMIT = 'disk'
/** A relay that names none of these does all of them, as those do that were there before services had names. */
const NETWORK_SERVICES: readonly string[] = ['signaling', 'discovery', 'directory', STORAGE_SERVICE, 'messages']
const RELAY_SERVICE = 'relay'

/** A relay that can own sectors. */
export interface Member {
  /** Its ed25519 key, as multikey. */
  readonly key: Uint8Array
  /** It weighs 2 to this power. */
  readonly power: number
}

/** What of a descriptor says whether a relay owns sectors. */
export type Standing = Pick<PeerDescriptor, 'since' | 'at' | 'services'>

/**
 * Whether a relay owns sectors: by the times that it signed, so that all who know the same descriptors agree, whoever can reach it. `now` is
 * in Unix milliseconds.
 */
export function isMember({ since, at, services }: Standing, now: number, { eligibleAfterMs, outAfterMs }: PlacementTimes = PLACEMENT_TIMES): boolean {
  return now >= since + eligibleAfterMs && now < at + outAfterMs && isStoring(services)
}

/** Whether a relay offers to keep what it owns, by the services of its descriptor. */
export function isStoring(services: readonly string[]): boolean {
  if (services.includes(DRAINING_SERVICE) || services.includes(KEEPS_ASKED_SERVICE)) return false
  return services.includes(STORAGE_SERVICE) || (services.includes(RELAY_SERVICE) && !NETWORK_SERVICES.some((one) => services.includes(one)))
}

/** The relays that own sectors at a time, of verified descriptors. */
export function membersOf(descriptors: readonly PeerDescriptor[], now: number, times?: PlacementTimes): readonly Member[] {
  return descriptors.filter((one) => isMember(one, now, times)).map(({ by, limits }) => ({ key: by, power: weightPower(limits[SPACE_LIMIT] ?? 0) }))
}

/** The power of 2 that a relay with so much space weighs, 0 to 6: GiB, rounded down to powers of two. Without saying so, one. */
export function weightPower(space: number): number {
  let power = 0
  while (power < MAX_WEIGHT_POWER && space >= WEIGHT_BYTES * 2 ** (power + 1)) power++
  return power
}

/**
 * The `since` that a relay says when it starts: the one of before, where it was not away for so long that others took over, so that a restart moves
 * nothing; else now. `last` is what it said last, if it still has its data.
 */
export function sinceAtStart(
  last: Pick<PeerDescriptor, 'since' | 'at'> | undefined,
  now: number,
  { outAfterMs }: PlacementTimes = PLACEMENT_TIMES,
): number {
  return last !== undefined && last.since <= now && now < last.at + outAfterMs ? last.since : now
}
