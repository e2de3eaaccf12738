import { CHUNK_BYTES } from '@p2p-docstore/core'
import { bytesOf } from './file-source.ts'

/** Pieces that are stored at a time. */
const PIECES_AT_ONCE = 4

/** Fills the same memory again and again with what a source gives, so that a file takes no more of it than a few pieces, however long it is. */
export class Pieces {
  readonly #memory: Uint8Array = new Uint8Array(PIECES_AT_ONCE * CHUNK_BYTES)
  #filled = 0

  /**
   * Cuts a source; calls back with pieces that must not be used any more when its promise has settled. Nothing more is read before. Throws what the
   * source throws, and the reason of the signal.
   */
  async cut(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    onPieces: (pieces: readonly Uint8Array[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const given of source) {
      signal.throwIfAborted()
      const bytes = bytesOf(given)
      for (let at = 0; at < bytes.length; ) {
        const taken = bytes.subarray(at, at + this.#memory.length - this.#filled)
        this.#memory.set(taken, this.#filled)
        this.#filled += taken.length
        at += taken.length
        if (this.#filled === this.#memory.length) await this.#hand(onPieces)
      }
    }
    signal.throwIfAborted()
    if (this.#filled > 0) await this.#hand(onPieces)
  }

  async #hand(onPieces: (pieces: readonly Uint8Array[]) => Promise<void>): Promise<void> {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < this.#filled; at += CHUNK_BYTES) pieces.push(this.#memory.subarray(at, Math.min(at + CHUNK_BYTES, this.#filled)))
    await onPieces(pieces)
    this.#filled = 0
  }
}
