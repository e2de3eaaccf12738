import type { Connection, Stream } from '@libp2p/interface'
import { errorCode, errorMessage, type Ledger, type Verdict } from '@p2p-docstore/core'
import type { Misdeed, Misconduct } from '../admission/index.ts'
import { delay } from '../timing/index.ts'
import { type Answerer, answerStream, type Streams } from './streams.ts'

/** Longest code and message of an error, UTF-16 code units. */
const MAX_CODE = 128
const MAX_MESSAGE = 512

/** What is told in the place of an answer. */
export interface RequestError {
  readonly t: 'error'
  readonly code: string
  readonly message: string
}

/** Who asks, over which connection. */
export interface Asker {
  readonly peer: string
  readonly connection: Connection
  /** To be called with what no honest peer sends. */
  readonly onMisdeed: (misdeed: Misdeed) => void
}

/** A protocol of requests that each have one answer. */
export interface RequestService<Request, Response> {
  readonly protocol: string
  readonly maxFrameBytes: number
  /** Streams of it that one connection may have open. */
  readonly maxStreams: number
  readonly decode: (frame: Uint8Array) => Verdict<Request>
  readonly encode: (response: Response | RequestError) => Uint8Array
  /** What it throws is told by its code. One request of a peer is worked on at a time, over however many streams they come. */
  readonly answer: (request: Request, asker: Asker) => Promise<Response | RequestError>
  /** What a request costs, in the units of the ledger. */
  readonly unitsOf: (request: Request) => number
  readonly misconduct: Misconduct
  /** What is remembered of a peer: whoever asks too much waits longer and longer. */
  readonly ledgerOf: (peer: string) => Ledger
}

/** Answers the requests of everyone in the network. What cannot be read ends its stream. */
export async function serveRequests<Request, Response>(libp2p: Streams, service: RequestService<Request, Response>): Promise<void> {
  const { protocol, maxFrameBytes, maxStreams, misconduct } = service
  const handler = (stream: Stream, connection: Connection): Promise<void> => {
    const peer = connection.remotePeer.toString()
    const onMisdeed = misconduct.note.bind(misconduct, peer)
    return answerStream(stream, new RequestAnswerer(service, { peer, connection, onMisdeed }), onMisdeed, { maxFrameBytes })
  }
  await libp2p.handle(protocol, handler, { maxInboundStreams: maxStreams })
}

/** Answers the requests of one stream. */
class RequestAnswerer<Request, Response> implements Answerer {
  readonly #service: RequestService<Request, Response>
  readonly #asker: Asker

  constructor(service: RequestService<Request, Response>, asker: Asker) {
    this.#service = service
    this.#asker = asker
  }

  async respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }> {
    const { decode, encode, answer, unitsOf, ledgerOf } = this.#service
    const request = decode(frame)
    if (!request.ok) {
      this.#asker.onMisdeed('malformed')
      return { frame: encode({ t: 'error', code: request.reason, message: 'The request cannot be read' }), isLast: true }
    }
    const ledger = ledgerOf(this.#asker.peer)
    let response: Response | RequestError
    try {
      response = await ledger.request(() => answer(request.value, this.#asker))
    } catch (error) {
      response = { t: 'error', code: errorCode(error).slice(0, MAX_CODE), message: errorMessage(error).slice(0, MAX_MESSAGE) }
    }
    const wait = ledger.account({ spent: unitsOf(request.value), used: 0, now: performance.now() })
    if (wait > 0) await delay(wait, signal)
    return { frame: encode(response), isLast: false }
  }
}
