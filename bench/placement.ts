import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { type RelayChild, startRelayChild } from '../test/e2e/relay-child.ts'
import type { Figures } from './local.ts'

const RELAYS = 7
const COPIES = 3
/** Documents of 300 bytes in each namespace. */
const DOCUMENTS = 20
/** Those that are killed; the first one loses its disk. */
const KILLED = [1, 2] as const
const TIMEOUT_MS: number = 10 * 60_000
const MAX_BATCH = 10_000_000

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

/**
 * Seven relays that keep a part each, with so many namespaces. Two are killed, one of them with its disk: how long until every document can be read from any
 * other relay, and has three copies again, and what moved for that, against what was lost.
 */
export async function measurePlacement(count: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-placement-'))
  const relays: RelayChild[] = []
  try {
    const first = await startRelayChild(join(folder, '0'), { storage: 'owned', placementTimes })
    relays.push(first)
    for (let index = 1; index < RELAYS; index++)
      relays.push(await startRelayChild(join(folder, `${index}`), { storage: 'owned', placementTimes, join: first.ready.join }))
    await until(async () => (await reports(relays)).every(({ report }) => report.members === RELAYS))
    const sizes = await write(relays, count)
    const kept = await namespacesOf(relays)
    const lost = KILLED.flatMap((index) => [...(kept[index] ?? [])])
    const lostBytes = sum(lost.map((id) => sizes.get(id) ?? 0))
    const load = kept.map((one) => one.size)

    await Promise.all(KILLED.map(async (index) => relays[index]?.kill()))
    rmSync(join(folder, '1'), { recursive: true, force: true })
    const left = relays.filter((_, index) => !KILLED.some((killed) => killed === index))
    const before = sum((await reports(left)).map(({ report }) => report.bytesIn))
    const began = performance.now()
    const slowestMs = await readAll(left[left.length - 1], [...sizes.keys()])
    await until(async () => {
      const members = (await reports(left)).every(({ report }) => report.members === RELAYS - KILLED.length && report.syncing === 0)
      return members && haveCopies(await namespacesOf(left), sizes)
    })
    const repairedS = (performance.now() - began) / 1000
    const movedBytes = sum((await reports(left)).map(({ report }) => report.bytesIn)) - before
    return {
      'namespaces at the busiest relay, by the mean, ×': (Math.max(...load) * load.length) / sum(load),
      'slowest document, read after two were killed, ms': slowestMs,
      'three copies again, s (a relay is out after 20)': repairedS,
      'lost, KiB': lostBytes / 1024,
      'moved between relays, KiB': movedBytes / 1024,
      'moved, by what was lost, ×': movedBytes / lostBytes,
    }
  } finally {
    await Promise.all(relays.map((relay) => relay.kill()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the namespaces through one relay; resolves with what each takes as a batch, bytes, once all are where they belong and nowhere else. */
async function write(relays: readonly RelayChild[], count: number): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  await using store = await peerOf(relays[0])
  for (let n = 0; n < count; n++) {
    const namespace = await store.namespaces.create({ name: `namespace ${n}`, write: 'anyone' })
    await namespace.putMany(Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: `${i}`, text: `${n} ${i} `.padEnd(270, 'x') })))
    const { batch } = await store.replica.batchSince(namespace.id, 0, { maxBytes: MAX_BATCH })
    sizes.set(namespace.id, batch?.length ?? 0)
  }
  await until(async () => haveCopies(await namespacesOf(relays), sizes))
  await store.close()
  // What others only handed on is given up by then: nothing moves any more.
  await until(async () => (await reports(relays)).every(({ report }) => report.syncing + report.leaving === 0))
  return sizes
}

/** Opens each namespace as a peer that knows one relay; the longest that one took, milliseconds. */
async function readAll(relay: RelayChild | undefined, ids: readonly string[]): Promise<number> {
  await using store = await peerOf(relay)
  await store.network?.connected({ timeoutMs: 60_000 })
  let slowest = 0
  for (const id of ids) {
    const began = performance.now()
    const namespace = await store.namespaces.open(id)
    for await (const { documents } of namespace.watch({})) if (documents.length === DOCUMENTS) break
    slowest = Math.max(slowest, performance.now() - began)
  }
  return slowest
}

function peerOf(relay: RelayChild | undefined): Promise<Docstore> {
  return createDocstore({ data: 'memory', join: relay?.ready.join ?? '', placementTimes })
}

function reports(relays: readonly RelayChild[]) {
  return Promise.all(relays.map((relay) => relay.sectors()))
}

/** Which namespaces each relay has with all their documents. */
async function namespacesOf(relays: readonly RelayChild[]): Promise<readonly ReadonlySet<string>[]> {
  return (await reports(relays)).map(({ records }) => new Set(Object.keys(records).filter((id) => (records[id] ?? 0) >= DOCUMENTS)))
}

function haveCopies(kept: readonly ReadonlySet<string>[], sizes: ReadonlyMap<string, number>): boolean {
  return [...sizes.keys()].every((id) => kept.filter((one) => one.has(id)).length >= COPIES)
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + TIMEOUT_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('It takes more than ten minutes')
    await pause(500)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
