import { DocstoreError } from '../errors.ts'
import { decodeResponse, encodeRequest, type Request, type Response } from './messages.ts'
import { Turns } from '../replica/turns.ts'

/** A way to put one question at a time to one peer. The transport brings its own time limit and ends the channel on failure. */
export interface Exchange {
  /** Sends a frame and resolves with the answer. Rejects when the channel is broken; it is of no use after that. */
  exchange(frame: Uint8Array): Promise<Uint8Array>
  close(): void
}

/** Requests of one kind that went over the wire, and what they and their answers took, bytes. */
export interface KindTraffic {
  readonly requests: number
  readonly bytes: number
}

/** What went over the wire. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
  requests: number
  readonly kinds: Map<string, KindTraffic>
}

/** Who asks a peer. */
export type Asking = Pick<Channel, 'ask'>

export function newTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, requests: 0, kinds: new Map() }
}

/** Requests and responses on an exchange, one at a time, in order. */
export class Channel {
  readonly #exchange: Exchange
  readonly #traffic: Traffic
  readonly #turns = new Turns()
  #interrupt: ((error: DocstoreError) => void) | undefined
  #isClosed = false
  /** Called once, when the channel is closed on this side. */
  onClose: (() => void) | undefined

  constructor(exchange: Exchange, traffic: Traffic) {
    this.#exchange = exchange
    this.#traffic = traffic
  }

  /** The response of the type that the request calls for; throws what the other side reports, and on anything else. */
  ask<T extends Response['t']>(request: Request, ...expected: readonly T[]): Promise<Extract<Response, { t: T }>> {
    return this.#ask(request, expected)
  }

  /** The same, counted there too. */
  countedBy(also: Traffic): Asking {
    return { ask: (request, ...expected) => this.#ask(request, expected, also) }
  }

  async #ask<T extends Response['t']>(request: Request, expected: readonly T[], also?: Traffic): Promise<Extract<Response, { t: T }>> {
    const response = await this.#turns.take(() => this.#send(request, also))
    if (response.t === 'error') {
      const { code, message, retryMs } = response
      throw DocstoreError.passedOn(code, `The peer refused: ${message}`, retryMs === undefined ? {} : { details: { retryMs } })
    }
    if (!isOneOf(response, expected)) throw new DocstoreError('protocol', `The peer answered ${request.t} with ${response.t}`)
    return response
  }

  async #send(request: Request, also?: Traffic): Promise<Response> {
    if (this.#isClosed) throw closed()
    const frame = encodeRequest(request)
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      this.#interrupt = reject
      this.#exchange.exchange(frame).then(resolve, reject)
    })
    this.#interrupt = undefined
    note(this.#traffic, request.t, frame.length, answer.length)
    if (also !== undefined) note(also, request.t, frame.length, answer.length)
    const response = decodeResponse(answer)
    if (!response.ok) throw new DocstoreError('protocol', `The peer sent an answer that cannot be read (${response.reason})`)
    return response.value
  }

  /** Ends the channel. Whoever waits for an answer gets `connection-lost`, whatever the transport does. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#interrupt?.(closed())
    this.#exchange.close()
    this.onClose?.()
  }
}

function note(traffic: Traffic, kind: string, bytesOut: number, bytesIn: number): void {
  const before = traffic.kinds.get(kind)
  traffic.kinds.set(kind, { requests: (before?.requests ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytesOut + bytesIn })
  traffic.requests++
  traffic.bytesOut += bytesOut
  traffic.bytesIn += bytesIn
}

function closed(): DocstoreError {
  return new DocstoreError('connection-lost', 'The channel to the peer was closed')
}

function isOneOf<T extends Response['t']>(response: Response, expected: readonly T[]): response is Extract<Response, { t: T }> {
  return expected.some((type) => type === response.t)
}
