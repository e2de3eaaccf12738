import { compareBytes, concatBytes, DAG_CBOR, equalBytes, type NamespacePrint, parseCid, type Parts, type Replica, sha256 } from '@p2p-docstore/core'
import type { Home, SectorStore } from '@p2p-docstore/core/placement'
import type { ListedPrint } from './messages.ts'

const NOTHING: Uint8Array = sha256(new Uint8Array())

/** A namespace that lies here. */
export interface KeptNamespace extends NamespacePrint {
  readonly id: string
  readonly digest: Uint8Array
  /** What of it lies in the sector besides its head and logs; `undefined` for all of it. */
  readonly parts: Parts | undefined
}

/** What contents are made of. */
export interface SectorContentsInit {
  readonly replica: Pick<Replica, 'namespaceIds' | 'print' | 'onCommit'>
  /** Where a namespace lies. */
  readonly homesOf: (ns: string) => readonly Home[]
  /** Whether one that is here is kept in this sector: of a namespace that is split, its head alone may be here for other parts. */
  readonly isKept: (ns: string, home: Home, records: number) => boolean
  /** Whether what lies here of a sector counts although it is not to be here. */
  readonly isToGo: (sector: number) => boolean
}

/**
 * What lies here of each sector: prints of its namespaces, brought up to date by `refresh`. Nothing is looked at before the first one: where everybody keeps
 * everything nobody asks, and a print reads what a namespace adds up to.
 */
export class SectorContents implements SectorStore {
  readonly #init: SectorContentsInit
  readonly #sectors = new Map<number, Map<string, KeptNamespace>>()
  /** Sectors under which each namespace is listed that is here. */
  readonly #homes = new Map<string, readonly number[]>()
  readonly #versions = new Map<number, number>()
  readonly #prints = new Map<number, Uint8Array>()
  readonly #changed = new Set<string>()
  #unlisten: (() => void) | undefined
  #refreshing: Promise<void> = Promise.resolve()
  #isKnown = false

  constructor(init: SectorContentsInit) {
    this.#init = init
  }

  stop(): void {
    this.#unlisten?.()
  }

  /** Whether all that lies here was looked at once. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Something of a namespace may have changed: what was proved before does not hold any more. */
  touched(ns: string): void {
    const homes = this.#init.homesOf(ns)
    if (homes.length === 0) return
    this.#changed.add(ns)
    // Of one that is split, looking tells in which part it was.
    for (const { sector, parts } of homes) if (parts === undefined) this.#versions.set(sector, this.version(sector) + 1)
  }

  /** Finds out what has changed since the last time; with `all`, also what nobody told, as acts of persons may be. */
  refresh({ all = false }: { readonly all?: boolean } = {}): Promise<void> {
    const refreshed = this.#refreshing.then(async () => {
      await this.#begin()
      const unasked = all ? this.#homes.keys() : []
      for (const ns of new Set([...this.#changed, ...unasked])) {
        this.#changed.delete(ns)
        try {
          await this.#look(ns)
        } catch (error) {
          this.#changed.add(ns)
          throw error
        }
      }
      this.#isKnown = true
    })
    this.#refreshing = refreshed.catch(() => undefined)
    return refreshed
  }

  /** From here on commits are noted, and everything that is here is to be looked at. */
  async #begin(): Promise<void> {
    if (this.#unlisten !== undefined) return
    const { replica } = this.#init
    this.#unlisten = replica.onCommit(({ namespace }) => this.touched(namespace))
    for (const id of await replica.namespaceIds()) this.touched(id)
  }

  async #look(id: string): Promise<void> {
    const digest = parseCid(DAG_CBOR, id)?.multihash.digest
    if (digest === undefined) return
    const { homesOf, isKept, replica } = this.#init
    const homes = homesOf(id)
    const listed: number[] = []
    const found: (readonly [number, KeptNamespace])[] = []
    for (const home of homes) {
      const { sector, parts } = home
      const print = await replica.print(id, parts)
      if (print === undefined || !isKept(id, home, print.count)) continue
      listed.push(sector)
      found.push([sector, { id, digest, parts, ...print }])
    }
    // In one step, so that nobody sees it in two ways at once.
    for (const sector of this.#homes.get(id) ?? []) if (!listed.includes(sector)) this.#put(sector, id, undefined)
    for (const [sector, kept] of found) this.#put(sector, id, kept)
    if (listed.length === 0) this.#homes.delete(id)
    else this.#homes.set(id, listed)
  }

  #put(sector: number, id: string, now: KeptNamespace | undefined): void {
    const kept = this.#sectors.get(sector) ?? new Map<string, KeptNamespace>()
    const before = kept.get(id)?.print
    if (before !== undefined && now !== undefined && equalBytes(before, now.print)) {
      kept.set(id, now)
      return
    }
    this.#versions.set(sector, this.version(sector) + 1)
    if (now === undefined) kept.delete(id)
    else kept.set(id, now)
    if (kept.size === 0) this.#sectors.delete(sector)
    else this.#sectors.set(sector, kept)
    this.#prints.delete(sector)
  }

  /** All that lie here of a sector, by rising digest. */
  namespaces(sector: number): readonly KeptNamespace[] {
    return [...(this.#sectors.get(sector)?.values() ?? [])].sort((a, b) => compareBytes(a.digest, b.digest))
  }

  /** The print of one of them. */
  printOf(sector: number, ns: string): Uint8Array | undefined {
    return this.#sectors.get(sector)?.get(ns)?.print
  }

  /** The same as others are told. */
  list(sector: number, after: Uint8Array, limit: number): { readonly namespaces: readonly ListedPrint[]; readonly more: boolean } {
    const behind = this.namespaces(sector).filter(({ digest }) => compareBytes(digest, after) > 0)
    return { namespaces: behind.slice(0, limit).map(({ digest, print }) => ({ ns: digest, print })), more: behind.length > limit }
  }

  /** Sectors of which something lies here. */
  get all(): readonly number[] {
    return [...this.#sectors.keys()]
  }

  *held(): Iterable<number> {
    for (const sector of this.#sectors.keys()) if (this.#init.isToGo(sector)) yield sector
  }

  print(sector: number): Uint8Array {
    let print = this.#prints.get(sector)
    if (print === undefined) {
      const all = this.namespaces(sector)
      print = all.length === 0 ? NOTHING : sha256(concatBytes(...all.map((one) => one.print)))
      this.#prints.set(sector, print)
    }
    return print
  }

  version(sector: number): number {
    return this.#versions.get(sector) ?? 0
  }
}
