import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DocstoreError, fromUtf8, type Replica, utf8 } from '@p2p-docstore/core'
import { type AddressRange, mayDial, rangeOf, rangeOfHost, webSocketAddress } from '../transport/index.ts'
import { fetchWellKnown } from '../admission/index.ts'
import { ADDRESSES_TIMEOUT_MS, KNOWN_RELAY_TIMEOUT_MS } from '../limits.ts'

/** Name prefix of the addresses that a relay had last, for the day when its web server does not answer. */
const ADDRESSES = 'relay-addresses/'

/** A relay, and where to ask how it is reached. */
export interface RelaySource {
  /** Tells it from the others: its origin, or its peer id where it was found in the directory. */
  readonly id: string
  /** Origin of its web server, where it was joined. */
  readonly origin: string | undefined
  /** Its peer id, where that is known before it is reached. */
  readonly peer: string | undefined
  /** Its multiaddrs now. With `orLast`, those of the last time will do where its web server does not answer. */
  addresses(options: { readonly orLast: boolean; readonly signal: AbortSignal }): Promise<readonly Multiaddr[]>
}

/** Multiaddrs of a peer by what the directory says. */
export type ListedAddresses = (peer: string) => readonly string[]

/** What is needed to know where a relay is that was joined. */
export interface JoinedRelayInit {
  readonly replica: Pick<Replica, 'getMeta' | 'setMeta'>
  readonly networkId: string
  readonly origin: string
  readonly listed: ListedAddresses
}

/**
 * A relay that was joined by its origin, at which it takes WebSockets too. Asking for its addresses throws `relay-unreachable`, `not-a-relay`,
 * `other-network`.
 */
export function joinedRelay({ replica, networkId, origin, listed }: JoinedRelayInit): RelaySource {
  const key = ADDRESSES + origin
  const here = rangeOfHost(new URL(origin).hostname)
  let peer: string | undefined
  return {
    id: origin,
    origin,
    get peer() {
      return peer
    },
    addresses: async ({ orLast, signal }) => {
      const stored = await replica.getMeta(key)
      const last = stored && fromUtf8(stored)
      peer ??= last && peerOf(JSON.parse(last) as readonly string[])
      const timeout = AbortSignal.timeout(last === undefined ? ADDRESSES_TIMEOUT_MS : KNOWN_RELAY_TIMEOUT_MS)
      try {
        const { network, addresses, peer: told } = await fetchWellKnown(origin, AbortSignal.any([signal, timeout]))
        if (network.id !== networkId)
          throw new DocstoreError('other-network', `The relay at ${origin} is in the network "${network.descriptor.name}" now, not in ours`)
        peer = told
        const text = JSON.stringify(addresses)
        if (text !== last) await replica.setMeta(key, utf8(text))
        const door = `${webSocketAddress(origin)}/p2p/${told}`
        return [...fittest(readable(addresses.filter((address) => address !== door)), here), multiaddr(door)]
      } catch (error) {
        if (last === undefined || (error instanceof DocstoreError && error.code === 'other-network')) throw error
        const before = JSON.parse(last) as readonly string[]
        // It may have moved, and have told others where to.
        const moved = listed(peer ?? '').filter((address) => !before.includes(address))
        if (moved.length === 0 && !orLast) throw error
        return fittest(readable(orLast ? [...moved, ...before] : moved), here)
      }
    },
  }
}

/**
 * A relay that was found in the directory; `here` says from where addresses that others named may be dialled. Asking for its addresses throws
 * `no-address`, `private-address`.
 */
export function listedRelay(peer: string, listed: ListedAddresses, here: () => AddressRange): RelaySource {
  return { id: peer, origin: undefined, peer, addresses: async () => outward(peer, readable(listed(peer)), here()) }
}

/**
 * Those that can lead to a relay from where its page was reached: for whoever comes from elsewhere, a relay's loopback address leads to his own machine, and
 * one of the networks behind it to another machine or none. Where it tells no others, those will have to do.
 */
function fittest(addresses: readonly Multiaddr[], here: AddressRange): readonly Multiaddr[] {
  const found = addresses.filter((address) => mayDial(rangeOf(address), here))
  return found.length > 0 ? found : addresses
}

/** Those that lead outward, or to machines around us where that is where our relays are. */
function outward(relay: string, addresses: readonly Multiaddr[], here: AddressRange): readonly Multiaddr[] {
  if (addresses.length === 0) throw new DocstoreError('no-address', `The relay ${relay} has no address that peers could dial`)
  const found = addresses.filter((address) => mayDial(rangeOf(address), here))
  if (found.length > 0) return found
  throw new DocstoreError(
    'private-address',
    `The relay ${relay} has only addresses inside a private network, and nothing says that this one is it. Join it with its own link`,
  )
}

/** The peer that these addresses lead to. */
function peerOf(addresses: readonly string[]): string | undefined {
  return addresses[0]?.split('/p2p/').at(-1)
}

/** The addresses, without those that are none: one that we cannot read must not keep us from the others. */
function readable(addresses: readonly string[]): readonly Multiaddr[] {
  return addresses.flatMap((text) => {
    try {
      return [multiaddr(text)]
    } catch {
      return []
    }
  })
}
