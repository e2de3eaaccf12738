import { generateKeyPair } from '@libp2p/crypto/keys'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createVoucher, identityFromSeed, type Network, packSigned } from '@p2p-docstore/core'
import { createLibp2p } from 'libp2p'
import { encodeHello, type Hello, helloProtocol, type Invitation } from '../admission/index.ts'
import { gossipId } from '../transport/index-node.ts'
import { must } from './verdicts.ts'
import { Conversation } from './conversation.ts'

/** How long a connection may take, milliseconds. */
const DIAL_MS = 10_000

/** Who is looked at. */
export interface Target {
  readonly network: Network
  readonly addresses: readonly Multiaddr[]
  /** With which one comes into an invite-only network. */
  readonly invitation: Invitation | undefined
}

type Services = { identify: Identify; ping: Ping; pubsub?: GossipSub }

/** A peer with a key of its own that does nothing by itself, so that what is seen at the other end follows from what it was told to do. */
export class Visitor {
  readonly libp2p: Libp2p<Services>
  readonly id: string
  readonly #target: Target

  private constructor(libp2p: Libp2p<Services>, target: Target) {
    this.libp2p = libp2p
    this.id = libp2p.peerId.toString()
    this.#target = target
  }

  /** With `isStranger` it does not speak identify in the network's name; with `topics` it takes part in GossipSub. */
  static async start(
    target: Target,
    { isStranger = false, topics = false }: { readonly isStranger?: boolean; readonly topics?: boolean } = {},
  ): Promise<Visitor> {
    const protocolPrefix = isStranger ? 'strangers' : `docstore/${target.network.id}`
    const isDirect = target.addresses.some((address) => address.toString().includes('/webrtc-direct'))
    const privateKey = await generateKeyPair('Ed25519')
    const libp2p = await createLibp2p<Services>({
      privateKey,
      transports: [
        tcp(),
        webSockets(),
        ...(isDirect ? [(await import('@libp2p/webrtc')).webRTCDirect({ rtcConfiguration: { iceServers: [] } })] : []),
      ],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { reconnectRetries: 0 },
      connectionMonitor: { enabled: false },
      connectionGater: { denyDialMultiaddr: () => false },
      services: {
        identify: identify({ protocolPrefix, runOnConnectionOpen: false }),
        ping: ping({ protocolPrefix }),
        ...(topics ? { pubsub: gossipsub({ fallbackToFloodsub: false, msgIdFn: gossipId, allowPublishToZeroTopicPeers: true }) } : {}),
      },
    })
    return new Visitor(libp2p, target)
  }

  async stop(): Promise<void> {
    await this.libp2p.stop()
  }

  /** One more connection. */
  connect(): Promise<Connection> {
    return this.libp2p.dial([...this.#target.addresses], { signal: AbortSignal.timeout(DIAL_MS), force: true })
  }

  /** A stream on a connection. */
  async open(connection: Connection, protocol: string): Promise<Conversation> {
    return new Conversation(await connection.newStream(protocol, { signal: AbortSignal.timeout(DIAL_MS), maxOutboundStreams: 256 }))
  }

  /** Our greeting, as the network wants it. */
  hello(): Uint8Array {
    return encodeHello({ role: 'peer', identity: null, member: this.#member() })
  }

  #member(): Hello['member'] {
    const { network, invitation } = this.#target
    if (network.descriptor.admission === 'open' || invitation === undefined || invitation.seed === null) return null
    const voucher = packSigned(createVoucher(network.cid, this.id, identityFromSeed(invitation.seed)))
    return { certificate: invitation.certificate, voucher }
  }

  /** Greets; resolves with the stream and the answer to what was sent. */
  async greet(connection: Connection, hello: Uint8Array = this.hello()): Promise<{ stream: Conversation; answer: Uint8Array }> {
    const stream = await this.open(connection, helloProtocol(this.#target.network.id))
    return { stream, answer: await stream.ask(hello) }
  }

  /** A connection that is through its greeting. */
  async visit(): Promise<Connection> {
    const connection = await this.connect()
    const { stream, answer } = await this.greet(connection)
    must(answer.length > 0, 'the greeting was answered with nothing')
    await stream.end()
    return connection
  }
}

/** Resolves when a connection has ended: after so many milliseconds, or `undefined` if it has not in this time. */
export async function endOf(connection: Connection, ms: number): Promise<number | undefined> {
  const began = performance.now()
  if (connection.status === 'open')
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      connection.addEventListener(
        'close',
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    })
  return connection.status === 'open' ? undefined : Math.round(performance.now() - began)
}
