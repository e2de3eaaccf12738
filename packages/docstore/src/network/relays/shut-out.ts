import type { PeerStatus } from '../types.ts'

/** Reasons that stay until somebody does something about them: trying again later does not help. */
const LASTING: ReadonlySet<string> = new Set(['other-network', 'other-version', 'not-invited', 'invitation-expired', 'invitation-revoked'])

/** Whether a relay answers and does not let this peer in, for a reason that does not pass by itself; `error` says which. */
export function isShutOut({ state, errorCode }: Pick<PeerStatus, 'state' | 'errorCode'>): boolean {
  return state !== 'connected' && errorCode !== undefined && LASTING.has(errorCode)
}
