import { sha256 } from '#crypto'
import { compareBytes, concatBytes, equalBytes } from '../../model/bytes.ts'
import type { SectorStore } from '../../placement/repair/repair.ts'
import { SummedTree } from '../../sets/summed-tree.ts'
import { type SimRecord, wins } from './sim-record.ts'

/** Nobody writes into it. */
const EMPTY_TREE = new SummedTree()
const EMPTY: Uint8Array = EMPTY_TREE.fingerprint(undefined, undefined)

/** What became of a record. */
export type Stored = 'stored' | 'had' | 'quota'

interface StoredSector {
  readonly tree: SummedTree
  readonly records: Map<string, SimRecord>
  print: Uint8Array | undefined
}

/** The disk of a simulated relay: versions by slot, with the summed trees that are compared. Survives restarts. */
export class SimStore implements SectorStore {
  readonly #sectors = new Map<number, StoredSector>()
  /** Rises with each change of a sector, and never falls: one that was removed and came again is another. */
  readonly #versions = new Map<number, number>()
  #records = 0
  /** Most records that find room. */
  room = Number.POSITIVE_INFINITY

  get size(): number {
    return this.#records
  }

  held(): Iterable<number> {
    return this.#sectors.keys()
  }

  print(sector: number): Uint8Array {
    const stored = this.#sectors.get(sector)
    return stored === undefined ? EMPTY : (stored.print ??= stored.tree.fingerprint(undefined, undefined))
  }

  version(sector: number): number {
    return this.#versions.get(sector) ?? 0
  }

  /** The tree of a sector. */
  tree(sector: number): SummedTree {
    return this.#sectors.get(sector)?.tree ?? EMPTY_TREE
  }

  records(sector: number): Iterable<SimRecord> {
    return this.#sectors.get(sector)?.records.values() ?? []
  }

  get({ sector, id }: { readonly sector: number; readonly id: string }): SimRecord | undefined {
    return this.#sectors.get(sector)?.records.get(id)
  }

  /** Takes a version where it wins and there is room: for what takes the place of another there always is. */
  put(record: SimRecord): Stored {
    const mine = this.get(record)
    if (mine !== undefined && (equalBytes(mine.hash, record.hash) || !wins(record, mine))) return 'had'
    if (mine === undefined && this.#records >= this.room) return 'quota'
    let stored = this.#sectors.get(record.sector)
    if (stored === undefined) {
      stored = { tree: new SummedTree(), records: new Map(), print: undefined }
      this.#sectors.set(record.sector, stored)
    }
    if (mine === undefined) this.#records++
    stored.records.set(record.id, record)
    stored.tree.set(record.slot, record.hash, record.at)
    stored.print = undefined
    this.#changed(record.sector)
    return 'stored'
  }

  /** Removes a sector. */
  drop(sector: number): void {
    this.#records -= this.#sectors.get(sector)?.records.size ?? 0
    this.#sectors.delete(sector)
    this.#changed(sector)
  }

  /** Everything is lost. */
  wipe(): void {
    for (const sector of this.#sectors.keys()) this.drop(sector)
  }

  /** What proves that a sector lies here, contents and all: SHA-256( salt ‖ record hash ‖ content, by slot ). */
  proof(sector: number, salt: Uint8Array): Uint8Array {
    const records = [...this.records(sector)].sort((a, b) => compareBytes(a.slot, b.slot))
    return sha256(concatBytes(salt, ...records.flatMap(({ hash, content }) => [hash, content])))
  }

  #changed(sector: number): void {
    this.#versions.set(sector, this.version(sector) + 1)
  }
}
