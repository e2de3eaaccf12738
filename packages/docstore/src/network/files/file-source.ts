import type { Connection } from '@libp2p/interface'
import { DocstoreError, type Exchange, Slots } from '@p2p-docstore/core'
import { openExchange } from '../sync/index.ts'
import type { BlockSource } from './file-fetcher.ts'
import { MAX_ASKED_AT_ONCE, MAX_BLOCK_FRAME_BYTES, MAX_WAITED_AT_ONCE } from './limits.ts'
import { decodeFileResponse, encodeFileMessage, type FileRequest, type FileResponse } from './messages.ts'
import { filesProtocol } from './protocol.ts'

/** A connected peer that is asked for files: on a few streams, one question on each. */
export class FileSource implements BlockSource {
  readonly peer: string
  readonly #connection: Connection
  readonly #networkId: string
  readonly #slots: Slots
  readonly #idle: Exchange[] = []
  readonly #blocks = new Slots(MAX_ASKED_AT_ONCE)
  readonly #waits = new Slots(MAX_WAITED_AT_ONCE)
  #asked = 0

  /** `slots` are those of all blocks that are on their way, from whomever. */
  constructor(connection: Connection, networkId: string, slots: Slots) {
    this.peer = connection.remotePeer.toString()
    this.#connection = connection
    this.#networkId = networkId
    this.#slots = slots
  }

  async block(cid: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const response = await this.#blocks.take(() => this.#slots.take(() => this.#ask({ t: 'block', cid }, signal)))
    if (response.t !== 'block' && response.t !== 'none') throw new DocstoreError('protocol', `The peer answered block with ${response.t}`)
    return response.t === 'none' ? undefined : response.bytes
  }

  /** Whether it has all of a file: as soon as it has, or when it has waited for that as long as peers do. */
  async hasWhole(file: Omit<Extract<FileRequest, { t: 'whole' }>, 't'>, signal: AbortSignal): Promise<boolean> {
    const response = await this.#waits.take(() => this.#ask({ t: 'whole', ...file }, signal))
    if (response.t !== 'whole') throw new DocstoreError('protocol', `The peer answered whole with ${response.t}`)
    return response.whole
  }

  /** Asks one question. Throws what the peer says, `unsupported-protocol`, `no-answer`, `connection-lost`, `protocol`. */
  async #ask(request: FileRequest, signal: AbortSignal): Promise<FileResponse> {
    this.#asked++
    let exchange: Exchange | undefined
    const end = (): void => exchange?.close()
    try {
      signal.throwIfAborted()
      exchange =
        this.#idle.pop() ?? (await openExchange(this.#connection, filesProtocol(this.#networkId), signal, { maxFrameBytes: MAX_BLOCK_FRAME_BYTES }))
      // Whoever gives up waits for no answer; the stream is of no use then.
      signal.addEventListener('abort', end, { once: true })
      const response = decodeFileResponse(await exchange.exchange(encodeFileMessage(request)))
      if (!response.ok) throw new DocstoreError('protocol', `The peer sent an answer that cannot be read (${response.reason})`)
      if (response.value.t === 'error') throw DocstoreError.passedOn(response.value.code, `The peer refused: ${response.value.message}`)
      this.#idle.push(exchange)
      exchange = undefined
      return response.value
    } finally {
      signal.removeEventListener('abort', end)
      end()
      // Kept no longer than questions follow each other: the other side ends what is idle, which the next question would find out too late.
      if (--this.#asked === 0) for (const idle of this.#idle.splice(0)) idle.close()
    }
  }
}
