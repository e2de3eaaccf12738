/** Parts of the key space. Fixed: each relay's share of it is computed from the number. */
export const SECTORS = 1024
/** Most parts that a namespace is split into are 2 to this power: 64. */
export { MAX_SPLIT } from '../model/limits.ts'
/** Records of one part above which its namespace should be split further: some 130 MB, which a relay copies in a minute. */
export const PART_RECORDS = 250_000

/** Space that counts as weight 1, bytes: 1 GiB. */
export const WEIGHT_BYTES: number = 2 ** 30
/** A relay weighs 2 to this power at most, 64 GiB: who lies about its space gets eight times what a relay of the default size gets. */
export const MAX_WEIGHT_POWER = 6

/** How long a relay has to be there until it owns sectors, and how long it may be silent until it owns none, milliseconds. */
export const ELIGIBLE_AFTER_MS: number = 10 * 60_000
export const OUT_AFTER_MS: number = 30 * 60_000
/** How often a relay says again that it is there, milliseconds: often enough that clocks may differ by twenty minutes. */
export const RELAY_REFRESH_MS: number = 4 * 60_000

/** How often relays tell each other how their sectors stand, and how long such a status is believed, milliseconds. */
export const STATUS_MS = 60_000
export const STATUS_LIFE_MS: number = 3 * STATUS_MS
/** How long a sector is kept that is not ours any more, at least, milliseconds: views that differ have become equal by then. */
export const HOLD_MS: number = 60 * 60_000
/** How long the proof that an owner has everything is good enough to drop a sector by it, milliseconds. */
export const PROOF_MS: number = 10 * 60_000

/** Comparisons that a relay has under way at once: in all, and with one other relay. */
export const MAX_COMPARISONS = 4
export const MAX_COMPARISONS_WITH_ONE = 2
/** Comparisons in a row that may fail until an owner counts as out of reach. */
export const MAX_FAILURES = 3
/** First and longest pause after a comparison that failed, milliseconds. */
const MIN_RETRY_MS = 30_000
const MAX_RETRY_MS: number = 10 * 60_000
/** Times of placement and repair, milliseconds. All relays and clients of a network go by the same ones; tests make them shorter. */
export interface PlacementTimes {
  readonly eligibleAfterMs: number
  readonly outAfterMs: number
  readonly refreshMs: number
  readonly statusMs: number
  readonly statusLifeMs: number
  readonly holdMs: number
  readonly proofMs: number
  readonly minRetryMs: number
  readonly maxRetryMs: number
}

/** The times that every network has. */
export const PLACEMENT_TIMES: PlacementTimes = {
  eligibleAfterMs: ELIGIBLE_AFTER_MS,
  outAfterMs: OUT_AFTER_MS,
  refreshMs: RELAY_REFRESH_MS,
  statusMs: STATUS_MS,
  statusLifeMs: STATUS_LIFE_MS,
  holdMs: HOLD_MS,
  proofMs: PROOF_MS,
  minRetryMs: MIN_RETRY_MS,
  maxRetryMs: MAX_RETRY_MS,
}

/** Relays whose word on a sector is remembered, beside its owners. */
export const MAX_HOLDERS = 8

/** Bytes of a fingerprint in a status. */
export const PRINT_BYTES = 16
