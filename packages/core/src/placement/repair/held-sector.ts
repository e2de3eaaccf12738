import { MAX_FAILURES, MAX_HOLDERS, type PlacementTimes } from '../limits.ts'
import type { SectorState } from '../status.ts'

/** What is known of another relay in one sector. */
export interface Partner {
  /** What it said last; `undefined`: that it has nothing to do with the sector. */
  says: SectorState | undefined
  saidAt: number
  /** Fingerprint of what it has, as it said last. */
  print: Uint8Array | undefined
  /** Statuses in a row whose fingerprint was another than ours. */
  differs: number
  /** Whether it was found equal since we know each other. */
  isClean: boolean
  /** Version of our sector of which it proved, and when, that it has everything. */
  proof: { readonly version: number; readonly at: number } | undefined
  /** Version of our sector with which it was found equal, and said to serve it. */
  hasServed: number | undefined
  /** Comparisons in a row after which it still said something else than we have: who makes up what he says must not keep us busy. */
  vain: number
  /** Comparisons in a row that failed, and when the next one may begin. */
  failures: number
  retryAt: number
  isBusy: boolean
}

/** A sector that a relay owns, or that still lies there. */
export class HeldSector {
  readonly number: number
  state: SectorState = 'syncing'
  /** Since when it belongs to others. */
  leavingSince = 0
  readonly partners: Map<string, Partner> = new Map<string, Partner>()

  constructor(number: number) {
    this.number = number
  }

  /** What is known of a relay here. Those that are no owners have room for a few only: anybody can say that he holds something. */
  partner(relay: string, isOwner: boolean): Partner | undefined {
    let partner = this.partners.get(relay)
    if (partner !== undefined) return partner
    if (!isOwner && this.partners.size >= MAX_HOLDERS) return undefined
    partner = {
      says: undefined,
      saidAt: 0,
      print: undefined,
      differs: 0,
      isClean: false,
      proof: undefined,
      hasServed: undefined,
      vain: 0,
      failures: 0,
      retryAt: 0,
      isBusy: false,
    }
    this.partners.set(relay, partner)
    return partner
  }

  /** Forgets who is neither an owner nor holds anything, by what it has said since a time. */
  tidy(owners: readonly string[], since: number): void {
    for (const [relay, { says, saidAt, isBusy }] of this.partners)
      if ((says === undefined || saidAt <= since) && !isBusy && !owners.includes(relay)) this.partners.delete(relay)
  }
}

/** How long is waited until the next try. */
type Pauses = Pick<PlacementTimes, 'minRetryMs' | 'maxRetryMs'>

/** Whether comparing with it works: one with which it keeps failing counts as out of reach, and holds up nobody. */
export function isWorking({ failures }: Partner): boolean {
  return failures < MAX_FAILURES
}

/** It cannot be compared with for a while, and then for longer and longer. Who is no owner has one try: he may only pretend to have something. */
export function putOff(partner: Partner, now: number, { isOwner, ...pauses }: { readonly isOwner: boolean } & Pauses): void {
  partner.failures = Math.max(partner.failures + 1, isOwner ? 1 : MAX_FAILURES)
  partner.retryAt = now + pauseAfter(partner.failures, pauses)
}

/** It was found equal: it is not compared with again at once if it goes on to say that it is not. */
export function found(partner: Partner, now: number, pauses: Pauses): void {
  partner.isClean = true
  partner.differs = 0
  partner.failures = 0
  partner.vain++
  partner.retryAt = partner.vain > 1 ? now + pauseAfter(partner.vain, pauses) : 0
}

function pauseAfter(times: number, { minRetryMs, maxRetryMs }: Pauses): number {
  return Math.min(minRetryMs * 2 ** (times - 1), maxRetryMs)
}
