import type { Refusal } from '../model/verdict.ts'
import type { Parts } from '../sets/parts.ts'

/** How a namespace stands with one peer. */
export interface NamespaceSync {
  /**
   * `waiting`: not begun, or the session ended. `absent`: neither side has it. `declined`: the peer does not keep it. `live`: each side has what the other had when it was last
   * compared, and what came since is on its way. `failed`: see `error`; it is tried again.
   */
  state: 'waiting' | 'absent' | 'declined' | 'syncing' | 'live' | 'failed'
  /** The parts in which both are kept equal; `undefined` for all of it. */
  parts: Parts | undefined
  /** Our local position up to which the peer has everything of that durably, but for what it holds back. */
  acked: number
  /** Records that the peer holds, tombstones included: as it said last, and what it took since. */
  have: number
  /** Records that the peer holds and that are on their way here, as far as is known: an estimate until both were compared. */
  want: number
  /** Records that came from and went to the peer. */
  received: number
  sent: number
  rounds: number
  /** Records that the peer, or we, refused when both were last compared, and since; and the latest reason. */
  refused: number
  lastRefusal: Refusal | undefined
  /** Why the peer did not take our head when both were last compared, where that is for whom it is by. */
  headRefusal: Refusal | undefined
  /** Records of ours that the peer holds back, because they lie in its future; they hold up nothing else. */
  held: number
  /** Our highest local position, and the latest time, among them; 0 where there are none. */
  heldSeq: number
  heldAt: number
  /** Unix milliseconds of the last time that both sides were seen to be equal. */
  lastSyncedAt: number | undefined
  error: string | undefined
}

/** The status of a namespace at the beginning of a session. What was true of the peer `before` has to be seen again; what happened stays. */
export function newStatus(before?: NamespaceSync): NamespaceSync {
  const { have = 0, received = 0, sent = 0, rounds = 0, refused = 0, lastRefusal, lastSyncedAt } = before ?? {}
  return {
    state: 'waiting',
    parts: undefined,
    acked: 0,
    have,
    want: 0,
    received,
    sent,
    rounds,
    refused,
    lastRefusal,
    headRefusal: undefined,
    held: 0,
    heldSeq: 0,
    heldAt: 0,
    lastSyncedAt,
    error: undefined,
  }
}
