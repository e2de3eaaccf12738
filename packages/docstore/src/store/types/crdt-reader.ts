import { DocstoreError } from '@p2p-docstore/core'
import type * as Yjs from 'yjs'
import type { ReadPart } from './crdt-parts.ts'
import { updateFault } from './crdt-update.ts'

/** How long a reader puts updates together for one document, milliseconds: a stranger can write what takes ever so long. */
const MAX_APPLY_MS = 10_000

/** A part that cannot be used. The others make the document. */
export interface RefusedPart {
  readonly _id: string
  readonly code: 'bad-crdt'
  readonly reason: string
}

/**
 * Puts the updates of others into a document. Each goes into a trial first: the library leaves a document behind half changed where an update
 * makes it throw.
 */
export class CrdtReader {
  readonly doc: Yjs.Doc
  readonly #yjs: typeof Yjs
  readonly #refused = new Map<string, RefusedPart>()
  #trial: Yjs.Doc
  #spentMs = 0

  constructor(yjs: typeof Yjs, doc: Yjs.Doc) {
    this.#yjs = yjs
    this.doc = doc
    this.#trial = this.#newTrial()
  }

  /** Those that could not be used. */
  get refused(): readonly RefusedPart[] {
    return [...this.#refused.values()]
  }

  /** Takes a part; what cannot be used is noted. Throws `crdt-too-large` where all of them take too long. */
  take({ id, update }: ReadPart, origin: unknown): void {
    const reason = update === undefined ? 'is no part of a document' : (updateFault(this.#yjs, update) ?? this.#apply(update, origin))
    if (reason === undefined) this.#refused.delete(id)
    else this.#refused.set(id, { _id: id, code: 'bad-crdt', reason })
  }

  /** What was changed here goes into the trial too. */
  changed(update: Uint8Array): void {
    this.#yjs.applyUpdate(this.#trial, update)
  }

  #apply(update: Uint8Array, origin: unknown): string | undefined {
    if (this.#spentMs > MAX_APPLY_MS)
      throw new DocstoreError('crdt-too-large', `The updates of a shared document take more than ${MAX_APPLY_MS / 1000} seconds to put together`)
    const began = performance.now()
    try {
      this.#yjs.applyUpdate(this.#trial, update)
    } catch (error) {
      this.#trial.destroy()
      this.#trial = this.#newTrial()
      return `cannot be used: ${error instanceof Error ? error.message : String(error)}`
    } finally {
      this.#spentMs += performance.now() - began
    }
    this.#yjs.applyUpdate(this.doc, update, origin)
    return undefined
  }

  #newTrial(): Yjs.Doc {
    const trial = new this.#yjs.Doc()
    this.#yjs.applyUpdate(trial, this.#yjs.encodeStateAsUpdate(this.doc))
    return trial
  }

  destroy(): void {
    this.#trial.destroy()
  }
}
