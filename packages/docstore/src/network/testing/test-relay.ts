import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Network as Descriptor, networkToText } from '@p2p-docstore/core'
import type { DocstoreLibp2p } from '../libp2p.ts'
import { TestPeer } from './test-peer.ts'

/** How a relay of a test begins. */
export interface TestRelayOptions {
  readonly listen?: readonly string[]
  readonly places?: number
}

/** A relay with no more HTTP than what says where it is, in the process of the test. It can stop, and begin again where it was. */
export class TestRelay {
  readonly origin: string
  readonly #descriptor: Descriptor
  readonly #http: Server
  readonly #places: { readonly places?: number }
  #peer: TestPeer

  private constructor(descriptor: Descriptor, http: Server, peer: TestPeer, places: { readonly places?: number }) {
    this.#descriptor = descriptor
    this.#http = http
    this.#peer = peer
    this.#places = places
    this.origin = `http://127.0.0.1:${portOf(http)}`
    http.on('request', (_request, response) => {
      const addresses = this.libp2p.getMultiaddrs().map((address) => address.toString())
      response.end(JSON.stringify({ network: descriptor.id, descriptor: networkToText(descriptor), peer: this.#peer.id, addresses }))
    })
  }

  static async start(descriptor: Descriptor, { listen = ['/ip4/127.0.0.1/tcp/0'], ...places }: TestRelayOptions = {}): Promise<TestRelay> {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    return new TestRelay(descriptor, http, await TestPeer.start(descriptor, { role: 'relay', listen, ...places }), places)
  }

  get libp2p(): DocstoreLibp2p {
    return this.#peer.libp2p
  }

  get peer(): TestPeer {
    return this.#peer
  }

  /** Ends its connections and answers nobody. */
  async stop(): Promise<void> {
    this.#listen = this.libp2p.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
    await this.#peer.network.close()
    await this.#closeHttp()
  }

  /** Begins again on the same ports, with the same data. */
  async restart(): Promise<void> {
    const { replica } = this.#peer
    this.#peer = await TestPeer.start(this.#descriptor, { role: 'relay', listen: this.#listen, replica, ...this.#places })
    await new Promise<void>((resolve) => this.#http.listen(Number(new URL(this.origin).port), '127.0.0.1', resolve))
  }

  #listen: readonly string[] = []

  async close(): Promise<void> {
    await this.#peer.close()
    await this.#closeHttp()
  }

  #closeHttp(): Promise<void> {
    this.#http.closeAllConnections()
    return new Promise((resolve) => this.#http.close(() => resolve()))
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
