import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createDocstore } from 'p2p-docstore'
import { newPostgres } from '../packages/core/src/testing/postgres/server.ts'
import { benchDocument } from './documents.ts'
import { measureLocal } from './local.ts'

const COUNT = 10_000
/** Documents that a writer puts in bulk, beside others or alone. */
const WRITTEN = 5000
/** Written together. */
const BATCH = 1000

/** The same work on SQLite and on a PostgreSQL of this machine, which flushes every commit; and what two processes write that share one. */
export async function measureStorage(): Promise<void> {
  await using server = await newPostgres({ isFlushed: true })
  await server.start()
  const sqlite = await measureLocal(COUNT)
  const postgres = await measureLocal(COUNT, server.url)
  console.log(`| ${COUNT.toLocaleString('en')} documents of 300 bytes | SQLite | PostgreSQL |\n| --- | --- | --- |`)
  for (const [name, figure] of Object.entries(sqlite))
    if (!name.startsWith('disk')) console.log(`| ${name} | ${figure.toPrecision(3)} | ${(postgres[name] ?? 0).toPrecision(3)} |`)
  for (const writers of [1, 2]) {
    const rates = await Promise.all(Array.from({ length: writers }, (_, i) => rateOf(`${server.url}&schema=writers${writers}`, i)))
    const total = rates.reduce((sum, rate) => sum + rate, 0)
    console.log(`| put in bulk by ${writers} process${writers > 1 ? 'es' : ''} on one database, docs/s | | ${total.toPrecision(3)} |`)
  }
}

/** Documents a second of one process that writes a namespace of its own. */
async function rateOf(database: string, number: number): Promise<number> {
  const child = fork(fileURLToPath(new URL('./measure.ts', import.meta.url)), ['storage-writer', `${number} ${database}`], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let said = ''
  child.stdout?.on('data', (text) => (said += String(text)))
  await new Promise((done) => child.once('exit', done))
  return Number(said)
}

/** One such process. */
export async function writeStorage(argument: string): Promise<number> {
  const [number, database = ''] = argument.split(' ')
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  try {
    await using store = await createDocstore({ data: folder, network: 'off', database })
    const notes = await store.namespaces.create({ name: `bench${number}`, write: 'owner' })
    const documents = Array.from({ length: WRITTEN }, (_, i) => benchDocument(i, 100))
    const began = performance.now()
    for (let from = 0; from < WRITTEN; from += BATCH) await notes.putMany(documents.slice(from, from + BATCH))
    return (WRITTEN * 1000) / (performance.now() - began)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
