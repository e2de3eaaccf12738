import { errorCode } from '../../errors.ts'
import type { Seal } from '../../model/seal.ts'
import type { CommitEntry, CommitOutcome, CommitSeals, Storage } from '../../storage/storage.ts'
import { fullError } from '../../storage/space/room.ts'
import { commitOr } from './commit-or.ts'

/** The writes of one caller, and what is noted with them. */
export interface Caller {
  readonly entries: readonly CommitEntry[]
  readonly notes: CommitSeals['notes']
}

/** What came of one caller's writes. */
export type Settled = { readonly outcomes: readonly (CommitOutcome | undefined)[] } | { readonly error: unknown }

/** What became of an entry in a full store: nothing had to be done, or there was no room for it. */
export type Fitted = CommitOutcome | undefined | 'no-room'

/**
 * The writes of each caller by themselves, in their order, after all of them together found no room: what makes room succeeds, and what fits
 * in. The others fail alone.
 */
export async function commitEach(storage: Storage, ns: number, callers: readonly Caller[]): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  for (const { entries, notes } of callers) {
    try {
      settled.push({
        outcomes: callers.length === 1 ? await commitWhole(storage, ns, entries, notes) : await commitOrWhole(storage, ns, entries, notes),
      })
    } catch (error) {
      settled.push({ error })
    }
  }
  return settled
}

function commitOrWhole(
  storage: Storage,
  ns: number,
  entries: readonly CommitEntry[],
  notes: CommitSeals['notes'],
): Promise<readonly (CommitOutcome | undefined)[]> {
  return commitOr(
    () => storage.commit(ns, entries, { notes }),
    () => commitWhole(storage, ns, entries, notes),
  )
}

/** All of these writes, from what is reserved for those that make room. Throws `disk-full` where one of them needs more than it replaces. */
export async function commitWhole(
  storage: Storage,
  ns: number,
  entries: readonly CommitEntry[],
  notes?: CommitSeals['notes'],
): Promise<readonly (CommitOutcome | undefined)[]> {
  const outcomes = await storage.commitShrinking(ns, entries, { isWhole: true, notes })
  return outcomes.map((outcome) => {
    if (outcome === 'no-room') throw fullError('it would need more room than what it replaces')
    return outcome
  })
}

/** Transactions of one batch that may find no room: each empties the log. Twelve halve the largest batch down to single records. */
const MAX_FAILED_COMMITS = 24

/**
 * What a full store takes of a batch, at best all that makes room. Where the log of a part does not fit on the disk, the next parts have half
 * its size, down to single records. What is left after too many failures has no room for now.
 */
export async function commitWhatFits(
  storage: Storage,
  ns: number,
  entries: readonly CommitEntry[],
  seals: readonly Seal[],
): Promise<readonly Fitted[]> {
  const outcomes: Fitted[] = []
  let size = entries.length
  for (let failures = 0; outcomes.length < entries.length && failures < MAX_FAILED_COMMITS; ) {
    try {
      outcomes.push(...(await storage.commitShrinking(ns, entries.slice(outcomes.length, outcomes.length + size), { seals })))
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      failures++
      if (size === 1) outcomes.push('no-room')
      size = Math.ceil(size / 2)
    }
  }
  return entries.map((_, i) => (i < outcomes.length ? outcomes[i] : 'no-room'))
}
