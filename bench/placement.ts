import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createDocstore, type Docstore, type Namespace, type NewDocument } from 'p2p-docstore'
import { type ChildSectors, type RelayChild, startRelayChild } from '../test/e2e/relay-child.ts'
import { assertBuilt } from './assert-built.ts'
import { benchDocument } from './documents.ts'
import type { Figures } from './local.ts'

const RELAYS = 7
const COPIES = 3
/** Documents in each small namespace. */
const DOCUMENTS = 20
/** Of a large namespace so many are read at each relay, by their CIDs. */
const SAMPLE = 20
/** Those that are killed; the first one loses its disk. */
const KILLED = [1, 2] as const
/** Namespaces that readers open at once. */
const READERS = 4
/** How long one step may take, and one document. */
const STEP_MS: number = 10 * 60_000
const READ_MS = 60_000
const IDLE_MS = 10_000
const MAX_BATCH = 196_608

/** Minutes and hours of a network, in seconds: a relay is out after 20. */
const placementTimes = {
  eligibleAfterMs: 4000,
  outAfterMs: 20_000,
  refreshMs: 2000,
  statusMs: 2000,
  statusLifeMs: 30_000,
  holdMs: 6000,
  proofMs: 60_000,
  minRetryMs: 1000,
  maxRetryMs: 8000,
} as const

/** What is written: so many small namespaces, and one with the cities of a file. */
export interface PlacementLoad {
  readonly count: number
  readonly cities?: string
}

/** A namespace that was written. */
interface Written {
  readonly id: string
  readonly documents: number
  /** What a relay has to get that has nothing of it, bytes: its genesis, head and signature, and its records in batches as large as sync makes them. */
  readonly bytes: number
  /** CIDs of some of its documents, where it is too large for a reader to fetch whole. */
  readonly sample: readonly string[]
}

/**
 * Seven relays that keep a part each, with so many namespaces. Two are killed, one of them with its disk: how long until every document can be read from any
 * other relay, and has three copies again, and what moved for that. Lost is, for each copy that was on a killed relay, what a relay has to get that has
 * nothing of the namespace (`Written`). Moved for repair are all requests that relays made of each other until nothing was left to do, with their
 * answers, pushes included, except: what readers made them fetch, which counts where it stayed as one of the copies; giving that up again; and
 * statuses, which are told all the time.
 */
