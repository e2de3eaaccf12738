import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { benchDocument } from '../documents.ts'

// This program is copied into the tree that it measures and imports what lies there, so it uses only what commits of long ago have too.

/** Puts, then updates, that take turns. */
const TURN = 100
/** How long a relay on the same machine may take to be reached, milliseconds. */
const CONNECT_MS = 10_000
/** Longest that a first sync may take, milliseconds. */
const SYNC_MS = 120_000
/** Pause between two looks at what has arrived, milliseconds. */
const POLL_MS = 1

const [, , role = '', count = '', link = '', namespace = ''] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'docstore-against-'))
try {
  if (role === 'local') console.log(JSON.stringify(await measureLocal(Number(count))))
  else if (role === 'source') await serve(Number(count))
  else if (role === 'receiver') console.log(JSON.stringify(await measureFirstSync(Number(count), link, namespace)))
  else throw new Error(`There is no role ${JSON.stringify(role)}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measureLocal(count: number) {
  const documents = Array.from({ length: count }, (_, i) => benchDocument(i))
  const single = await openLocal('single')
  const puts = await timed(async () => {
    for (const document of documents) await single.notes.put(document)
  })
  const updates = await measureUpdates(single.notes, count >> 1)
  await single.store.close()
  const bulk = await openLocal('bulk')
  const bulkPuts = await timed(() => bulk.notes.putMany(documents))
  await bulk.store.close()
  return {
    'put one by one, docs/s': count / puts.seconds,
    'put one by one, µs of processor': (puts.processorSeconds / count) * 1e6,
    'put in bulk, docs/s': count / bulkPuts.seconds,
    'put in bulk, µs of processor': (bulkPuts.processorSeconds / count) * 1e6,
    'disk, bytes per document put in bulk': databaseBytes('bulk') / count,
    ...updates,
  }
}

/** Puts of documents that are there, and updates of others, in turns, so that what else the machine does meets both alike. */
async function measureUpdates(notes: Namespace, count: number): Promise<Readonly<Record<string, number>>> {
  if (!('update' in notes)) return {}
  const [putting, updating] = [
    { seconds: 0, processorSeconds: 0 },
    { seconds: 0, processorSeconds: 0 },
  ]
  for (let at = 0; at < count; at += TURN) {
    const turn = Array.from({ length: Math.min(TURN, count - at) }, (_, i) => at + i)
    const puts = await timed(async () => {
      for (const i of turn) await notes.put({ ...benchDocument(i), n: -i })
    })
    const updates = await timed(async () => {
      for (const i of turn) await notes.update(benchDocument(count + i)._id, { $set: { n: -i } })
    })
    for (const [sum, one] of [
      [putting, puts],
      [updating, updates],
    ] as const) {
      sum.seconds += one.seconds
      sum.processorSeconds += one.processorSeconds
    }
  }
  return {
    'update, /s': count / updating.seconds,
    'update / put again': putting.seconds / updating.seconds,
    'update / put again, by processor time': putting.processorSeconds / updating.processorSeconds,
  }
}

/** A relay with documents, until standard input ends. Says how to get there as one line. */
async function serve(count: number): Promise<void> {
  const relay = await startRelay({ data: join(folder, 'relay'), port: 0, host: '127.0.0.1' })
  const { id, putMany } = await relay.store.namespaces.create({ name: 'bench', write: 'owner' }).then((notes) => ({
    id: notes.id,
    putMany: (documents: Parameters<Namespace['putMany']>[0]) => notes.putMany(documents),
  }))
  await putMany(Array.from({ length: count }, (_, i) => benchDocument(i)))
  console.log(JSON.stringify({ join: relay.ready.join, namespace: id }))
  process.stdin.resume()
  await once(process.stdin, 'end')
  await relay.close()
}

/** From connected to everything here. */
async function measureFirstSync(count: number, link: string, namespace: string) {
  const store = await createDocstore({ data: join(folder, 'copy'), join: link })
  if (((await store.network?.connected({ timeoutMs: CONNECT_MS })) ?? 0) === 0) throw new Error('The relay was not reached')
  const end = Date.now() + SYNC_MS
  const sync = await timed(async () => {
    await store.namespaces.open(namespace)
    while ((await store.replica.lastSeq(namespace)) < count) {
      if (Date.now() > end) throw new Error(`${await store.replica.lastSeq(namespace)} of ${count} documents arrived in time`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  })
  await store.close()
  return { 'first sync, ms': sync.seconds * 1000, 'first sync, ms of processor at the receiver': sync.processorSeconds * 1000 }
}

async function openLocal(name: string): Promise<{ store: Docstore; notes: Namespace }> {
  const store = await createDocstore({ data: join(folder, name), network: 'off' })
  return { store, notes: await store.namespaces.create({ name: 'bench', write: 'owner' }) }
}

/** Without the file of a fixed size that is kept for deletes. */
function databaseBytes(name: string): number {
  const files = readdirSync(join(folder, name)).filter((file) => !file.endsWith('-reserve'))
  return files.reduce((total, file) => total + statSync(join(folder, name, file)).size, 0)
}

async function timed(work: () => Promise<unknown>): Promise<{ readonly seconds: number; readonly processorSeconds: number }> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - began) / 1000, processorSeconds: (user + system) / 1e6 }
}
