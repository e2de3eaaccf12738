import {
  authorName,
  authorOf,
  cidOfBytes,
  type CrdtPart,
  crdtPartId,
  DAG_JSON,
  DocstoreError,
  errorCode,
  type Replica,
  sha256,
  toHex,
  utf8,
} from '@p2p-docstore/core'
import type * as Yjs from 'yjs'
import { CrdtReader, type RefusedPart } from './crdt-reader.ts'
import { type PartCollection, partContent, partsOf, type ReadPart, readPart } from './crdt-parts.ts'
import { MAX_UPDATE_BYTES, MAX_UPDATE_CLIENTS } from './crdt-update.ts'

/** How long changes are gathered before they are written, milliseconds: a key is pressed every 100. */
const GATHER_MS = 100
/** A part that is written again with each change has so many bytes at most. */
const MAX_TAIL_BYTES: number = 8 * 1024
/** From so many parts on, they are put together. */
const MANY_PARTS = 16
/** The last number of a part. */
const LAST_PART = 63
/** How often a write is made ready again because another tab or program of this data wrote. */
const MAX_AGAIN = 16

/** What a shared document works with. */
export interface SharedDocumentInit {
  readonly yjs: typeof Yjs
  readonly replica: Replica
  readonly namespace: string
  readonly collection: PartCollection
  readonly id: string
  readonly closing: AbortSignal
}

/** One of our parts as it is stored. */
interface OwnPart {
  readonly update: Uint8Array
  readonly cid: string
}

/**
 * A document that several people change at once, bound to what is stored: changes of `doc` are written, and those of others come into it. It keeps
 * going until it is destroyed, or the store closes.
 */
export class SharedDocument {
  readonly doc: Yjs.Doc
  readonly #init: SharedDocumentInit
  readonly #reader: CrdtReader
  readonly #place: Omit<CrdtPart, 'number'>
  readonly #ending = new AbortController()
  #following: Promise<void> = Promise.resolve()
  #own = new Map<number, OwnPart>()
  #changes: Uint8Array[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #saving: Promise<void> = Promise.resolve()
  #error: unknown

  private constructor(init: SharedDocumentInit, place: Omit<CrdtPart, 'number'>) {
    this.#init = init
    this.#place = place
    this.doc = new init.yjs.Doc()
    this.#reader = new CrdtReader(init.yjs, this.doc)
    this.doc.on('update', this.#changed)
  }

  /** Reads what is here of it, and binds it. Throws `crdt-too-large`, `unknown-namespace`. */
  static async open(init: SharedDocumentInit): Promise<SharedDocument> {
    const { replica, namespace, id } = init
    const info = await replica.info()
    const { identity, epoch } = info
    // Each database has a name of its own, so that two of one person never write the same part.
    const writer = toHex(sha256(utf8(`${epoch} ${identity}`))).slice(0, 16)
    const shared = new SharedDocument(init, { document: id, author: authorName(authorOf(info)), writer })
    const since = await replica.lastSeq(namespace)
    await shared.#read()
    shared.#following = shared.#follow(since)
    return shared
  }

  /** Parts of others that cannot be used; the rest makes the document. */
  get refused(): readonly RefusedPart[] {
    return this.#reader.refused
  }

  /**
   * Writes what was changed so far; resolves when it is on disk. Rejects with what kept it from being written, or the document from being followed;
   * the next call tries again. Throws `crdt-too-large` for a change of more than 80 KiB, `not-allowed`, `ended`, `disk-full`.
   */
  async saved(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const saving = this.#saving.then(() => this.#save())
    this.#saving = saving.catch(() => undefined)
    await saving
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
  }

  /** Writes what is left, and lets go; `doc` stays as it is. Rejects like `saved`. */
  async destroy(): Promise<void> {
    try {
      await this.saved()
    } finally {
      this.#ending.abort()
      this.doc.off('update', this.#changed)
      await this.#following
      this.#reader.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
  }

  readonly #changed = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    this.#reader.changed(update)
    this.#changes.push(update)
    // What goes wrong is kept for whoever asks next.
    this.#timer ??= setTimeout(() => {
      this.saved().catch((error: unknown) => {
        this.#error = error
      })
    }, GATHER_MS)
  }

