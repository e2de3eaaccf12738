import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Network as Descriptor, networkToText } from '@p2p-docstore/core'

/** Who a relay is and where. */
export interface WhoAndWhere {
  readonly peer: string
  readonly addresses: readonly string[]
}

/** The part of a relay's HTTP that says who it is and where. It can stop, and begin again on the same port. */
export class WellKnownServer {
  readonly origin: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** `say` gives the answer; where it gives none, requests are left without one. */
  static async start(descriptor: Descriptor, say: () => WhoAndWhere | undefined): Promise<WellKnownServer> {
    const server = createServer((_request, response) => {
      const said = say()
      if (said !== undefined) response.end(JSON.stringify({ network: descriptor.id, descriptor: networkToText(descriptor), ...said }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new WellKnownServer(server)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async restart(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(Number(new URL(this.origin).port), '127.0.0.1', resolve))
  }
}
