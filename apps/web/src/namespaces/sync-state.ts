import type { NamespacePeerStatus, NamespaceReport } from 'p2p-docstore'
import type { ConnectionState } from '../connection/connection-state.ts'
import { numberText } from '../ui/numbers.ts'

/** How a namespace stands with the relays, in one word and one sentence. */
export interface SyncState {
  readonly state: 'synced' | 'syncing' | 'pending' | 'looking' | 'absent' | 'not-connected'
  readonly text: string
}

/** Sums up the status of a namespace. Nothing is called synced unless a relay has everything that is here. */
export function syncStateOf(
  report: NamespaceReport,
  { isHere, connection }: { readonly isHere: boolean; readonly connection: ConnectionState },
): SyncState {
  const { peers, synced, held } = report
  const reached = peers.filter(({ state }) => state !== 'offline')
  if (!isHere) {
    if (reached.length === 0) return { state: 'not-connected', text: 'No relay is reached' }
    return reached.every(({ state }) => state === 'absent')
      ? { state: 'absent', text: 'No relay that was reached has it' }
      : { state: 'looking', text: 'Looking for it…' }
  }
  const heldText = held.records === 0 ? undefined : `${numberText(held.records)} held back: the time of this device is or was wrong`
  if (synced) return heldText === undefined ? { state: 'synced', text: 'Synced' } : { state: 'pending', text: heldText }
  if (reached.length === 0) {
    const isShutOut = connection.state === 'offline' && connection.shutOut !== undefined
    return { state: 'pending', text: isShutOut ? 'Saved here only' : 'Saved here, no relay reached' }
  }
  const working = reached.find(({ state }) => state === 'syncing' || state === 'waiting')
  if (working !== undefined) return { state: 'syncing', text: progressText(working) }
  return { state: 'pending', text: heldText ?? 'Saved here, not yet at a relay' }
}

function progressText({ received, sent }: NamespacePeerStatus): string {
  if (received > 0) return `Receiving… ${numberText(received)}`
  return sent > 0 ? `Sending… ${numberText(sent)}` : 'Comparing…'
}

/** One peer's state for people. */
export function peerStateText({ state, lastSyncedAt, want, received, sent, refused, held, heldUntil, error }: NamespacePeerStatus): string {
  const facts = [
    error,
    want > 0 ? `${numberText(want)} on their way here` : undefined,
    received > 0 ? `${numberText(received)} received` : undefined,
    sent > 0 ? `${numberText(sent)} sent` : undefined,
    refused > 0 ? `${numberText(refused)} refused` : undefined,
    held > 0 ? `${numberText(held)} held back${heldUntil === undefined ? '' : ` until ${new Date(heldUntil).toLocaleString()}`}` : undefined,
    lastSyncedAt === undefined ? undefined : `equal at ${new Date(lastSyncedAt).toLocaleTimeString()}`,
  ]
  return [STATE_NAMES[state], ...facts.filter((fact) => fact !== undefined)].join(', ')
}

const STATE_NAMES: Readonly<Record<NamespacePeerStatus['state'], string>> = {
  waiting: 'waiting',
  absent: 'does not have it',
  declined: 'does not keep it',
  syncing: 'exchanging',
  live: 'up to date, follows every change',
  failed: 'failed',
  offline: 'not reached',
}
