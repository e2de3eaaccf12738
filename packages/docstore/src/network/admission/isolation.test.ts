import * as dagCbor from '@ipld/dag-cbor'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { gossipsub } from '@libp2p/gossipsub'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { Record } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { webRTCDirect } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { concatBytes, createNetwork, DAG_CBOR, parseCid, utf8 } from '@p2p-docstore/core'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { kademliaProtocol } from '../finding/kademlia-protocol.ts'
import { syncProtocol } from '../sync/streams.ts'
import { ended } from '../testing/attacker.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'

const WEBRTC_DIRECT = '/ip4/127.0.0.1/udp/0/webrtc-direct'

const ours = createNetwork('ours')
const theirs = createNetwork('theirs')
let relay: TestRelay
let member: TestPeer
beforeEach(async () => {
  relay = await TestRelay.start(ours, { listen: ['/ip4/127.0.0.1/tcp/0', WEBRTC_DIRECT] })
  member = await TestPeer.start(ours, { relays: [relay.origin] })
  await expect.poll(() => member.hasReservation()).toBe(true)
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
  it('travel by sync only: nobody answers for other networks, and a peer that is no relay answers nobody', async () => {
    expect(member.libp2p.getProtocols()).not.toContain(kademliaProtocol(ours.id))
    for (const protocol of ['/ipfs/kad/1.0.0', '/ipfs/lan/kad/1.0.0', kademliaProtocol(theirs.id)])
      await expect(member.libp2p.dialProtocol(addresses('/tcp/'), protocol)).rejects.toMatchObject({ name: 'UnsupportedProtocolError' })
  })

  it('are nothing that Kademlia keeps: it stores no value and gives none, so nobody can set a value back', async () => {
    const stranger = await generateKeyPair('Ed25519')
    const keys = [utf8('/docs/one'), concatBytes(utf8('/pk/'), peerIdFromPrivateKey(stranger).toMultihash().bytes)]
    for (const key of keys) {
      const record = new Record(key, publicKeyToProtobuf(stranger.publicKey), new Date()).serialize().subarray()
      expect(await askKademlia(concatBytes(field(2, key), field(3, record)))).toEqual([])
      expect(await askKademlia(concatBytes(Uint8Array.of(0x08, 1), field(2, key)))).toEqual([])
    }
    // Who keeps a namespace is answered.
    const { id } = await relay.peer.replica.createNamespace({ name: 'notes', write: 'anyone' })
    expect(
      await askKademlia(concatBytes(Uint8Array.of(0x08, 3), field(2, parseCid(DAG_CBOR, id)?.multihash.bytes ?? new Uint8Array()))),
    ).toHaveLength(1)
  })
})

/** An unsigned varint below 2^14. */
function varint(value: number): Uint8Array {
  return value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >> 7)
}

/** A field of a message of Kademlia: its number, and bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes)
}

/** Sends the relay one message of Kademlia (PUT_VALUE unless its first field says otherwise), and resolves with what it says until the stream ends. */
async function askKademlia(message: Uint8Array): Promise<Uint8Array[]> {
  const stream = await member.libp2p.dialProtocol(addresses('/tcp/'), kademliaProtocol(ours.id))
  const answers: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => {
    answers.push(data.subarray())
    stream.abort(new Error('answered'))
  })
  stream.send(concatBytes(varint(message.length), message))
  await ended(stream)
  return answers
}
