import { KEEPS_OWNED_SERVICE } from '@p2p-docstore/core'
import { offers } from '../relay-services.ts'
import { type Listen, until } from '../timing/index.ts'
import { MAX_MET_OWNERS, MAX_MET_STORES, MEET_MS } from './limits.ts'
import type { PlacementView } from './placement-view.ts'

/** Where relays are known from, and linked to. */
export interface MeetInit {
  readonly view: () => Promise<PlacementView>
  /** Relays of the directory, what they do for others, and changes of it. */
  readonly relays: () => readonly string[]
  readonly services: (peer: string) => readonly string[] | undefined
  readonly onDirectory: Listen
  readonly links: {
    readonly connected: readonly unknown[]
    leadsTo(peer: string): boolean
    sessionWith(peer: string, signal: AbortSignal): Promise<unknown>
  }
}

/**
 * Where each relay keeps a part, links to those that may have what connected ones lack: owners of these namespaces, or as many as may be. Resolves with their
 * peer ids; who is not reached in time is left out.
 */
export async function meetStores(
  namespaces: readonly string[] | undefined,
  { view: openView, relays, services, onDirectory, links }: MeetInit,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(MEET_MS)])
  if (links.connected.length === 0) return []
  const view = await openView()
  const isPart = (peer: string): boolean => services(peer)?.includes(KEEPS_OWNED_SERVICE) === true
  // Who has just come hears only now who else is there.
  await until(() => view.isPlaced || (relays().length > 0 && !relays().some(isPart)), onDirectory, end)
  if (!view.isPlaced) return []
  const isLinked = links.leadsTo.bind(links)
  const stores = relays().filter((peer) => offers(services(peer), 'storage'))
  const met =
    namespaces === undefined
      ? [...stores.filter(isLinked), ...stores.filter((peer) => !isLinked(peer)).slice(0, MAX_MET_STORES)]
      : chooseOwners(namespaces.map(view.owners, view), isLinked)
  await Promise.allSettled(met.filter((peer) => !isLinked(peer)).map((peer) => links.sessionWith(peer, end)))
  return met
}

/** For each thing one of its owners, connected ones first, and few that have many of them. What is behind the limit is left out. */
export function chooseOwners(ownersOfEach: readonly (readonly string[])[], isLinked: (peer: string) => boolean): readonly string[] {
  const chosen = new Set<string>()
  for (const owners of ownersOfEach) {
    if (owners.some((owner) => chosen.has(owner))) continue
    const one = owners.find(isLinked) ?? owners[0]
    if (one !== undefined && chosen.size < MAX_MET_OWNERS) chosen.add(one)
  }
  return [...chosen]
}
