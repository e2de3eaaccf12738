import type { CreateListenerOptions, Listener, Transport } from '@libp2p/interface'
import { webSockets, type WebSocketsComponents } from '@libp2p/websockets'

/** What we use of libp2p's listener for WebSocket; its class is not exported. */
interface WebSocketListener extends Listener {
  onUpgrade(request: object, socket: object, head: Uint8Array): void
}

/**
 * Lets peers in over WebSocket who come to another server of this process, such as the one of the page: one port and one certificate
 * then do for both. libp2p has no way to be given such a server, so this hands its listener what that server got.
 */
export class WebSocketDoor {
  #listener: WebSocketListener | undefined

  /** libp2p's transport for WebSocket. */
  readonly transport = (components: WebSocketsComponents): Transport => {
    const transport = webSockets()(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options: CreateListenerOptions): Listener => {
      const listener = createListener(options)
      this.#listener = listener as WebSocketListener
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
  upgrade(request: object, socket: { destroy(): unknown }, head: Uint8Array): void {
    if (this.#listener === undefined) socket.destroy()
    else this.#listener.onUpgrade(request, socket, head)
  }
}
