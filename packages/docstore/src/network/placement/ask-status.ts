import type { Connection } from '@libp2p/interface'
import { compareBytes, DocstoreError, type Exchange, type KindTraffic } from '@p2p-docstore/core'
import { decodeStatus, encodeStatus, type SectorStatus } from '@p2p-docstore/core/placement'
import { openExchange } from '../sync/index.ts'
import { MAX_COMPARED, MAX_STATUS_FRAME_BYTES } from './limits.ts'
import {
  decodeStatusResponse,
  encodeStatusMessage,
  type ListedPrint,
  type SectorCounts,
  type Standing,
  type StatusRequest,
  type StatusResponse,
} from './messages.ts'
import { statusProtocol } from './protocol.ts'

type OnMoved = (kind: StatusRequest['t'], traffic: KindTraffic) => void

type Answer<T extends StatusResponse['t']> = Extract<StatusResponse, { t: T }>

/** Asks another relay how its sectors stand. What it throws says that it does not answer, or not as an honest one does (`bad-response`). */
export class StatusAsker {
  readonly #connection: Connection
  readonly #networkId: string
  readonly #onMoved: OnMoved

  /** `onMoved` hears what each request took. */
  constructor(connection: Connection, networkId: string, onMoved: OnMoved = () => undefined) {
    this.#connection = connection
    this.#networkId = networkId
    this.#onMoved = onMoved
  }

  /** Tells how the sectors here stand; resolves with how those there do. */
  async status(ours: readonly SectorStatus[], signal: AbortSignal): Promise<readonly SectorStatus[]> {
    const { sectors } = await this.#ask({ t: 'status', sectors: encodeStatus(ours) }, 'status', signal)
    const decoded = decodeStatus(sectors)
    if (!decoded.ok) throw forged()
    return decoded.value
  }

  /** Which namespaces lie there of a sector. */
  async list(sector: number, signal: AbortSignal): Promise<readonly ListedPrint[]> {
    return this.#within(signal, async (exchange) => {
      const listed: ListedPrint[] = []
      for (;;) {
        const after = listed.at(-1)?.ns ?? new Uint8Array()
        const { namespaces, more } = await this.#askBy(exchange, { t: 'list', sector, after }, 'list')
        for (const [i, { ns }] of namespaces.entries()) if (compareBytes(ns, namespaces[i - 1]?.ns ?? after) <= 0) throw forged()
        listed.push(...namespaces)
        if (!more) return listed
        if (namespaces.length === 0) throw forged()
        // A part of a list says of nothing that it is not there.
        if (listed.length > MAX_COMPARED) throw new DocstoreError('too-large', `The relay lists more than ${MAX_COMPARED} namespaces of one sector`)
      }
    })
  }

  /** The proof that it has all of these, as far as they lie in a sector where one is named; `undefined` where it has not. */
  async prove(sector: number | undefined, namespaces: readonly Uint8Array[], salt: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const answer = await this.#ask({ t: 'prove', ...(sector === undefined ? {} : { sector }), salt, namespaces }, ['proof', 'none'], signal)
    return answer.t === 'proof' ? answer.proof : undefined
  }

  /** How a sector stands there, and at others of which it heard. */
  async where(sector: number, signal: AbortSignal): Promise<readonly Standing[]> {
    return (await this.#ask({ t: 'where', sector }, 'where', signal)).relays
  }

  /** How all sectors stand there. */
  async report(signal: AbortSignal): Promise<SectorCounts> {
    const { t: _t, ...counts } = await this.#ask({ t: 'report' }, 'report', signal)
    return counts
  }

  #ask<T extends StatusResponse['t']>(request: StatusRequest, expected: T | readonly T[], signal: AbortSignal): Promise<Answer<T>> {
    return this.#within(signal, (exchange) => this.#askBy(exchange, request, expected))
  }

  async #askBy<T extends StatusResponse['t']>(exchange: Exchange, request: StatusRequest, expected: T | readonly T[]): Promise<Answer<T>> {
    const frame = encodeStatusMessage(request)
    const answer = await exchange.exchange(frame)
    this.#onMoved(request.t, { requests: 1, bytes: frame.length + answer.length })
    const response = decodeStatusResponse(answer)
    if (!response.ok) throw forged()
    const { value } = response
    if (value.t === 'error') throw new DocstoreError('no-answer', `The relay does not answer (${value.code}: ${value.message})`)
    if (!isOneOf(value, expected)) throw forged()
    return value
  }

  async #within<T>(signal: AbortSignal, work: (exchange: Exchange) => Promise<T>): Promise<T> {
    const exchange = await openExchange(this.#connection, statusProtocol(this.#networkId), signal, { maxFrameBytes: MAX_STATUS_FRAME_BYTES })
    const close = (): void => exchange.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      return await work(exchange)
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  }
}

function isOneOf<T extends StatusResponse['t']>(response: StatusResponse, expected: T | readonly T[]): response is Answer<T> {
  return [expected].flat().some((one) => one === response.t)
}

function forged(): DocstoreError {
  return new DocstoreError('bad-response', 'The relay answers what it was not asked')
}