  async #read(): Promise<void> {
    const own = new Map<number, OwnPart>()
    for await (const part of partsOf(this.#init.collection, this.#place.document)) {
      this.#reader.take(part, this)
      const { number, author, writer } = part.place
      if (author !== this.#place.author || writer !== this.#place.writer || part.update === undefined) continue
      own.set(number, { update: part.update, cid: cidOfBytes(DAG_JSON, partContent(part.place, part.update)).toString() })
    }
    this.#own = own
  }

  async #follow(since: number): Promise<void> {
    const { collection, id } = this.#init
    try {
      for await (const change of collection.changes({ since, filter: { of: id }, signal: this.#ending.signal })) {
        const part: ReadPart | undefined = change.document === undefined ? undefined : readPart(id, change.document)
        if (part !== undefined) this.#reader.take(part, this)
      }
    } catch (error) {
      if (!this.#ending.signal.aborted && !this.#init.closing.aborted) this.#error = error
    }
  }

  async #save(): Promise<void> {
    const changes = this.#changes.splice(0)
    if (changes.length === 0) return
    try {
      const update = changes.length === 1 && changes[0] !== undefined ? changes[0] : this.#init.yjs.mergeUpdates(changes)
      if (update.length > MAX_UPDATE_BYTES)
        throw new DocstoreError(
          'crdt-too-large',
          `A change of a shared document has at most ${MAX_UPDATE_BYTES} bytes, and one here has ${update.length}`,
        )
      for (let again = 0; !(await this.#write(update)); again++) {
        if (again === MAX_AGAIN) throw new DocstoreError('busy', 'Others change the same shared document faster than it can be written')
        await this.#read()
      }
    } catch (error) {
      this.#changes.unshift(...changes)
      throw error
    }
  }

  /** False where another tab or program wrote since our parts were read. */
  async #write(update: Uint8Array): Promise<boolean> {
    const bySize = [...this.#own].sort(([, a], [, b]) => a.update.length - b.update.length)
    const tail = bySize.at(0)
    const joined = tail && this.#merged([tail[1].update, update], MAX_TAIL_BYTES)
    if (tail !== undefined && joined !== undefined) return this.#put(tail[0], joined)
    if (bySize.length < MANY_PARTS) return this.#put(this.#free(), update)
    return this.#compact(bySize, update)
  }

  /** Puts small parts together; those that are in others then go. */
  async #compact(bySize: readonly (readonly [number: number, part: OwnPart])[], update: Uint8Array): Promise<boolean> {
    let whole = update
    const inside: number[] = []
    for (const [number, part] of bySize) {
      const merged = this.#merged([whole, part.update], MAX_UPDATE_BYTES)
      if (merged === undefined) break
      whole = merged
      inside.push(number)
    }
    const [target = this.#free(), ...others] = inside
    if (!(await this.#put(target, whole))) return false
    for (const number of others) if (!(await this.#put(number, undefined))) return false
    return true
  }

  #merged(updates: Uint8Array[], maxBytes: number): Uint8Array | undefined {
    const { yjs } = this.#init
    const merged = yjs.mergeUpdates(updates)
    const isSmall = merged.length <= maxBytes && yjs.parseUpdateMeta(merged).from.size <= MAX_UPDATE_CLIENTS
    return isSmall ? merged : undefined
  }

  #free(): number {
    for (let number = 0; number <= LAST_PART; number++) if (!this.#own.has(number)) return number
    throw new DocstoreError(
      'crdt-too-large',
      `What was changed here of the shared document ${JSON.stringify(this.#place.document.slice(0, 80))} fills ${LAST_PART + 1} parts. Begin another one`,
    )
  }

  /** Writes one of our parts, or deletes it, where it is as we know it. */
  async #put(number: number, update: Uint8Array | undefined): Promise<boolean> {
    const { replica, namespace, collection } = this.#init
    const place = { ...this.#place, number }
    const content = update === undefined ? null : partContent(place, update)
    try {
      await replica.write(namespace, collection.name, [{ id: crdtPartId(place), content, if: this.#own.get(number)?.cid ?? null }])
      if (update === undefined || content === null) this.#own.delete(number)
      else this.#own.set(number, { update, cid: cidOfBytes(DAG_JSON, content).toString() })
      return true
    } catch (error) {
      if (errorCode(error) !== 'conflict') throw error
      return false
    }
  }
}
