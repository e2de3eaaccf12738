import type { Arrivals, ArrivingSocket } from './arrivals.ts'
import type { CreateListenerOptions, Listener, Transport } from '@libp2p/interface'
import { webSockets, type WebSocketsComponents } from '@libp2p/websockets'

/** Largest message over WebSocket, bytes. libp2p writes no more than it reads at once; `ws` would take in 100 MiB from anybody. */
const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024

/** What we use of libp2p's listener for WebSocket; its class is not exported. */
interface WebSocketListener extends Listener {
  readonly wsServer: { readonly options: { maxPayload?: number } }
  onUpgrade(request: object, socket: object, head: Uint8Array): void
  onWsServerConnection(socket: object, request: object): void
}

/**
 * Lets peers in over WebSocket who come to another server of this process, such as the one of the page: one port and one certificate
 * then do for both. libp2p has no way to be given such a server, so this hands its listener what that server got.
 */
export class WebSocketDoor {
  readonly #arrivals: Arrivals
  #listener: WebSocketListener | undefined

  /** Who comes over another server has to arrive as those do who come to libp2p's own port. */
  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  /** libp2p's transport for WebSocket. */
  readonly transport = (components: WebSocketsComponents): Transport => {
    const transport = webSockets()(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options: CreateListenerOptions): Listener => {
      const listener = createListener(options)
      this.#listener = listener as WebSocketListener
      this.#listener.wsServer.options.maxPayload = MAX_MESSAGE_BYTES
      listener.addEventListener('close', () => {
        this.#listener = undefined
      })
      return listener
    }
    return transport
  }

  /**
   * Takes over what an HTTP server's `upgrade` event tells. Nobody is let in while libp2p itself does not listen for WebSocket. Without
   * Node's types, which a program that uses the package may not have.
   */
  upgrade(request: object, socket: ArrivingSocket, head: Uint8Array): void {
    if (this.#listener === undefined) socket.destroy()
    else if (this.#arrivals.arrive(socket)) this.#listener.onUpgrade(request, socket, head)
  }
  /** The same for a WebSocket that the other server has made of it, before any message was heard. Whose it is may take a moment to find out: it arrives first. */
  adopt(socket: { close(): void }, request: object): void {
    if (this.#listener === undefined) socket.close()
    else this.#listener.onWsServerConnection(socket, request)
  }

  /** Whether there is a place for somebody who has just come. */
  arrive(socket: ArrivingSocket): boolean {
    return this.#arrivals.arrive(socket)
  }

  /** Somebody turns out to be no peer. */
  leave({ remoteAddress, remotePort }: ArrivingSocket): void {
    this.#arrivals.leave(remoteAddress, remotePort)
  }
}
