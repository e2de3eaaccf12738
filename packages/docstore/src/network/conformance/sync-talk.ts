import { decodeCbor, decodeResponse, encodeRequest, MAX_FRAME_BYTES, type SyncRequest, type SyncResponse, timeFromMs } from '@p2p-docstore/core'
import { must, Unmet } from './verdicts.ts'
import type { Conversation } from './conversation.ts'

/** A stream of the sync protocol, from the asking side. */
export class SyncTalk {
  readonly stream: Conversation
  readonly #networkId: string
  /** Epoch of the other side's database, and what it says it can, once it was greeted. */
  epoch = ''
  can: readonly string[] = []

  constructor(stream: Conversation, networkId: string) {
    this.stream = stream
    this.#networkId = networkId
  }

  async hello(): Promise<Extract<SyncResponse, { t: 'hello' }>> {
    const back = await this.ask(helloTo(this.#networkId), 'hello')
    this.epoch = back.epoch
    this.can = back.can ?? []
    return back
  }

  /** The answer to a request, which has to be of this type. */
  async ask<T extends SyncResponse['t']>(request: SyncRequest, ...types: readonly T[]): Promise<Extract<SyncResponse, { t: T }>> {
    const response = await this.answer(encodeRequest(request))
    if (types.some((type) => type === response.t)) return response as Extract<SyncResponse, { t: T }>
    throw new Unmet(`${request.t} was answered with ${describe(response)}, not ${types.join(' or ')}`)
  }

  /** The answer to any frame. */
  async answer(frame: Uint8Array): Promise<SyncResponse> {
    return readResponse(await this.stream.ask(frame))
  }
}

export function helloTo(net: string): SyncRequest {
  return { t: 'hello', v: 1, net, role: 'peer', clock: timeFromMs(Date.now()), epoch: Math.random().toString(36).slice(2) }
}

export function readResponse(frame: Uint8Array): SyncResponse {
  must(decodeCbor(frame, MAX_FRAME_BYTES).ok, 'the answer is not canonical dag-cbor')
  const response = decodeResponse(frame)
  must(response.ok, 'the answer is no response of this protocol')
  return response.value
}

/** A response in a few words. */
export function describe(response: SyncResponse): string {
  return response.t === 'error' ? `the error ${response.code}` : response.t
}
