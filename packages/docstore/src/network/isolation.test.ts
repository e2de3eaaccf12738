import * as dagCbor from '@ipld/dag-cbor'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webRTCDirect } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { createNetwork } from '@p2p-docstore/core'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { syncProtocol } from './streams.ts'
import { ended } from './testing/attacker.ts'
import { TestPeer } from './testing/test-peer.ts'
import { TestRelay } from './testing/test-relay.ts'

const SOON = { timeout: 15_000 }
const WEBRTC_DIRECT = '/ip4/127.0.0.1/udp/0/webrtc-direct'

const ours = createNetwork('ours')
const theirs = createNetwork('theirs')
let relay: TestRelay
let member: TestPeer
beforeEach(async () => {
  relay = await TestRelay.start(ours, { listen: ['/ip4/127.0.0.1/tcp/0', WEBRTC_DIRECT] })
  member = await TestPeer.start(ours, { relays: [relay.origin] })
  await expect.poll(() => member.hasReservation(), SOON).toBe(true)
})
afterEach(async () => {
  await Promise.all([member.close(), relay.close()])
})

const addresses = (kind: string) => relay.libp2p.getMultiaddrs().filter((address) => address.toString().includes(kind))

describe('a peer of another network', () => {
  it.each(['/tcp/', '/webrtc-direct'])('gets nothing, and is shown out, over %s', async (kind) => {
    const stranger = await createLibp2p({
      transports: [tcp(), webRTCDirect({ rtcConfiguration: { iceServers: [] } }), circuitRelayTransport()],
      addresses: { listen: ['/p2p-circuit'] },
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub() },
    })
    try {
      const heard: unknown[] = []
      stranger.services.pubsub.addEventListener('message', ({ detail }) => heard.push(detail))
      stranger.services.pubsub.subscribe(`/docstore/${ours.id}/topic/topic`)
      const connection = await stranger.dial(addresses(kind))
      await member.network.publish('topic', 'a secret')
      await ended(connection)
      expect(stranger.getMultiaddrs()).toEqual([])
      expect(heard).toEqual([])
      expect(relay.libp2p.services.doorkeeper.strangers).toBe(1)
      await expect.poll(() => relay.libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString())).toEqual([member.id])
      expect(relay.libp2p.services.places?.taken).toBe(1)
    } finally {
      await stranger.stop()
    }
  })

  it('is told so where it knows our protocol, and reads nothing', async () => {
    const { id } = await relay.peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    const stranger = await TestPeer.start(theirs)
    try {
      const connection = await stranger.libp2p.dial(addresses('/tcp/'))
      const stream = await connection.newStream(syncProtocol(ours.id)).catch(() => undefined)
      const answers: Uint8Array[] = []
      stream?.addEventListener('message', ({ data }) => answers.push(data.subarray()))
      for (const message of [
        { t: 'hello', v: 1, net: theirs.id, role: 'peer', clock: 0, epoch: 'ab' },
        { t: 'open', ns: id },
      ]) {
        const bytes = dagCbor.encode(message)
        if (stream?.status === 'open') stream.send(Uint8Array.of(bytes.length, ...bytes))
      }
      await ended(connection)
      // Shown out before it was answered, or told that this is another network: either way no more than that.
      const codes = answers.map((bytes) => dagCbor.decode<{ code: string }>(bytes.subarray(bytes[0] === undefined || bytes[0] < 0x80 ? 1 : 2)).code)
      expect(['', 'wrong-network']).toContain(codes.join())
    } finally {
      await stranger.close()
    }
  })
})

describe('records', () => {
  it('travel by sync only: nobody keeps values for others, so nobody can set a value back', async () => {
    for (const { libp2p } of [relay, member]) expect(libp2p.getProtocols().filter((protocol) => /kad|dht/.test(protocol))).toEqual([])
    for (const protocol of ['/ipfs/kad/1.0.0', '/ipfs/lan/kad/1.0.0', `/docstore/${ours.id}/kad/1.0.0`])
      await expect(member.libp2p.dialProtocol(addresses('/tcp/'), protocol)).rejects.toMatchObject({ name: 'UnsupportedProtocolError' })
  })
})
