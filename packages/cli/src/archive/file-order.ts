import { createHash } from 'node:crypto'
import { equalBytes } from '@p2p-docstore/core'
import type { Block } from './block.ts'
import { badExport } from './car-reader.ts'
import type { BatchList, ExportEnd } from './export-structs.ts'
import { MAX_LISTED_BATCHES, MAX_LISTS } from './limits.ts'

/** Watches that a file is whole: that its end is right about all blocks before it. Its methods throw `bad-export`. */
export interface FileOrder {
  readonly content: (block: Block) => void
  readonly batch: (block: Block) => void
  readonly list: (block: Block, list: BatchList) => void
  readonly files: (block: Block) => void
  readonly logs: (block: Block) => void
  readonly end: (block: Block, end: ExportEnd) => void
}

/** Version 2: the root of the file is its end, which links the lists, which link the batches. */
export class LinkedOrder implements FileOrder {
  readonly #root: string
  readonly #genesis: string
  readonly #head: string
  #batches: string[] = []
  readonly #lists: string[] = []
  readonly #files: string[] = []
  readonly #logs: string[] = []
  #hasContents = false

  constructor(root: string, [, genesis, head]: readonly Block[]) {
    this.#root = root
    this.#genesis = genesis?.cid.toString() ?? ''
    this.#head = head?.cid.toString() ?? ''
  }

  logs({ cid }: Block): void {
    if (this.#hasContents) throw badExport('a log comes after what it judges')
    if (this.#logs.length === MAX_LISTS) throw badExport('it has too many logs')
    this.#logs.push(cid.toString())
  }

  content(): void {
    // What no batch links is refused with its batch.
    this.#hasContents = true
  }

  batch({ cid }: Block): void {
    this.#hasContents = true
    if (this.#batches.length === MAX_LISTED_BATCHES) throw badExport('a list is missing')
    if (this.#files.length > 0) throw badExport('a batch comes after its files')
    this.#batches.push(cid.toString())
  }

  list({ cid }: Block, { batches }: BatchList): void {
    if (!isSame(batches, this.#batches)) throw badExport('a list does not name the batches before it')
    if (this.#lists.length === MAX_LISTS) throw badExport('it has too many lists')
    this.#batches = []
    this.#lists.push(cid.toString())
  }

  files({ cid }: Block): void {
    if (this.#batches.length > 0) throw badExport('a list is missing')
    if (this.#files.length === MAX_LISTS) throw badExport('it has too many lists')
    this.#files.push(cid.toString())
  }

  end({ cid }: Block, end: ExportEnd): void {
    if (end.v !== 2) throw badExport('a block is of another version')
    const isWhole =
      end.ns === this.#genesis &&
      end.head === this.#head &&
      isSame(end.lists, this.#lists) &&
      isSame(end.files, this.#files) &&
      isSame(end.logs, this.#logs) &&
      this.#batches.length === 0
    if (!isWhole) throw badExport('blocks are missing')
    if (cid.toString() !== this.#root) throw badExport('its root is not its end')
  }
}

/** Version 1: the end counts and digests the blocks before it. */
export class CountedOrder implements FileOrder {
  readonly #hash = createHash('sha256')
  #blocks = 0

  constructor(read: readonly Block[]) {
    for (const block of read) this.batch(block)
  }

  content(block: Block): void {
    this.batch(block)
  }

  batch({ cid }: Block): void {
    this.#hash.update(cid.bytes)
    this.#blocks++
  }

  list(): void {
    throw badExport('a block is unknown')
  }

  files(): void {
    throw badExport('a block is unknown')
  }

  logs(): void {
    throw badExport('a block is unknown')
  }

  end(_: Block, end: ExportEnd): void {
    if (end.v !== 1) throw badExport('a block is of another version')
    if (end.blocks !== this.#blocks || !equalBytes(end.digest, this.#hash.digest())) throw badExport('blocks are missing')
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((cid, i) => cid === b[i])
}
