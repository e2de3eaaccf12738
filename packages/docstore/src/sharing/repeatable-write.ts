import type { Replica, Write, WriteResult } from '@p2p-docstore/core'
import type { SharedData } from './shared-data.ts'

/** Changes looked at in one call. */
const PAGE = 256

/**
 * `Replica.write` over changes of the owner. When the owner ends before it answers, nobody knows whether it wrote. Where the content
 * stands that was to be written, it has; the rest is written again. So no write is lost, and none made twice, unless somebody wrote
 * another content between the two: then this write, which nobody was told of yet, comes after that one.
 */
export function repeatableWrite(shared: SharedData): Replica['write'] {
  const positions = new Positions(shared)
  return async (ns, collection, writes) => {
    const since = positions.of(ns)
    // Known positions are not waited for: single writes of one turn share a transaction.
    return writeSince(shared, { ns, collection, writes, since: typeof since === 'number' ? since : await since })
  }
}

interface SinceWrite {
  readonly ns: string
  readonly collection: string
  readonly writes: readonly Write[]
  readonly since: number
}

async function writeSince(shared: SharedData, write: SinceWrite): Promise<readonly WriteResult[]> {
  let isRepeated = false
  return shared.run(({ replica }) => {
    if (isRepeated) return writeAgain(replica, write)
    isRepeated = true
    return replica.write(write.ns, write.collection, write.writes)
  })
}

/** Writes what does not stand since a position. */
export async function writeAgain(
  replica: Pick<Replica, 'changes' | 'lastSeq' | 'write'>,
  { ns, collection, writes, since }: SinceWrite,
): Promise<readonly WriteResult[]> {
  const contents = new Map(writes.map(({ id, content }) => [id, content]))
  const standing = new Map<string, WriteResult>()
  // What is written from now on is written while we are: it has no end where others write as fast as we read.
  const end = await replica.lastSeq(ns)
  for (let at = since; at < end; ) {
    const rows = await replica.changes(ns, at, PAGE)
    at = rows.at(-1)?.seq ?? end
    for (const { id, seq, at, collection: other, content } of rows)
      if (other === collection && contents.get(id) === content) standing.set(id, { status: 'written', seq, at })
  }
  const missing = writes.filter(({ id }) => !standing.has(id))
  const results = missing.length === 0 ? [] : await replica.write(ns, collection, missing)
  const written = new Map(missing.map((write, i) => [write, results[i]]))
  return writes.flatMap((write) => standing.get(write.id) ?? written.get(write) ?? [])
}

/** The last position of each namespace that anything here has seen. */
class Positions {
  readonly #shared: SharedData
  readonly #known = new Map<string, number | Promise<number>>()

  constructor(shared: SharedData) {
    this.#shared = shared
    shared.commits.add(({ namespace, to }) => {
      const known = this.#known.get(namespace)
      if (typeof known === 'number' && known < to) this.#known.set(namespace, to)
    })
    // Nobody has told us what happened before we came to this owner.
    shared.owners.add(() => this.#known.clear())
  }

  of(ns: string): number | Promise<number> {
    const known = this.#known.get(ns)
    if (known !== undefined) return known
    const asked = this.#shared.run(({ replica }) => replica.lastSeq(ns))
    this.#known.set(ns, asked)
    const settle = (seq?: number): void => {
      if (this.#known.get(ns) !== asked) return
      if (seq === undefined) this.#known.delete(ns)
      else this.#known.set(ns, seq)
    }
    asked.then(settle, () => settle())
    return asked
  }
}
