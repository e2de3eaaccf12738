import { DAG_CBOR, DocstoreError, type Network, parseCid, type PeerDescriptor, toHex } from '@p2p-docstore/core'
import { Draws, isStoring, membersOf, Placement, sectorOf } from '@p2p-docstore/core/placement'
import type { Whereabouts } from '../types.ts'

/** A relay of the directory. */
interface ListedRelay {
  readonly peer: string
  readonly descriptor: PeerDescriptor
}

/** What saying where something lies takes. */
export interface WhereInit {
  readonly network: Network
  readonly relays: readonly ListedRelay[]
  /** Asks each connected relay which relays keep the namespace, by peer id; the answers end with the signal. */
  readonly find: (signal: AbortSignal) => readonly Promise<readonly string[]>[]
  /** This peer's id, where it is a relay that keeps the namespace. */
  readonly own: string | undefined
  /** Wall clock, Unix milliseconds. */
  readonly now: number
}

/**
 * Which relays own a namespace by what all say of themselves, and which of them keep it by what connected ones say. Throws `bad-namespace-id`. Source:
 * docs/spec/placement.md.
 */
export async function whereIs(ns: string, { network, relays, find, own, now }: WhereInit, signal: AbortSignal): Promise<Whereabouts> {
  const cid = parseCid(DAG_CBOR, ns)
  if (cid === undefined) throw new DocstoreError('bad-namespace-id', `${ns} is no id of a namespace`)
  const descriptors = relays.map(({ descriptor }) => descriptor)
  const { copies } = network.descriptor
  const placement = new Placement(new Draws(network.cid.multihash.digest), membersOf(descriptors, now), copies)
  const sector = sectorOf({ ns: cid.multihash.digest, split: 0, index: 0 })
  const everywhere = placement.isEverywhere
  const byKey = new Map(relays.map((relay) => [toHex(relay.descriptor.by), relay]))
  // With so few, those that have just come keep everything too.
  const owning = everywhere
    ? relays.filter(({ descriptor }) => isStoring(descriptor.services))
    : placement.ownerNames(sector).flatMap((key) => byKey.get(key) ?? [])
  const holders = new Set((await Promise.all(find(signal))).flat())
  if (own !== undefined) holders.add(own)
  const owners = owning.map(({ peer, descriptor }) => ({ peer, origin: descriptor.origin ?? undefined, has: holders.has(peer) }))
  const others = [...holders].filter((peer) => !owners.some((owner) => owner.peer === peer))
  return { sector, everywhere, owners, others, copies: owners.filter(({ has }) => has).length, wanted: Math.min(copies, owners.length) }
}
