import { type BenchDocument, benchDocument } from '../documents.ts'
import type { Address, Library, LocalStore, ReceiverStore, SourceStore } from './adapter.ts'
import { now, sleep } from './clock.ts'
import { NoFigure } from './no-figure.ts'
import type { countTraffic } from './traffic.ts'

/** Documents of one bulk write. */
const BULK = 1000
const GETS = 20_000
const QUERIES = 300
/** How long one kind of reading goes on at most, milliseconds: the slowest libraries read a document per second. */
const READING_MS = 20_000
/** Longest pause between two looks at what has arrived, milliseconds. */
const MAX_POLL_MS = 50

/** Which documents: `from`, `from + 1` … of a set in which `authors` share them. */
export interface Documents {
  readonly from: number
  readonly count: number
  readonly authors: number
}

/** A copy to make: of which source, until how many documents are there and one of them can be read. */
export interface CopyInit {
  readonly folder: string
  readonly address: Address
  readonly count: number
  readonly id: string
  readonly limitMs: number
}

/** How a copy went: milliseconds from the three moments until everything was there, and what went over the wire, from opening on. */
export interface Copied {
  readonly fromProcessStart: number
  readonly fromOpened: number
  readonly fromConnected: number
  readonly bytes: number
}

export type Commands = ReturnType<typeof createCommands>

/** What the benchmark asks of the process that holds one store. */
export function createCommands(library: Library, traffic: ReturnType<typeof countTraffic>) {
  let local: LocalStore | undefined
  let writer: SourceStore | Omit<SourceStore, 'address'> | undefined
  let receiver: ReceiverStore | undefined
  const arrivals = new Arrivals()

  return {
    async openLocal(folder: string): Promise<void> {
      writer = local = await library.openLocal(folder)
    },

    async openSource(folder: string): Promise<Address> {
      const source = await library.openSource(folder)
      writer = source
      return source.address
    },

    /** Writes documents; resolves with the seconds that it took. */
    async write(documents: Documents, { bulk }: { bulk: boolean }): Promise<number> {
      const store = opened(writer)
      const all = Array.from({ length: documents.count }, (_, i) => benchDocument(documents.from + i, documents.authors))
      const began = now()
      if (bulk) {
        if (store.putMany === undefined) throw new NoFigure('none', 'it has no bulk write')
        for (let at = 0; at < all.length; at += BULK) await store.putMany(all.slice(at, at + BULK))
      } else for (const document of all) await store.put(document)
      return (now() - began) / 1000
    },

    /** Writes one document; resolves with the time at which that began. */
    async put(document: BenchDocument): Promise<number> {
      const began = now()
      await opened(writer).put(document)
      return began
    },

    /** Opens the store again and reads a document; resolves with the milliseconds that it took. */
    async reopen(folder: string, id: string): Promise<number> {
      const began = now()
      local = await library.openLocal(folder)
      await mustHave(local, id)
      return now() - began
    },

    /** Reads per second. */
    async get(count: number): Promise<number> {
      const times = await repeat(GETS, (i) => mustHave(opened(local), benchDocument((i * 7919) % count)._id))
      return 1000 / (times.reduce((total, ms) => total + ms, 0) / times.length)
    },

    /** Milliseconds that making the indexes took, if they are made at all. */
    async createIndexes(): Promise<number | undefined> {
      const store = opened(local)
      if (store.createIndexes === undefined) return undefined
      const began = now()
      await store.createIndexes()
      return now() - began
    },

    /** Milliseconds of a query with 100 results. */
    async equality(authors: number): Promise<number> {
      return median(await repeat(QUERIES, async (i) => mustFind(100, await opened(local).findByAuthor(`author-${i % authors}`))))
    },

    /** Milliseconds of a query for the next 20 by number. */
    async range(count: number): Promise<number> {
      return median(await repeat(QUERIES, async (i) => mustFind(20, await opened(local).findAbove((i * 31) % (count / 2), 20))))
    },

    /** Opens a copy, connects it, and waits until it has `count` documents and can read `id`. */
    async copy(init: CopyInit): Promise<Copied> {
      const bytesBefore = traffic.bytes()
      receiver = await library.openReceiver(init.folder, init.address)
      const openedAt = now()
      await receiver.connect()
      const connectedAt = now()
      await receiver.follow()
      await arrived(receiver, init, connectedAt)
      return {
        fromOpened: now() - openedAt,
        fromConnected: now() - connectedAt,
        fromProcessStart: performance.now(),
        bytes: traffic.bytes() - bytesBefore,
      }
    },

    /** From now on notes when documents have arrived. */
    async watch(): Promise<void> {
      arrivals.watch(opened(receiver))
    },

    /** The time at which a document could be read. */
    async arrival(id: string): Promise<number> {
      return arrivals.of(id)
    },

    /** Largest memory that the process ever had, bytes. */
    async memory(): Promise<number> {
      return process.resourceUsage().maxRSS * 1024
    },

    async close(): Promise<void> {
      await (receiver ?? writer ?? local)?.close()
    },
  }
}

/** When documents arrived. */
class Arrivals {
  readonly #times = new Map<string, number>()
  readonly #waiting = new Map<string, (time: number) => void>()

  watch(store: ReceiverStore): void {
    // A failure ends the process, and with it the measurement.
    void this.#note(store)
  }

  async #note(store: ReceiverStore): Promise<void> {
    for await (const id of store.changes()) {
      await mustHave(store, id)
      const time = now()
      this.#times.set(id, time)
      this.#waiting.get(id)?.(time)
      this.#waiting.delete(id)
    }
  }

  of(id: string): Promise<number> {
    const time = this.#times.get(id)
    return time === undefined ? new Promise((resolve) => this.#waiting.set(id, resolve)) : Promise.resolve(time)
  }
}

/** Looks often enough to be exact to a hundredth, and seldom enough not to be in the way. */
async function arrived(store: ReceiverStore, { count, id, limitMs }: CopyInit, began: number): Promise<void> {
  for (;;) {
    const asked = now()
    const here = await store.count()
    if (here >= count && (await store.get(id))) return
    const elapsed = now() - began
    if (elapsed > limitMs) throw new NoFigure(`> ${limitMs / 1000} s`, `${here} of ${count} documents had arrived`)
    await sleep(Math.min(MAX_POLL_MS, Math.max(1, elapsed / 100, 20 * (now() - asked))))
  }
}

/** Milliseconds of each call. */
async function repeat(times: number, work: (i: number) => Promise<void>): Promise<readonly number[]> {
  const milliseconds: number[] = []
  const end = now() + READING_MS
  for (let i = 0, began = now(); i < times && began < end; i++) {
    await work(i)
    const ended = now()
    milliseconds.push(ended - began)
    began = ended
  }
  return milliseconds
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

async function mustHave(store: Pick<LocalStore, 'get'>, id: string): Promise<void> {
  if (!(await store.get(id))) throw new NoFigure('wrong', `the document ${id} could not be read`)
}

function mustFind(expected: number, found: number): void {
  if (found !== expected) throw new NoFigure('wrong', `a query returned ${found} documents, not ${expected}`)
}

function opened<T>(store: T | undefined): T {
  if (store === undefined) throw new Error('The store is not open')
  return store
}
