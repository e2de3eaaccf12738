import { DocstoreError, type FileFacts, type Replica } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'
import type { FileProgress } from './put-file.ts'

/** Bytes of a file that are made sure of at once, ahead of the reader. */
const WINDOW_BYTES: number = 4 * 1024 * 1024
/** Largest file that is handed out in one piece of memory, bytes. */
const MAX_BYTES_AT_ONCE: number = 256 * 1024 * 1024

/** What a stored file works with. */
export interface StoredFileInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly namespace: string
  readonly facts: FileFacts
  readonly name: string | undefined
  readonly type: string | undefined
  /** First byte, and the one behind the last. */
  readonly start: number
  readonly end: number
  readonly onProgress: ((progress: FileProgress) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * A file of a namespace, or a range of it. Nothing is read before it is asked for; what is not here is fetched from peers then, checked, and kept for as
 * long as the document is there that names it. Each reading begins at the first byte.
 */
export class StoredFile implements AsyncIterable<Uint8Array> {
  readonly cid: string
  readonly name: string | undefined
  readonly type: string | undefined
  /** Bytes of the whole file. */
  readonly size: number
  readonly #init: StoredFileInit

  constructor(init: StoredFileInit) {
    this.cid = init.facts.cid
    this.size = init.facts.size
    this.name = init.name
    this.type = init.type
    this.#init = init
  }

  /** The bytes in pieces of at most 256 KiB. Throws `file-unavailable` where nobody who was asked has them, `not-found` where the document was deleted. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { replica, namespace, start, end, onProgress, signal } = this.#init
    let ready = this.#ensure(start)
    for (let window = start; window < end; window += WINDOW_BYTES) {
      await ready
      const windowEnd = Math.min(end, window + WINDOW_BYTES)
      ready = this.#ensure(windowEnd)
      // Reported when it is waited for; whoever leaves before has no use for it.
      ready.catch(() => undefined)
      for (let at = window; at < windowEnd; ) {
        signal.throwIfAborted()
        const piece = await replica.readFile(namespace, this.cid, at)
        if (piece === undefined) throw new DocstoreError('not-found', `The file ${this.cid} was removed while it was read`)
        const bytes = new Uint8Array(piece.buffer as ArrayBuffer, piece.byteOffset, Math.min(piece.length, windowEnd - at))
        at += bytes.length
        yield bytes
        onProgress?.({ bytes: at - start, total: end - start })
      }
    }
    // Read from one end to the other, it is here: that is noted, so that nobody looks for the rest of it again.
    if (this.#init.facts.state !== 'whole' && start === 0 && end === this.size) await replica.missingBlocks(namespace, this.cid, { from: 0, to: end })
  }

  /** The same as a stream. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pieces = this[Symbol.asyncIterator]()
    return new ReadableStream(
      {
        pull: async (controller) => {
          const next = await pieces.next()
          if (next.done === true) controller.close()
          else controller.enqueue(next.value)
        },
        cancel: async () => void (await pieces.return()),
      },
      { highWaterMark: 0 },
    )
  }

  /** All bytes at once. Throws `too-large` above 256 MiB: read such a file in pieces. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const { start, end } = this.#init
    if (end - start > MAX_BYTES_AT_ONCE)
      throw new DocstoreError(
        'too-large',
        `At most ${MAX_BYTES_AT_ONCE / 1024 ** 2} MiB are handed out at once. Read the file in pieces: for await (const piece of file)`,
      )
    const all = new Uint8Array(end - start)
    let at = 0
    for await (const piece of this) {
      all.set(piece, at)
      at += piece.length
    }
    return all
  }

  /** All bytes as a Blob of the file's type, such as a page shows them. Throws as `bytes`. */
  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], this.type === undefined ? {} : { type: this.type })
  }

  /** Makes sure that the next bytes are here. */
  async #ensure(from: number): Promise<void> {
    const { replica, network, namespace, facts, end, signal } = this.#init
    if (facts.state === 'whole' || from >= end) return
    const range = { from, to: Math.min(end, from + WINDOW_BYTES) }
    if ((await replica.missingBlocks(namespace, this.cid, range)).length === 0) return
    if (network === undefined)
      throw new DocstoreError('file-unavailable', `The file ${this.cid} is not here, and this store was opened without a network`, {
        details: { asked: [] },
      })
    await network.fetchFile(namespace, this.cid, { ...range, signal })
  }
}
