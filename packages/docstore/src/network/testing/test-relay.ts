import type { Network as Descriptor, Replica } from '@p2p-docstore/core'
import type { Invitation } from '../admission/invitation.ts'
import type { DocstoreLibp2p } from '../transport/libp2p.ts'
import type { RelayLimits } from '../relay-limits.ts'
import type { RelayStorage } from '../types.ts'
import { TestPeer } from './test-peer.ts'
import { WellKnownServer } from './well-known-server.ts'

/** How a relay of a test begins. */
export interface TestRelayOptions {
  readonly listen?: readonly string[]
  readonly places?: number
  readonly storage?: RelayStorage
  /** What it does for others. */
  readonly services?: readonly string[]
  readonly limits?: RelayLimits
  /** Relays that it joined. */
  readonly relays?: readonly string[]
  readonly directory?: { readonly lifeMs?: number; readonly compareMs?: number }
  readonly fullAt?: number
  readonly invitation?: Invitation
  readonly replica?: Replica
  readonly now?: () => number
}

/** A relay in the process of the test. It can stop, and begin again where it was. */
export class TestRelay {
  readonly #descriptor: Descriptor
  readonly #http: WellKnownServer
  readonly #options: TestRelayOptions
  #peer: TestPeer
  #addresses: readonly string[]

  private constructor(descriptor: Descriptor, http: WellKnownServer, peer: TestPeer, options: TestRelayOptions) {
    this.#descriptor = descriptor
    this.#http = http
    this.#peer = peer
    this.#options = options
    this.#addresses = addressesOf(peer)
  }

  static async start(descriptor: Descriptor, { listen = ['/ip4/127.0.0.1/tcp/0'], ...options }: TestRelayOptions = {}): Promise<TestRelay> {
    const peer = await TestPeer.start(descriptor, { role: 'relay', listen, ...options })
    const http = await WellKnownServer.start(descriptor, () => ({ peer: peer.id, addresses: relay.#addresses }))
    const relay = new TestRelay(descriptor, http, peer, options)
    return relay
  }

  get origin(): string {
    return this.#http.origin
  }

  get peer(): TestPeer {
    return this.#peer
  }

  get libp2p(): DocstoreLibp2p {
    return this.#peer.libp2p
  }

  /** Ends its connections and answers nobody. */
  async stop(): Promise<void> {
    await Promise.all([this.#peer.network.close(), this.#http.stop()])
  }

  /** Stops its web server only. */
  async stopHttp(): Promise<void> {
    await this.#http.stop()
  }

  /** Begins again on the same ports, with the same data. */
  async restart(): Promise<void> {
    const listen = this.#addresses.map((address) => address.replace(/\/p2p\/.*/, ''))
    this.#peer = await TestPeer.start(this.#descriptor, { role: 'relay', listen, replica: this.#peer.replica, ...this.#options })
    this.#addresses = addressesOf(this.#peer)
    await this.#http.restart()
  }

  async close(): Promise<void> {
    await Promise.all([this.#peer.close(), this.#http.stop()])
  }
}

function addressesOf({ libp2p }: TestPeer): readonly string[] {
  return libp2p.getMultiaddrs().map((address) => address.toString())
}