export async function measurePlacement(load: PlacementLoad): Promise<Figures> {
  assertBuilt()
  const folder = mkdtempSync(join(tmpdir(), 'docstore-placement-'))
  const relays: RelayChild[] = []
  try {
    const first = await startRelayChild(join(folder, '0'), { storage: 'owned', placementTimes })
    relays.push(first)
    for (let index = 1; index < RELAYS; index++)
      relays.push(await startRelayChild(join(folder, `${index}`), { storage: 'owned', placementTimes, join: first.ready.join }))
    await until('members', relays, (all) => all.every(({ report }) => report.members === RELAYS))
    const written = await write(relays, load)
    const kept = (await states(relays)).map((state) => copiesAt(state, written))
    const lostBytes = sum(KILLED.flatMap((index) => [...(kept[index] ?? [])]).map((one) => one.bytes))
    const counts = kept.map((one) => one.size)

    const quietBefore = await states(relays)
    await pause(IDLE_MS)
    const quiet = since(quietBefore, await states(relays))

    await Promise.all(KILLED.map(async (index) => relays[index]?.kill()))
    rmSync(join(folder, '1'), { recursive: true, force: true })
    const left = relays.filter((_, index) => !KILLED.some((killed) => killed === index))
    const before = await states(left)
    const began = performance.now()
    const reading = readAll(left, written)
    const repairing = until('repair', left, (all) => {
      const isDone = all.every(({ report }) => report.members === left.length && report.syncing === 0)
      return isDone && haveCopies(all, written)
    }).then(() => (performance.now() - began) / 1000)
    const [slowestMs, repairedS] = await Promise.all([reading, repairing])
    const after = await until('giving up', left, (all) => all.every(({ report }) => report.leaving + report.syncing === 0))
    const moved = since(before, after)
    const { sync, list, stayed } = moved
    const seconds = (performance.now() - began) / 1000
    return {
      'namespaces at the busiest relay, by the mean, ×': (Math.max(...counts) * counts.length) / sum(counts),
      'slowest document, read after two were killed, ms': slowestMs,
      'three copies again, s (a relay is out after 20)': repairedS,
      'until nothing was left to do, s': seconds,
      'lost (heads and batches of all copies on killed relays), KiB': lostBytes / 1024,
      'moved for repair (requests between relays with their answers, pushes too; no statuses), KiB': (sync + list + stayed) / 1024,
      'moved for repair, by what was lost, ×': (sync + list + stayed) / lostBytes,
      'of it fetched for readers and kept, KiB': stayed / 1024,
      'moved for readers, KiB': moved.reading / 1024,
      'moved to give up what readers fetched, KiB': moved.handingOn / 1024,
      'statuses, KiB': moved.status / 1024,
      'all that came over sockets, KiB': moved.received / 1024,
      'before, while nothing happened: requests, KiB/s': (quiet.sync + quiet.list + quiet.status) / 1024 / (IDLE_MS / 1000),
      'before, while nothing happened: sockets, KiB/s': quiet.received / 1024 / (IDLE_MS / 1000),
      ...Object.fromEntries(Object.entries(moved.kinds).map(([kind, { requests, bytes }]) => [`${kind}: ${requests} requests, KiB`, bytes / 1024])),
    }
  } finally {
    await Promise.all(relays.map((relay) => relay.kill()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the namespaces through one relay; resolves once all are where they belong and nowhere else. */
async function write(relays: readonly RelayChild[], { count, cities }: PlacementLoad): Promise<readonly Written[]> {
  const written: Written[] = []
  await using store = await peerOf(relays[0])
  for (let n = 0; n < count; n++) {
    const namespace = await store.namespaces.create({ name: `namespace ${n}`, write: 'anyone' })
    await namespace.putMany(Array.from({ length: DOCUMENTS }, (_, i) => ({ ...benchDocument(n * DOCUMENTS + i) })))
    written.push(await measured(store, namespace, DOCUMENTS))
    if (n % 100 === 99) say(`${n + 1} namespaces written`)
  }
  if (cities !== undefined) {
    const namespace = await store.namespaces.create({ name: 'cities', write: 'anyone' })
    const documents = JSON.parse(readFileSync(cities, 'utf8')) as readonly NewDocument[]
    await namespace.putMany(documents.map((city, i) => ({ _id: `${i}`, ...city })))
    const step = Math.ceil(documents.length / SAMPLE)
    const cids: string[] = []
    for (let i = 0; i < documents.length; i += step) cids.push((await namespace.put({ _id: `${i}`, ...documents[i] })).cid)
    written.push(await measured(store, namespace, documents.length, cids))
    say(`${documents.length} cities written`)
  }
  await until('copies', relays, (all) => haveCopies(all, written))
  await store.close()
  // What others only handed on is given up by then: nothing moves any more.
  await until('quiet', relays, (all) => all.every(({ report }) => report.syncing + report.leaving === 0))
  return written
}

async function measured({ replica }: Docstore, { id }: Namespace, documents: number, sample: readonly string[] = []): Promise<Written> {
  const namespace = await replica.exportNamespace(id)
  let bytes = sum([namespace?.genesis, namespace?.head, namespace?.signature].map((part) => part?.length ?? 0))
  for (let after = 0; ; ) {
    const { batch, seq, more } = await replica.batchSince(id, after, { maxBytes: MAX_BATCH })
    bytes += batch?.length ?? 0
    if (!more) return { id, documents, bytes, sample }
    after = seq
  }
}

/** Reads each namespace as a peer that knows one of the relays, which take turns, and large ones document by document at each; the longest that one took, ms. */
async function readAll(relays: readonly RelayChild[], written: readonly Written[]): Promise<number> {
  const stores = await Promise.all(relays.map((relay) => peerOf(relay)))
  const queue = [...written.entries()]
  let slowest = 0
  let read = 0
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, { id, documents, sample }] = next
      const store = stores[index % stores.length]
      if (store === undefined) return
      const end = AbortSignal.timeout(READ_MS * Math.max(1, sample.length * relays.length))
      const took =
        sample.length > 0
          ? await readContents(relays, sample, end)
          : await timed(() => readNamespace(store, { id, documents }, AbortSignal.timeout(READ_MS)))
      if (took > 5000) say(`namespace ${index} took ${Math.round(took)} ms to be read`)
      slowest = Math.max(slowest, took)
      if (++read % 100 === 0) say(`${read} namespaces read`)
    }
  }
  try {
    await Promise.all(stores.map(async (store) => store.network?.connected({ timeoutMs: 60_000 })))
    await Promise.all(Array.from({ length: READERS }, work))
    return slowest
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
}

async function readNamespace(store: Docstore, { id, documents }: Pick<Written, 'id' | 'documents'>, end: AbortSignal): Promise<void> {
  const namespace = await store.namespaces.open(id)
  for await (const found of namespace.watch({})) {
    if (found.documents.length === documents) return
    end.throwIfAborted()
  }
}

async function readContents(relays: readonly RelayChild[], cids: readonly string[], end: AbortSignal): Promise<number> {
  let slowest = 0
  for (const relay of relays)
    for (const cid of cids)
      slowest = Math.max(
        slowest,
        await timed(async () => {
          const response = await fetch(new URL(`/content/${cid}`, relay.ready.http), { signal: end })
          await response.arrayBuffer()
          if (!response.ok) throw new Error(`A document could not be read: ${response.status}`)
        }),
      )
  return slowest
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function peerOf(relay: RelayChild | undefined): Promise<Docstore> {
  return createDocstore({ data: 'memory', join: relay?.ready.join ?? '', placementTimes })
}

function states(relays: readonly RelayChild[]): Promise<readonly ChildSectors[]> {
  return Promise.all(relays.map((relay) => relay.sectors()))
}

/** Namespaces that a relay has with all their documents. */
function copiesAt({ records }: ChildSectors, written: readonly Written[]): ReadonlySet<Written> {
  return new Set(written.filter(({ id, documents }) => (records[id] ?? 0) >= documents))
}

function haveCopies(all: readonly ChildSectors[], written: readonly Written[]): boolean {
  const kept = all.map((state) => copiesAt(state, written))
  return written.every((one) => kept.filter((copies) => copies.has(one)).length >= COPIES)
}

/** What relays moved between two moments, bytes. */
interface Moved {
  readonly kinds: Readonly<Record<string, { readonly requests: number; readonly bytes: number }>>
  readonly sync: number
  readonly list: number
  readonly reading: number
  readonly stayed: number
  readonly handingOn: number
  readonly status: number
  readonly received: number
}

function since(before: readonly ChildSectors[], after: readonly ChildSectors[]): Moved {
  const kinds: Record<string, { requests: number; bytes: number }> = {}
  for (const [i, { report }] of after.entries())
    for (const [kind, { requests, bytes }] of Object.entries(report.moved)) {
      const past = before[i]?.report.moved[kind]
      const all = (kinds[kind] ??= { requests: 0, bytes: 0 })
      all.requests += requests - (past?.requests ?? 0)
      all.bytes += bytes - (past?.bytes ?? 0)
    }
  const of = (purpose: string): number => sum(Object.entries(kinds).map(([kind, { bytes }]) => (kind.startsWith(purpose) ? bytes : 0)))
  return {
    kinds,
    sync: of('sync '),
    list: of('placement list'),
    reading: of('reading '),
    stayed: of('kept of reading'),
    handingOn: of('handing-on ') + of('placement prove'),
    status: of('placement status'),
    received: sum(after.map(({ received }) => received)) - sum(before.map(({ received }) => received)),
  }
}

/** Resolves with how the relays stand once that is as it should be. */
async function until(step: string, relays: readonly RelayChild[], isSo: (all: readonly ChildSectors[]) => boolean): Promise<readonly ChildSectors[]> {
  const began = performance.now()
  for (let said = 0; ; ) {
    const asked = performance.now()
    const all = await states(relays)
    if (isSo(all)) return all
    if (performance.now() - began > STEP_MS) throw new Error(`${step}: it takes more than ten minutes`)
    if (performance.now() - said > 10_000) {
      said = performance.now()
      const { members, syncing, leaving } = all[0]?.report ?? {}
      say(
        `${step}: ${all.map(({ namespaces }) => namespaces.length).join(' ')} namespaces; at the first ${members} members, ${syncing} syncing, ${leaving} leaving`,
      )
    }
    // Asking costs a relay time, too.
    await pause(Math.max(500, 3 * (performance.now() - asked)))
  }
}

function say(what: string): void {
  console.error(`${(performance.now() / 1000).toFixed(0)} s: ${what}`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
