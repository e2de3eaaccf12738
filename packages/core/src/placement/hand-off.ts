/** A write that a relay took, on its way to the owners of its sector: who has it, and whether enough do. */
export class HandOff {
  readonly #waiting: Set<string>
  readonly #have = new Set<string>()
  readonly #wanted: number

  /** `owners` as the placement says, `acks` copies as the writer asked: more than there are owners cannot be. */
  constructor(owners: readonly string[], acks: number) {
    this.#waiting = new Set(owners)
    this.#wanted = Math.min(acks, owners.length)
  }

  /** Owners that have not answered yet. */
  get waiting(): readonly string[] {
    return [...this.#waiting]
  }

  /** Owners that durably hold the write, or what it gives way to. A relay that is no owner counts for none, nor does a cache. */
  get copies(): number {
    return this.#have.size
  }

  /** Whether there are as many copies as were asked for; whether there can still be. */
  get state(): 'enough' | 'waiting' | 'too-few' {
    if (this.#have.size >= this.#wanted) return 'enough'
    return this.#have.size + this.#waiting.size >= this.#wanted ? 'waiting' : 'too-few'
  }

  /** An owner answered: it has the write, or could not take it. Answers of others, and second ones, count for nothing. */
  answered(owner: string, isStored: boolean): void {
    if (this.#waiting.delete(owner) && isStored) this.#have.add(owner)
  }
}
