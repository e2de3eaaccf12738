import { identify, identifyPush } from '@libp2p/identify'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { FaultTolerance } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type AddressBook, type Admission, Doorkeeper, type DoorkeeperComponents, Misconduct } from '../admission/index.ts'
import { rangeOf } from './address-range.ts'
import { Dialler, type DiallerComponents } from './dialler.ts'
import { IDENTIFY_TIMEOUT_MS, MAX_ANNOUNCED_ADDRESSES, MAX_IDENTIFY_BYTES, MAX_STREAMS_PER_CONNECTION } from '../limits.ts'
import { guardedYamux } from './guarded-muxer.ts'
import { LineMonitor, type LineMonitorComponents } from './line-monitor.ts'

/** How long a connection may be silent before it is tried, and how long it may take to answer then, milliseconds. */
const SILENCE_MS = 10_000
const ANSWER_MS = 10_000
/** Pings that one connection may have open in each direction: those over WebRTC, of links, and the receipts of messages. Those that were just answered are still closing. */
const MAX_PINGS = 16
/** The first at a relay, milliseconds: the other ends try by themselves, so it hears of them, and there are many. */
const RELAY_SILENCE_MS = 30_000

/**
 * What a browser, a Node peer and a relay have in common. The protocols of ours and those that can be renamed carry the network's id; GossipSub,
 * circuit relay and the signaling of WebRTC have fixed names. The gate keeps networks apart for all of them.
 */
export async function commonOptions(
  admission: Admission,
  privateKey: PrivateKey,
  { isRelay = false, fullAt = Number.POSITIVE_INFINITY }: { isRelay?: boolean; fullAt?: number } = {},
) {
  // A page's first screen needs no topics.
  const { gossip } = await import('./gossip.ts')
  const networkId = admission.network.id
  const protocolPrefix = `docstore/${networkId}`
  const identity = { protocolPrefix, timeout: IDENTIFY_TIMEOUT_MS, maxMessageSize: MAX_IDENTIFY_BYTES }
  const misconduct = new Misconduct()
  const addressBook: AddressBook = { allows: () => true }
  return {
    privateKey,
    connectionEncrypters: [noise()],
    streamMuxers: [guardedYamux({ maxInboundStreams: MAX_STREAMS_PER_CONNECTION, enableKeepAlive: false })],
    // A relay that some cannot reach would look like a whole one. A peer goes on without the places at relays that it listens through, which come later.
    transportManager: { faultTolerance: isRelay ? FaultTolerance.FATAL_ALL : FaultTolerance.NO_FATAL },
    addresses: { announceFilter: (addresses: Multiaddr[]) => forOthers(addresses).slice(0, MAX_ANNOUNCED_ADDRESSES) },
    // Links to relays come back by themselves, for ever; libp2p's own way gives up.
    connectionManager: { reconnectRetries: 0 },
    // Ours is `lines`.
    connectionMonitor: { enabled: false },
    connectionGater: {
      // In browsers libp2p refuses private addresses and plain ws, which is what a relay at home or on this machine has.
      denyDialMultiaddr: () => false,
      // What others say of where they are, and Kademlia dials: not the machines around this one, unless the relays are there too.
      filterMultiaddrForPeer: (_peer: PeerId, address: Multiaddr) => addressBook.allows(address),
      denyDialPeer: (peer: PeerId) => misconduct.refuses(peer.toString()),
      // Dials of ours do not come by there.
      denyOutboundConnection: (peer: PeerId) => misconduct.refuses(peer.toString()),
      denyInboundEncryptedConnection: (peer: PeerId) => misconduct.refuses(peer.toString()),
    },
    services: {
      // Before the others: it puts a gate before their streams.
      doorkeeper: (components: DoorkeeperComponents) => new Doorkeeper(components, { misconduct, admission, addressBook, fullAt }),
      dialler: (components: DiallerComponents) => new Dialler(components),
      lines: (components: LineMonitorComponents) =>
        new LineMonitor(components, { networkId, silenceMs: isRelay ? RELAY_SILENCE_MS : SILENCE_MS, answerMs: ANSWER_MS }),
      // The doorkeeper does it for every connection, and ends those where it fails.
      identify: identify({ ...identity, runOnConnectionOpen: false }),
      identifyPush: identifyPush(identity),
      ping: ping({ protocolPrefix, maxInboundStreams: MAX_PINGS, maxOutboundStreams: MAX_PINGS }),
      pubsub: gossip(isRelay),
    },
  }
}

/** Addresses that lead somewhere from elsewhere too: each of the others that a peer is told costs it time, and its own machine is all that it may find there. */
function forOthers(addresses: readonly Multiaddr[]): readonly Multiaddr[] {
  const outer = addresses.filter((address) => rangeOf(address) !== 'loopback')
  return outer.length > 0 ? outer : addresses
}
