import { isPrivateIp } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** From where an address can be reached: this machine, the network that it is in, or anywhere. */
export type AddressRange = 'loopback' | 'private' | 'public'

const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1)$/
/** Names that only a router or the machines of one network know. */
const LOCAL_NAME = /^([^.:]+|.+\.(local|lan|internal|home\.arpa))$/

/** Numbers that some systems read as an IPv4 address, and IPv6 addresses that stand for one (NAT64): nobody gives them who means well. */
const DISGUISED = /^((0x[\da-f]+|\d+)(\.(0x[\da-f]+|\d+)){0,3}|64:ff9b:.*)$/
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

/** The range of an IP address (IPv6 with or without brackets) or a host name. */
export function rangeOfHost(host: string): AddressRange {
  const name = host.replace(/^\[|\]$|\.$/g, '').toLowerCase()
  if (LOOPBACK.test(name) || (DISGUISED.test(name) && !IPV4.test(name))) return 'loopback'
  return isPrivateIp(name) === true || LOCAL_NAME.test(name) ? 'private' : 'public'
}

/** The range of a multiaddr, by where its first step leads; what cannot be read is taken for public. */
export function rangeOf(address: Multiaddr | string): AddressRange {
  try {
    const [first] = multiaddr(address).getComponents()
    // It leads to whatever its name is given later.
    if (first?.name === 'dnsaddr') return 'loopback'
    return rangeOfHost(first?.value ?? '')
  } catch {
    return 'public'
  }
}

const WIDTH: Readonly<Record<AddressRange, number>> = { loopback: 0, private: 1, public: 2 }

/** The range that most can reach; `public` of none. */
export function widest(ranges: readonly AddressRange[]): AddressRange {
  return [...ranges].sort((a, b) => WIDTH[b] - WIDTH[a])[0] ?? 'public'
}

/** The range that fewest can reach; `public` of none. */
export function narrowest(ranges: readonly AddressRange[]): AddressRange {
  return [...ranges].sort((a, b) => WIDTH[a] - WIDTH[b])[0] ?? 'public'
}

/**
 * Whether an address that somebody else named may be dialled from where `here` can be reached: nobody on the internet makes us knock at
 * the machines around us.
 */
export function mayDial(target: AddressRange, here: AddressRange): boolean {
  return WIDTH[target] >= WIDTH[here]
}
