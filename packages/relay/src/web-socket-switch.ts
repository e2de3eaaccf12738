import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Docstore } from 'p2p-docstore'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { AcceptText } from './text-socket.ts'

/** Largest message that is read before it is known whose it is, and later, bytes: what libp2p reads over the same port. */
const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024
/** How long somebody may say nothing before it counts as one who speaks text, milliseconds: peers speak first, and at once. */
const QUIET_MS = 3000

type Door = NonNullable<Docstore['libp2p']>['services']['webSocketDoor']

/**
 * The WebSockets of one port, at one URL: peers, and clients of a service that speaks text. Neither says in its request which it is; the first message does: that of a peer is binary. Who
 * says nothing for a while is taken for a client, as some wait to be spoken to, and still becomes a peer with a binary message: nothing was sent to it before.
 */
export class WebSocketSwitch {
  readonly #door: () => Door | undefined
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, clientTracking: false })
  #accept: AcceptText | undefined

  constructor(door: () => Door | undefined) {
    this.#door = door
  }

  /** From now on, WebSockets with text are taken over by this. Without it, all are peers. */
  onText(accept: AcceptText): void {
    this.#accept = accept
  }

  /** Takes over what an HTTP server's `upgrade` event tells. */
  upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    const door = this.#door()
    const accept = this.#accept
    if (accept === undefined) {
      if (door === undefined) raw.destroy()
      else door.upgrade(request, raw, head)
      return
    }
    if (door !== undefined && !door.arrive(raw)) return
    this.#server.handleUpgrade(request, raw, head, (socket) => this.#sort(socket, raw, request, accept))
  }

  #sort(socket: WebSocket, raw: Duplex, request: IncomingMessage, accept: AcceptText): void {
    // What is too large or no UTF-8 ends the connection by itself.
    socket.on('error', () => undefined)
    socket.binaryType = 'arraybuffer'
    const door = this.#door()
    let letGo: (() => void) | undefined
    const take = (): void => {
      door?.leave(raw)
      letGo = accept(socket, raw, request)
    }
    const quiet = setTimeout(take, QUIET_MS)
    socket.once('close', () => clearTimeout(quiet))
    socket.once('message', (data: RawData, isBinary: boolean) => {
      clearTimeout(quiet)
      const wasQuiet = letGo !== undefined
      if (!isBinary) {
        if (wasQuiet) return
        take()
      } else {
        letGo?.()
        if (door === undefined) return socket.close(1003, 'messages are text')
        if (wasQuiet && !door.arrive(raw)) return
        door.adopt(socket, request)
      }
      // Whoever has it now begins with the first message.
      socket.emit('message', data, isBinary)
    })
  }
}
