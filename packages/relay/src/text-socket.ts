import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** A WebSocket, as much of it as services use. */
export interface TextSocket {
  readonly readyState: number
  readonly OPEN: number
  readonly isPaused: boolean
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown
  on(event: 'pong', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
  send(data: string | Buffer, options: { readonly binary: boolean }, done: () => void): void
  ping(): void
  pause(): void
  resume(): void
  close(code?: number, reason?: string): void
  /** Ends it without a word. */
  terminate(): void
}

/** Takes WebSockets over whose messages are text. Gives the way to let go of one that is none after all, or nothing where it did not take it. */
export type AcceptText = (socket: TextSocket, raw: Duplex, request: IncomingMessage) => (() => void) | undefined
