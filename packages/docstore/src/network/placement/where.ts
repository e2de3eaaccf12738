import { DAG_CBOR, DocstoreError, KEEPS_OWNED_SERVICE, type Network, parseCid, toHex } from '@p2p-docstore/core'
import { Draws, isStoring, membersOf, partsOf, Placement, type PlacementTimes, sectorOf, type SectorState } from '@p2p-docstore/core/placement'
import type { PartWhereabouts, Whereabouts } from '../types.ts'
import type { Standing } from './messages.ts'
import type { ListedRelay } from './placement-view.ts'

/** What saying where something lies takes. */
export interface WhereInit {
  readonly network: Network
  readonly relays: readonly ListedRelay[]
  /** Asks each connected relay which relays keep the namespace, by peer id; the answers end with the signal. */
  readonly find: (signal: AbortSignal) => readonly Promise<readonly string[]>[]
  /** Asks connected relays how a sector stands there and at others; what one says of itself comes first. The answers end with the signal. */
  readonly standings?: (sector: number, signal: AbortSignal) => Promise<readonly Standing[]>
  readonly times?: PlacementTimes | undefined
  /** This peer's id, where it is a relay that keeps the namespace. */
  readonly own: string | undefined
  /** How often it is halved, as far as its head is known here. */
  readonly split?: number
  /** Wall clock, Unix milliseconds. */
  readonly now: number
}

/**
 * Which relays own a namespace by what all say of themselves, and which of them keep it by what connected ones say. Throws `bad-namespace-id`. Source:
 * docs/spec/placement.md.
 */
export async function whereIs(
  ns: string,
  { network, relays, find, standings, own, times, now, split = 0 }: WhereInit,
  signal: AbortSignal,
): Promise<Whereabouts> {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new DocstoreError('bad-namespace-id', `${ns} is no id of a namespace`)
  const descriptors = relays.map(({ descriptor }) => descriptor)
  const { copies } = network.descriptor
  const placement = new Placement(new Draws(network.cid.multihash.digest), membersOf(descriptors, now, times), copies)
  const digest = cid.multihash.digest
  const sector = sectorOf({ ns: digest, split: 0, index: 0 })
  const everywhere = placement.isEverywhere
  const byKey = new Map(relays.map((relay) => [toHex(relay.descriptor.by), relay]))
  const isPlaced = !everywhere && descriptors.some(({ services }) => services.includes(KEEPS_OWNED_SERVICE))
  // With so few, those that have just come keep everything too.
  const ownersOf = (one: number): readonly ListedRelay[] =>
    everywhere ? relays.filter(({ descriptor }) => isStoring(descriptor.services)) : placement.ownerNames(one).flatMap((key) => byKey.get(key) ?? [])
  const holders = new Set((await Promise.all(find(signal))).flat())
  if (own !== undefined) holders.add(own)
  const standing = async (one: number): Promise<Pick<Whereabouts, 'sector' | 'owners' | 'copies' | 'wanted'>> => {
    const states = new Map<string, SectorState>()
    for (const { by, state } of (isPlaced ? await standings?.(one, signal) : undefined) ?? [])
      if (!states.has(toHex(by))) states.set(toHex(by), state)
    // Who serves a sector has all of it that is within reach, whether it is asked for each namespace or not.
    const owners = ownersOf(one).map(({ peer, descriptor }) => {
      const state = states.get(toHex(descriptor.by))
      const has = holders.has(peer) || (state === 'serving' && holders.size > 0)
      return { peer, origin: descriptor.origin ?? undefined, has, ...(state === undefined ? {} : { state }) }
    })
    // Who says to have a namespace that is split may have another part of it.
    const isCopy = ({ has, state }: (typeof owners)[number]): boolean =>
      has && (state === 'serving' || (state === undefined && (split === 0 || !isPlaced)))
    return { sector: one, owners, copies: owners.filter(isCopy).length, wanted: Math.min(copies, owners.length) }
  }
  if (split === 0) {
    const found = await standing(sector)
    return { ...found, everywhere, others: [...holders].filter((peer) => !found.owners.some((owner) => owner.peer === peer)) }
  }
  const parts: PartWhereabouts[] = []
  // One after another: each asks all that are connected.
  for (const [one, numbers] of bySector(digest, split)) parts.push({ ...(await standing(one)), parts: numbers })
  const owners = new Map(parts.flatMap((part) => part.owners.map((owner) => [owner.peer, owner])))
  return {
    sector,
    everywhere,
    owners: [...owners.values()].map(({ peer, origin, has }) => ({ peer, origin, has })),
    others: [...holders].filter((peer) => !owners.has(peer)),
    copies: Math.min(...parts.map((part) => part.copies)),
    wanted: Math.min(...parts.map((part) => part.wanted)),
    parts,
  }
}

/** Numbers of parts, from 1 on, by the sector in which they lie. */
function bySector(ns: Uint8Array, split: number): ReadonlyMap<number, readonly number[]> {
  const sectors = new Map<number, number[]>()
  for (const part of partsOf(ns, split)) {
    const sector = sectorOf(part)
    sectors.set(sector, [...(sectors.get(sector) ?? []), part.index + 1])
  }
  return sectors
}
