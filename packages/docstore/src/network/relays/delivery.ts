import { ALL_PARTS, bothParts, DocstoreError, type NamespaceSync, type Parts, timesHeld } from '@p2p-docstore/core'
import { isShutOut } from './shut-out.ts'
import type { RelayLinks } from './relay-links.ts'
import type { PeerStatus } from '../types.ts'

/** How far the relays have confirmed what was written to one namespace, up to one local position. */
export class Delivery {
  readonly #relays: RelayLinks
  readonly #ns: string
  readonly #seq: number
  readonly #stays: (peer: string) => Parts | undefined

  /** `stays`: what a relay has of the namespace for good. */
  constructor(relays: RelayLinks, ns: string, seq: number, stays: (peer: string) => Parts | undefined) {
    this.#stays = stays
    this.#relays = relays
    this.#ns = ns
    this.#seq = seq
  }

  /** Peer ids of relays that have it all, or what is to be theirs. */
  holders(): readonly string[] {
    return [...this.#held().keys()]
  }

  /** How many relays have it: of one that is split, of the part that fewest have. With what this peer itself has for good. */
  copies(own: Parts | undefined): number {
    return timesHeld([...this.#held().values(), ...(own === undefined ? [] : [own])])
  }

  #held(): ReadonlyMap<string, Parts> {
    const held = this.#relays.connected.flatMap(({ session, peer }): [string, Parts][] => {
      const sync = session?.status.get(this.#ns)
      // A namespace without documents is at position 0, as is one that the relay never heard of.
      const isThere =
        sync !== undefined && sync.acked >= this.#seq && sync.heldSeq < Math.max(1, this.#seq) && (this.#seq > 0 || sync.state === 'live')
      const stays = peer !== undefined && isThere ? this.#stays(peer) : undefined
      const held = stays && bothParts(stays, sync?.parts ?? ALL_PARTS)
      // Who has its head alone has no copy.
      return peer === undefined || held?.some((byte) => byte !== 0) !== true ? [] : [[peer, held]]
    })
    // Two addresses can lead to one relay, which has one copy.
    return new Map(held)
  }

  /** What a relay says where all of them answer, and none lets this peer in: waiting is in vain. */
  shutOut(): PeerStatus | undefined {
    const relays = this.#relays.all.map((link) => link.peerStatus())
    return relays.every(isShutOut) ? relays[0] : undefined
  }

  /** Why no connected relay takes what the namespace says of itself here: waiting is in vain. */
  refused(): string | undefined {
    const refusals = this.#syncs().map(({ headRefusal }) => headRefusal)
    return refusals.every((one) => one !== undefined) ? refusals[0] : undefined
  }

  /** How much a connected relay holds back that was asked to take the position, because of its time; 0 where none does. */
  held(): number {
    const held = this.#syncs().filter(({ heldSeq }) => heldSeq >= this.#seq)
    return Math.max(0, ...held.map((sync) => sync.held))
  }

  /** Why it has not come to so many relays. The documents are stored here either way. */
  notDelivered(copies: number, wanted: number): DocstoreError {
    const shutOut = this.shutOut()
    if (shutOut !== undefined)
      return notDelivered(`No relay lets this peer in. ${shutOut.error}. The documents are safe here`, { copies, reason: shutOut.errorCode })
    const refusal = this.refused()
    if (refusal !== undefined)
      return notDelivered('The relays do not take what this device says of the namespace: it was taken from its person', { copies, reason: refusal })
    const held = this.held()
    if (held > 0)
      return notDelivered(
        `The relays hold ${held} records back, the last write among them, because their time lies in the future. They are safe here, and are sent by themselves once the clock is right`,
        { copies, reason: 'future', held },
      )
    if (this.#syncs().some(isRefusedForRoom))
      return notDelivered('A relay has no room for more. The documents are safe here, and are sent as soon as it has room', {
        copies,
        reason: 'quota',
      })
    return notDelivered(
      `${copies} of ${wanted} relays confirmed within the time. The documents are safe here and are sent as soon as a relay is reached`,
      { copies },
    )
  }

  #syncs(): readonly NamespaceSync[] {
    return this.#relays.connected.flatMap(({ session }) => session?.status.get(this.#ns) ?? [])
  }
}

function notDelivered(message: string, details: Readonly<Record<string, unknown>>): DocstoreError {
  return new DocstoreError('not-delivered', message, { details })
}

/** Whether a peer does not take what it is sent because it is full. */
function isRefusedForRoom(status: NamespaceSync): boolean {
  return status.lastRefusal === 'quota' && status.refused > status.held
}
