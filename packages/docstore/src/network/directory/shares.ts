import { MAX_SOURCES } from './limits.ts'

/** Parts of an entry, so that it can be divided among one to four sources without fractions. */
const PARTS = 12

/** Who brought an entry before they left: one source, however many they were. */
const GONE = ''

/**
 * Who brought which entries, and how many that makes: where there is no room for all, whoever brought most gives way. An entry that several
 * brought counts in part for each of them, and stands as well as the one of them with the fewest.
 */
export class Shares {
  readonly #sources = new Map<string, string[]>()
  readonly #loads = new Map<string, number>()

  /** Notes that a peer brought this entry. Of too many, the busiest is forgotten: it gives the entry no weight. */
  add(entry: string, source: string): void {
    const sources = this.#sources.get(entry) ?? []
    if (sources.includes(source)) return
    this.#count(sources, -1)
    sources.push(source)
    if (sources.length > MAX_SOURCES) sources.splice(sources.indexOf(this.#busiest(sources)), 1)
    this.#count(sources, 1)
    this.#sources.set(entry, sources)
  }

  /** The entry is not there any more. */
  delete(entry: string): void {
    this.#count(this.#sources.get(entry) ?? [], -1)
    this.#sources.delete(entry)
  }

  /** The peer has left; otherwise it could come again under another name, and have another share. */
  leave(source: string): void {
    for (const [entry, sources] of this.#sources) {
      const index = sources.indexOf(source)
      if (index === -1) continue
      this.#count(sources, -1)
      sources.splice(index, 1)
      if (!sources.includes(GONE)) sources.push(GONE)
      this.#count(sources, 1)
      this.#sources.set(entry, sources)
    }
  }

  /** Those who brought an entry. */
  sources(entry: string): readonly string[] {
    return this.#sources.get(entry) ?? []
  }

  /** How much a peer has brought. */
  load(source: string): number {
    return this.#loads.get(source) ?? 0
  }

  /** Whether nobody has brought more. */
  isBusiest(source: string): boolean {
    const load = this.load(source)
    return ![...this.#loads.values()].some((other) => other > load)
  }

  /** How much the least busy of those has brought who brought this entry: the more, the sooner it gives way. */
  weight(entry: string): number {
    let least = Number.POSITIVE_INFINITY
    for (const source of this.#sources.get(entry) ?? []) least = Math.min(least, this.load(source))
    return least
  }

  #busiest(sources: readonly string[]): string {
    return sources.reduce((busiest, source) => (this.load(source) > this.load(busiest) ? source : busiest))
  }

  #count(sources: readonly string[], sign: 1 | -1): void {
    for (const source of sources) {
      const load = this.load(source) + (sign * PARTS) / sources.length
      if (load === 0) this.#loads.delete(source)
      else this.#loads.set(source, load)
    }
  }
}
