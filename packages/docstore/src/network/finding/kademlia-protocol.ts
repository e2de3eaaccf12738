import type { Multiaddr } from '@multiformats/multiaddr'

/** Name of Kademlia in a network. Who answers it is a relay. */
export function kademliaProtocol(networkId: string): string {
  return `/docstore/${networkId}/kad/1`
}

/** A distributed table of which relay keeps which namespace. */
export interface Kademlia {
  /** Relays that it knows to ask. */
  readonly size: number
  /** Says which addresses may be dialled of those that others tell, and to whom connections are needed for something else. */
  guide(guidance: { readonly mayDial: (address: Multiaddr) => boolean; readonly isNeeded: (peer: string) => boolean }): void
  /** Tells the relays that are closest to the namespace that this one keeps it; resolves with how many of them were told. */
  provide(ns: string, signal: AbortSignal): Promise<number>
  /** Peer ids of relays that said that they keep the namespace; what was found until the signal aborts. */
  find(ns: string, signal: AbortSignal): Promise<readonly string[]>
}
