import { decodeRequest, decodeResponse, encodeResponse, type Request, type Response } from '../sync/messages.ts'
import type { Exchange } from '../sync/channel.ts'
import type { Responder } from '../sync/responder.ts'

/** One request that arrived, and what was really answered. */
export interface Heard {
  readonly request: Request
  readonly requestBytes: number
  readonly response: Response
}

/** Puts something in place of an answer: another one, raw bytes, or `undefined` for a break of the connection. */
export type Twist = (request: Request, honest: Response) => Response | Uint8Array | undefined | Promise<Response | Uint8Array | undefined>

/** A peer that answers as a responder does, except where a test says otherwise. */
export class ScriptedPeer {
  readonly heard: Heard[] = []
  twist: Twist = (_, honest) => honest
  readonly #respond: () => Responder

  /** `respond` makes the responder of one more stream. */
  constructor(respond: () => Responder) {
    this.#respond = respond
  }

  openExchange = async (): Promise<Exchange> => {
    const responder = this.#respond()
    const closed = new AbortController()
    return {
      close: () => closed.abort(),
      exchange: async (frame) => {
        const request = decodeRequest(frame)
        if (!request.ok) throw new Error(`a session sent what cannot be read: ${request.reason}`)
        const { frame: answer } = await responder.respond(frame, closed.signal)
        const honest = decodeResponse(answer)
        if (!honest.ok) throw new Error(`a responder sent what cannot be read: ${honest.reason}`)
        this.heard.push({ request: request.value, requestBytes: frame.length, response: honest.value })
        const twisted = await this.twist(request.value, honest.value)
        if (twisted === undefined) throw new Error('The connection broke')
        return twisted instanceof Uint8Array ? twisted : encodeResponse(twisted)
      },
    }
  }

  /** How often a type of request was heard. */
  count(type: Request['t']): number {
    return this.heard.filter(({ request }) => request.t === type).length
  }
}
