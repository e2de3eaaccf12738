import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DocstoreError, fromUtf8, type Replica, utf8 } from '@p2p-docstore/core'
import { fetchWellKnown } from './join-link.ts'
import { DIAL_TIMEOUT_MS, KNOWN_RELAY_TIMEOUT_MS } from './limits.ts'

/** Name prefix of the addresses that a relay had last, for the day when its web server does not answer. */
const ADDRESSES = 'relay-addresses/'

/** Where to look for the addresses of a relay. */
export interface RelayAddressesInit {
  readonly replica: Pick<Replica, 'getMeta' | 'setMeta'>
  readonly networkId: string
  readonly origin: string
  /** Whether those of the last time will do where the relay's web server does not answer. */
  readonly orLast: boolean
  readonly signal: AbortSignal
}

/** How a relay is reached now. Throws `relay-unreachable`, `not-a-relay`, `other-network`, `no-address`. */
export async function relayAddresses({ replica, networkId, origin, orLast, signal }: RelayAddressesInit): Promise<readonly Multiaddr[]> {
  const key = ADDRESSES + origin
  const stored = await replica.getMeta(key)
  const last = stored && fromUtf8(stored)
  const timeout = AbortSignal.timeout(last === undefined ? DIAL_TIMEOUT_MS : KNOWN_RELAY_TIMEOUT_MS)
  try {
    const { network, addresses } = await fetchWellKnown(origin, AbortSignal.any([signal, timeout]))
    if (network.id !== networkId)
      throw new DocstoreError('other-network', `The relay at ${origin} is in the network "${network.descriptor.name}" now, not in ours`)
    const text = JSON.stringify(addresses)
    if (text !== last) await replica.setMeta(key, utf8(text))
    return readable(origin, addresses)
  } catch (error) {
    if (!orLast || last === undefined || (error instanceof DocstoreError && error.code === 'other-network')) throw error
    return readable(origin, JSON.parse(last) as readonly string[])
  }
}

/** The addresses, without those that are none: one that we cannot read must not keep us from the others. */
function readable(origin: string, addresses: readonly string[]): readonly Multiaddr[] {
  const found = addresses.flatMap((text) => {
    try {
      return [multiaddr(text)]
    } catch {
      return []
    }
  })
  if (found.length === 0) throw new DocstoreError('no-address', `The relay at ${origin} has no address that peers could dial`)
  return found
}
