import type { Replica } from '@p2p-docstore/core'

/** How often each namespace that is here is halved, by its head: kept up to date, so that it can be said at once. Those that are whole are not remembered. */
export class KnownSplits {
  readonly #replica: Pick<Replica, 'namespace' | 'namespaces' | 'onCommit'>
  readonly #splits = new Map<string, number>()
  readonly #unlisten: () => void

  private constructor(replica: Pick<Replica, 'namespace' | 'namespaces' | 'onCommit'>, onChange: (ns: string) => void) {
    this.#replica = replica
    this.#unlisten = replica.onCommit(({ namespace, from, to, head }) => {
      // One that came, has another head, here or by another process on the database, or went.
      if (head === true || (from === 0 && to === 0))
        this.look(namespace).then(
          (isNew) => isNew && onChange(namespace),
          () => undefined,
        )
    })
  }

  /** `onChange` is called when a namespace is split, or split further. */
  static async open(replica: Pick<Replica, 'namespace' | 'namespaces' | 'onCommit'>, onChange: (ns: string) => void): Promise<KnownSplits> {
    const splits = new KnownSplits(replica, onChange)
    for (const { id, split } of await replica.namespaces()) splits.#note(id, split)
    return splits
  }

  stop(): void {
    this.#unlisten()
  }

  of(ns: string): number {
    return this.#splits.get(ns) ?? 0
  }

  /** Those that are split. */
  get all(): Iterable<string> {
    return this.#splits.keys()
  }

  /** Looks what the head says now; resolves with whether that is new. */
  async look(ns: string): Promise<boolean> {
    return this.#note(ns, (await this.#replica.namespace(ns))?.split)
  }

  #note(ns: string, parts = 1): boolean {
    const split = Math.log2(parts)
    const isNew = split !== this.of(ns)
    if (split === 0) this.#splits.delete(ns)
    else this.#splits.set(ns, split)
    return isNew
  }
}
