import type { Connection } from '@libp2p/interface'
import { KEEPS_OWNED_SERVICE } from '@p2p-docstore/core'
import { offers } from '../relay-services.ts'
import { delay, type Listen, until } from '../timing/index.ts'
import { MAX_MET_OWNERS, MAX_MET_STORES, MEET_MS } from './limits.ts'
import type { PlacementView } from './placement-view.ts'

/** Where relays are known from, and linked to. */
export interface MeetInit {
  readonly view: () => Promise<PlacementView>
  readonly directory: () => { relays(): readonly string[]; services(peer: string): readonly string[] | undefined } | undefined
  readonly onDirectory: Listen
  readonly links: { sessionWith(peer: string, signal: AbortSignal, heldUntil: AbortSignal): Promise<unknown> }
  /** Connections to relays that keep documents. */
  readonly stores: () => readonly Connection[]
  readonly doorkeeper: {
    guestOf(connection: Connection): { readonly services?: readonly string[] | undefined } | undefined
    /** Resolves when it is decided whether a connection is let in. */
    decided(connection: Connection): Promise<void>
  }
  /** How long it may take, milliseconds. */
  readonly meetMs?: number
}

/** Relays that were met. */
export interface MetStores {
  readonly relays: readonly Connection[]
  /** Whether somebody who should have it was met for each namespace, as far as is known who that is. */
  readonly isWhole: boolean
}

/**
 * Where those relays that are connected keep a part, links to others that may have what they lack: owners of these namespaces, or as many as may be. Who is not
 * reached in time is left out.
 */
export async function meetStores(
  namespaces: readonly string[] | undefined,
  { view: openView, directory, onDirectory, links, stores, doorkeeper, meetMs = MEET_MS }: MeetInit,
  signal: AbortSignal,
): Promise<MetStores> {
  // What a relay keeps is said in its greeting.
  const greeted = new AbortController()
  const greetings = Promise.all(stores().map((relay) => doorkeeper.decided(relay))).then(() => greeted.abort())
  await Promise.race([greetings, delay(meetMs, AbortSignal.any([signal, greeted.signal]))])
  const near = stores()
  const keepsPart = (relay: Connection): boolean => {
    const guest = doorkeeper.guestOf(relay)
    return guest === undefined || guest.services?.includes(KEEPS_OWNED_SERVICE) === true
  }
  if (near.length > 0 && !near.some(keepsPart)) return { relays: [], isWhole: true }
  const end = AbortSignal.any([signal, AbortSignal.timeout(meetMs)])
  const view = await openView()
  // Who has just come hears only now who else is there.
  await until(() => view.isPlaced, onDirectory, end)
  if (!view.isPlaced) return { relays: [], isWhole: false }
  const isConnected = (peer: string): boolean => stores().some(({ remotePeer }) => remotePeer.toString() === peer)
  const isStore = (peer: string): boolean => offers(directory()?.services(peer), 'storage')
  const others =
    namespaces === undefined
      ? (directory()?.relays() ?? []).filter((peer) => isStore(peer) && !isConnected(peer)).slice(0, MAX_MET_STORES)
      : chooseOwners(namespaces.map(view.owners, view), isConnected)
  await Promise.allSettled(others.map((peer) => links.sessionWith(peer, end, signal)))
  return {
    relays: stores().filter(({ remotePeer }) => namespaces === undefined || others.includes(remotePeer.toString())),
    isWhole: (namespaces ?? []).every((ns) => view.owners(ns).some(isConnected)),
  }
}

/** Owners for each thing, a connected one or else two, and few that have many of them. What is behind the limit is left out. */
export function chooseOwners(ownersOfEach: readonly (readonly string[])[], isConnected: (peer: string) => boolean): readonly string[] {
  const chosen = new Set<string>()
  for (const owners of ownersOfEach) {
    if (owners.some((owner) => chosen.has(owner))) continue
    const connected = owners.find(isConnected)
    for (const one of connected === undefined ? owners.slice(0, 2) : [connected]) if (chosen.size < MAX_MET_OWNERS) chosen.add(one)
  }
  return [...chosen]
}
