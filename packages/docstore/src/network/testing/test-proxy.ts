import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Passes TCP connections on to a port, until it is told to hold everything back, as a network does that has lost the way; or, with a delay, as a busy
 * process does: what it has not read when the other side closes is lost.
 */
export class TestProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isFrozen = false

  private constructor(server: Server, target: number, delayMs: number) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (inner) => {
      const outer = connect(target, '127.0.0.1')
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        this.#sockets.add(from)
        const pass = (bytes: Buffer): unknown => this.#isFrozen || to.destroyed || to.write(bytes)
        from.on('data', (bytes) => (delayMs === 0 || from === outer ? pass(bytes) : setTimeout(pass, delayMs, bytes)))
        from.on('error', () => to.destroy())
        from.on('close', () => {
          this.#sockets.delete(from)
          if (!this.#isFrozen) to.destroy()
        })
      }
    })
  }

  static async start(target: number, delayMs = 0): Promise<TestProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new TestProxy(server, target, delayMs)
  }

  /** From now on nothing comes through, and nobody is told. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** New connections come through again; those of before stay lost. */
  thaw(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume()
    this.#isFrozen = false
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
