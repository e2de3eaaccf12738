import { DocstoreError } from '@p2p-docstore/core'

/** Largest file that is handed out in one piece of memory, bytes. */
const MAX_BYTES_AT_ONCE: number = 256 * 1024 * 1024

/** A file, or a part of one, that was found by its CID alone. Nothing of it but its root is fetched before it is read, and nothing is kept. */
export class ContentFile implements AsyncIterable<Uint8Array> {
  readonly kind = 'file' as const
  readonly cid: string
  /** Bytes of the whole file. */
  readonly size: number
  /** The relay that gave its root, where that was not here. */
  readonly from: string | undefined
  readonly #pieces: () => AsyncGenerator<Uint8Array, void, undefined>

  constructor({
    cid,
    size,
    from,
    pieces,
  }: {
    readonly cid: string
    readonly size: number
    readonly from: string | undefined
    readonly pieces: () => AsyncGenerator<Uint8Array, void, undefined>
  }) {
    this.cid = cid
    this.size = size
    this.from = from
    this.#pieces = pieces
  }

  /** The bytes in pieces of at most 256 KiB, each checked. Throws `not-found` where nobody has one of them, `bad-file`. */
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#pieces()
  }

  /** All bytes at once. Throws `too-large` above 256 MiB: read such a file in pieces. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.size > MAX_BYTES_AT_ONCE)
      throw new DocstoreError(
        'too-large',
        `At most ${MAX_BYTES_AT_ONCE / 1024 ** 2} MiB are handed out at once. Read the file in pieces: for await (const piece of file)`,
      )
    const all = new Uint8Array(this.size)
    let at = 0
    for await (const piece of this) {
      all.set(piece, at)
      at += piece.length
    }
    return all
  }
}
