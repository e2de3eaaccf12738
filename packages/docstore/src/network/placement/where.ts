import { DAG_CBOR, DocstoreError, KEEPS_OWNED_SERVICE, type Network, parseCid, toHex } from '@p2p-docstore/core'
import { Draws, isStoring, membersOf, Placement, type PlacementTimes, sectorOf, type SectorState } from '@p2p-docstore/core/placement'
import type { Whereabouts } from '../types.ts'
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
  /** Wall clock, Unix milliseconds. */
  readonly now: number
}

/**
 * Which relays own a namespace by what all say of themselves, and which of them keep it by what connected ones say. Throws `bad-namespace-id`. Source:
 * docs/spec/placement.md.
 */
export async function whereIs(
  ns: string,
  { network, relays, find, standings, own, times, now }: WhereInit,
  signal: AbortSignal,
): Promise<Whereabouts> {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new DocstoreError('bad-namespace-id', `${ns} is no id of a namespace`)
  const descriptors = relays.map(({ descriptor }) => descriptor)
  const { copies } = network.descriptor
  const placement = new Placement(new Draws(network.cid.multihash.digest), membersOf(descriptors, now, times), copies)
  const sector = sectorOf({ ns: cid.multihash.digest, split: 0, index: 0 })
  const everywhere = placement.isEverywhere
  const byKey = new Map(relays.map((relay) => [toHex(relay.descriptor.by), relay]))
  // With so few, those that have just come keep everything too.
  const owning = everywhere
    ? relays.filter(({ descriptor }) => isStoring(descriptor.services))
    : placement.ownerNames(sector).flatMap((key) => byKey.get(key) ?? [])
  const isPlaced = !everywhere && descriptors.some(({ services }) => services.includes(KEEPS_OWNED_SERVICE))
  const [found, told] = await Promise.all([Promise.all(find(signal)), isPlaced ? standings?.(sector, signal) : undefined])
  const holders = new Set(found.flat())
  if (own !== undefined) holders.add(own)
  const states = new Map<string, SectorState>()
  for (const { by, state } of told ?? []) if (!states.has(toHex(by))) states.set(toHex(by), state)
  // Who serves a sector has all of it that is within reach, whether it is asked for each namespace or not.
  const owners = owning.map(({ peer, descriptor }) => {
    const state = states.get(toHex(descriptor.by))
    return {
      peer,
      origin: descriptor.origin ?? undefined,
      has: holders.has(peer) || (state === 'serving' && holders.size > 0),
      ...(state === undefined ? {} : { state }),
    }
  })
  const others = [...holders].filter((peer) => !owners.some((owner) => owner.peer === peer))
  const isCopy = ({ has, state }: (typeof owners)[number]): boolean => has && (state === undefined || state === 'serving')
  return { sector, everywhere, owners, others, copies: owners.filter(isCopy).length, wanted: Math.min(copies, owners.length) }
}
