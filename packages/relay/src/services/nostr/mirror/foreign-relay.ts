import { DocstoreError } from '@p2p-docstore/core'
import { WebSocket } from 'ws'

/** How long it may take to connect, and until anything moves on, milliseconds. */
const CONNECT_MS = 15_000
const IDLE_MS = 30_000
/** Largest message that is read, bytes. */
const MAX_MESSAGE_BYTES: number = 8 * 1024 * 1024

/** A message of a relay: its type, and the rest of the list. */
export type ForeignFrame = readonly [type: string, ...rest: readonly unknown[]]
type Hear = (frame: ForeignFrame) => void

/** A relay of somebody else, to which this one is a client. */
export class ForeignRelay {
  readonly #socket: WebSocket
  readonly #listeners = new Set<Hear>()
  readonly #ended = Promise.withResolvers<never>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data, isBinary) => {
      const frame = isBinary || !Buffer.isBuffer(data) ? undefined : readFrame(data.toString())
      if (frame !== undefined) for (const hear of this.#listeners) hear(frame)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => this.#ended.reject(new DocstoreError('connection-lost', `The relay ${socket.url} ended the connection`)))
    // Who waits for something hears of it; nobody has to.
    this.#ended.promise.catch(() => undefined)
  }

  /** Connects. Throws `bad-url`, `timeout` and `connection-lost`. */
  static async connect(url: string, signal?: AbortSignal): Promise<ForeignRelay> {
    if (!/^wss?:\/\/[^/]/i.test(url) || !URL.canParse(url))
      throw new DocstoreError('bad-url', `${JSON.stringify(url.slice(0, 100))} is no address of a relay of Nostr. It looks like wss://relay.example`)
    const socket = new WebSocket(url, {
      handshakeTimeout: CONNECT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    })
    const relay = new ForeignRelay(socket)
    const opened = Promise.withResolvers<void>()
    socket.once('open', opened.resolve)
    socket.once('error', ({ message }) => opened.reject(new DocstoreError('connection-lost', `The relay ${url} cannot be reached: ${message}`)))
    await relay.#within(opened.promise, CONNECT_MS, signal)
    return relay
  }

  /** Another id for a request. */
  newId(): string {
    return `m${++this.#lastId}`
  }

  send(...frame: ForeignFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /**
   * Sends a frame, and gives `hear` what comes until it returns something that is not `undefined`, which this resolves with. Throws `timeout` where nothing that concerns it comes for a
   * while; `hear` says by `true` that something did.
   */
  async ask<T extends object>(frame: ForeignFrame, hear: (frame: ForeignFrame) => T | true | undefined, signal?: AbortSignal): Promise<T> {
    const done = Promise.withResolvers<T>()
    const late = setTimeout(() => done.reject(new DocstoreError('timeout', `The relay ${this.#socket.url} does not answer`)), IDLE_MS)
    const listener: Hear = (heard) => {
      const result = hear(heard)
      if (result === true) late.refresh()
      else if (result !== undefined) done.resolve(result)
    }
    this.#listeners.add(listener)
    try {
      this.send(...frame)
      return await this.#within(done.promise, undefined, signal)
    } finally {
      clearTimeout(late)
      this.#listeners.delete(listener)
    }
  }

  close(): void {
    this.#socket.terminate()
  }

  async #within<T>(work: Promise<T>, ms: number | undefined, signal: AbortSignal | undefined): Promise<T> {
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal?.reason)
    const late =
      ms === undefined
        ? undefined
        : setTimeout(() => aborted.reject(new DocstoreError('timeout', `The relay ${this.#socket.url} does not answer`)), ms)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    try {
      return await Promise.race([work, this.#ended.promise, aborted.promise])
    } catch (error) {
      if (ms !== undefined) this.close()
      throw error
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', abort)
    }
  }
}

function readFrame(text: string): ForeignFrame | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && typeof value[0] === 'string' ? (value as unknown as ForeignFrame) : undefined
  } catch {
    // What cannot be read says nothing, and so is waited for in vain.
    return undefined
  }
}
