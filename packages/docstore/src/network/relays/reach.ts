import { GRACE_MS } from '../limits.ts'
import { delay, type Listen, until } from '../timing/index.ts'
import type { RelayLinks } from './relay-links.ts'

/** How long relays that are only known from the directory are waited for, milliseconds. */
const OTHERS_TIMEOUT_MS = 5000

/** What reaching relays takes. */
export interface ReachInit {
  readonly relays: RelayLinks
  /** Relays that the directory lists, by peer id. */
  readonly listed: () => readonly string[]
  /** Calls back when a relay was connected, or could not be. */
  readonly onPeers: Listen
}

/**
 * Tries the relays that are not connected, once, now. Resolves with the number of connected ones when every try has an end, or soon after one was
 * connected. Where none that was tried answers, but the directory knows others, those are dialled too.
 */
export async function reachRelays({ relays, listed, onPeers }: ReachInit, signal: AbortSignal): Promise<number> {
  const enough = new AbortController()
  const abort = AbortSignal.any([signal, enough.signal])
  const isConnected = (): boolean => relays.connected.length > 0
  const isSomebodyLeft = (): boolean =>
    listed().some((peer) => !relays.leadsTo(peer)) ||
    relays.all.some((link) => link.source.origin === undefined && !link.isConnected && link.error === undefined)
  const tries = Promise.all(relays.all.map((link) => link.reach(abort)))
  await Promise.race([tries, until(isConnected, onPeers, abort)])
  await Promise.race([tries, delay(GRACE_MS, abort)])
  if (!isConnected() && isSomebodyLeft()) {
    relays.look()
    await until(() => isConnected() || !isSomebodyLeft(), onPeers, AbortSignal.any([abort, AbortSignal.timeout(OTHERS_TIMEOUT_MS)]))
  }
  enough.abort()
  return relays.connected.length
}
