/** What takes minutes and hours in a network takes seconds here; how the times stand to each other is the same. */
export const placementTimes = {
  eligibleAfterMs: 2000,
  outAfterMs: 12_000,
  refreshMs: 1000,
  statusMs: 1000,
  statusLifeMs: 15_000,
  holdMs: 2000,
  proofMs: 40_000,
  minRetryMs: 500,
  maxRetryMs: 2000,
} as const
