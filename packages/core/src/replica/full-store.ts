import { errorCode } from '../errors.ts'
import type { Seal } from '../model/seal.ts'
import type { CommitEntry, CommitOutcome, Storage } from '../storage/storage.ts'
import { fullError } from '../storage/room.ts'

/** What came of one caller's writes. */
export type Settled = { readonly outcomes: readonly (CommitOutcome | undefined)[] } | { readonly error: unknown }

/**
 * The writes of each caller by themselves, in their order, after all of them together found no room: what makes room succeeds, and what fits
 * in. The others fail alone.
 */
export async function commitEach(storage: Storage, ns: number, callers: readonly (readonly CommitEntry[])[]): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  for (const entries of callers) {
    try {
      settled.push({ outcomes: callers.length === 1 ? await commitWhole(storage, ns, entries) : await commitOrShrink(storage, ns, entries) })
    } catch (error) {
      settled.push({ error })
    }
  }
  return settled
}

async function commitOrShrink(storage: Storage, ns: number, entries: readonly CommitEntry[]): Promise<readonly (CommitOutcome | undefined)[]> {
  try {
    return await storage.commit(ns, entries)
  } catch (error) {
    if (errorCode(error) !== 'disk-full') throw error
    return commitWhole(storage, ns, entries)
  }
}

/** All of these writes, from what is reserved for those that make room. Throws `disk-full` where one of them needs more than it replaces. */
export async function commitWhole(storage: Storage, ns: number, entries: readonly CommitEntry[]): Promise<readonly (CommitOutcome | undefined)[]> {
  const outcomes = await storage.commitShrinking(ns, entries, { isWhole: true })
  return outcomes.map((outcome) => {
    if (outcome === 'no-room') throw fullError('it would need more room than what it replaces')
    return outcome
  })
}

/** Transactions of one batch that may fail in a row until the rest of it has no room: each takes the reserve and empties the log. */
const MAX_FAILURES = 16

/**
 * What a full store takes of a batch, at best all that makes room. A batch whose log does not fit on the disk is cut in halves, down to
 * single records.
 */
export function commitWhatFits(
  storage: Storage,
  ns: number,
  entries: readonly CommitEntry[],
  seals: readonly Seal[],
): Promise<readonly (CommitOutcome | undefined | 'no-room')[]> {
  let failures = 0
  const commit = async (some: readonly CommitEntry[]): Promise<readonly (CommitOutcome | undefined | 'no-room')[]> => {
    if (failures >= MAX_FAILURES) return some.map(() => 'no-room' as const)
    try {
      const outcomes = await storage.commitShrinking(ns, some, { seals })
      failures = 0
      return outcomes
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      failures++
      if (some.length <= 1) return some.map(() => 'no-room' as const)
      const half = some.length >> 1
      const first = await commit(some.slice(0, half))
      return [...first, ...(await commit(some.slice(half)))]
    }
  }
  return commit(entries)
}
