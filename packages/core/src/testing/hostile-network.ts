import { DocstoreError } from '../errors.ts'
import type { Exchange } from '../sync/channel.ts'
import type { Responder } from '../sync/responder.ts'
import type { SeededRandom } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How bad the network is: probabilities per request, and the longest one-way delay. */
export interface Faults {
  /** The connection breaks before the request arrives. */
  readonly drop: number
  /** The connection breaks after the request took effect. */
  readonly loseAnswer: number
  /** The request arrives twice. */
  readonly repeat: number
  /** The answer is cut off in the middle. */
  readonly cut: number
  /** One bit of the answer is another. */
  readonly flip: number
  readonly maxDelayMs: number
}

/** A network that does nothing wrong. */
export const NO_FAULTS: Faults = { drop: 0, loseAnswer: 0, repeat: 0, cut: 0, flip: 0, maxDelayMs: 2 }

/** One connection between two peers; it is over with its first failure. */
export interface Connection {
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal
  openExchange(responder: Responder): Exchange
  end(): void
}

/** An in-memory network whose faults a seed determines. */
export class HostileNetwork {
  faults: Faults = NO_FAULTS
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #connections = new Map<Connection, string>()
  readonly #cutOff = new Set<string>()

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  /** Breaks all connections between two peers and allows no new ones. */
  partition(a: string, b: string): void {
    this.#cutOff.add(pair(a, b))
    for (const [connection, name] of this.#connections) if (name === pair(a, b)) connection.end()
  }

  /** Allows all connections again. */
  heal(): void {
    this.#cutOff.clear()
  }

  /** A new connection; throws where the two cannot reach each other. */
  connect(from: string, to: string): Connection {
    const name = pair(from, to)
    if (this.#cutOff.has(name)) throw new DocstoreError('connection-lost', 'There is no way to the peer')
    const ended = new AbortController()
    const connection: Connection = {
      signal: ended.signal,
      end: () => {
        this.#connections.delete(connection)
        ended.abort()
      },
      openExchange: (responder) => this.#exchange(connection, responder),
    }
    this.#connections.set(connection, name)
    return connection
  }

  #exchange(connection: Connection, responder: Responder): Exchange {
    const closed = new AbortController()
    const signal = AbortSignal.any([connection.signal, closed.signal])
    const lost = (): DocstoreError => {
      connection.end()
      return new DocstoreError('connection-lost', 'The connection broke')
    }
    const travel = async (): Promise<void> => {
      await this.#time.delay(this.#random.below(this.faults.maxDelayMs + 1), signal)
      if (signal.aborted) throw lost()
    }
    return {
      close: () => closed.abort(),
      exchange: async (request) => {
        await travel()
        if (this.#random.chance(this.faults.drop)) throw lost()
        let answer = await responder.respond(request.slice(), signal)
        if (this.#random.chance(this.faults.repeat)) answer = await responder.respond(request.slice(), signal)
        if (this.#random.chance(this.faults.loseAnswer)) throw lost()
        await travel()
        return this.#damaged(answer.frame.slice())
      },
    }
  }

  #damaged(frame: Uint8Array): Uint8Array {
    if (this.#random.chance(this.faults.cut)) return frame.subarray(0, this.#random.below(frame.length))
    if (this.#random.chance(this.faults.flip)) {
      const at = this.#random.below(frame.length)
      frame[at] = (frame[at] ?? 0) ^ (1 << this.#random.below(8))
    }
    return frame
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
