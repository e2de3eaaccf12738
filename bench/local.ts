import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { type BenchDocument, benchDocument } from './documents.ts'

/** One process measures one round; the figures go to the parent as one line of JSON. */
export type Figures = Readonly<Record<string, number>>

const QUERIES = 300
const GETS = 20_000
/** The same for a database that is a server's: what takes a way there and back is measured with fewer. */
const FAR = { queries: 60, gets: 2000, puts: 500 }
/** Puts, then updates, that take turns. */
const TURN = 100

/** Everything that needs no network, on `count` documents. */
export async function measureLocal(count: number, database?: string): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  try {
    const documents = Array.from({ length: count }, (_, i) => benchDocument(i, count / 100))
    const bulk = await measureBulk({ data: join(folder, 'bulk'), ...at(database, 'bulk') }, documents)
    const single = await measureSingle(
      { data: join(folder, 'single'), ...at(database, 'single') },
      documents.slice(0, Math.min(count, database === undefined ? 20_000 : FAR.puts)),
    )
    return { ...single, ...bulk }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The schema of a database in which one measurement lies. */
function at(database: string | undefined, name: string): { readonly database?: string } {
  return database === undefined ? {} : { database: `${database}&schema=${name}` }
}

/** Where documents are put. */
interface Where {
  readonly data: string
  readonly database?: string
}

async function measureSingle(where: Where, documents: readonly BenchDocument[]): Promise<Figures> {
  const { store, notes } = await open(where)
  const seconds = await time(async () => {
    for (const document of documents) await notes.put({ ...document })
  })
  // Put again and updated in turns, of the same documents, so that what else the machine does meets both alike.
  const [putting, updating] = [{ seconds: 0 }, { seconds: 0 }]
  const half = documents.length >> 1
  for (let at = 0; at < half; at += TURN) {
    const turn = documents.slice(at, Math.min(half, at + TURN))
    putting.seconds += await time(async () => {
      for (const [i, document] of turn.entries()) await notes.put({ ...document, n: -at - i })
    })
    updating.seconds += await time(async () => {
      for (const { _id = '' } of documents.slice(half + at, half + at + turn.length)) await notes.update(_id, { $set: { n: -at } })
    })
  }
  await store.close()
  return { 'put one by one, docs/s': documents.length / seconds, 'update beside put again, ×': putting.seconds / updating.seconds }
}

async function measureBulk(where: Where, documents: readonly BenchDocument[]): Promise<Figures> {
  const { store, notes } = await open(where)
  const bulk = await time(() => notes.putMany(documents))
  await store.close()
  const bytes = size(where.data)
  const reopen = await time(async () => {
    const again = await createDocstore({ ...where, network: 'off' })
    const [info] = await again.namespaces.list()
    await (await again.namespaces.open(info?.id ?? '')).get(documents[17]?._id ?? '')
    await again.close()
  })
  const again = await createDocstore({ ...where, network: 'off' })
  const same = await again.namespaces.open(notes.id)
  const [gets, queries] = where.database === undefined ? [GETS, QUERIES] : [FAR.gets, FAR.queries]
  const get = await time(async () => {
    for (let i = 0; i < gets; i++) await same.get(documents[(i * 7919) % documents.length]?._id ?? '')
  })
  const index = await time(() => same.createIndex(['author']).then(() => same.createIndex(['n'])))
  const equality = await timeEach(queries, async (i) => {
    const found = await same.find({ author: `author-${i % (documents.length / 100)}` }, { limit: 100 }).toArray()
    if (found.length !== 100) throw new Error(`expected 100 documents, got ${found.length}`)
  })
  const range = await timeEach(queries, async (i) => {
    const found = await same.find({ n: { $gt: (i * 31) % (documents.length / 2) } }, { sort: { n: 1 }, limit: 20 }).toArray()
    if (found.length !== 20) throw new Error(`expected 20 documents, got ${found.length}`)
  })
  await again.close()
  return {
    'put in bulk, docs/s': documents.length / bulk,
    'get by id, /s': gets / get,
    'index, two fields, ms': index * 1000,
    'indexed equality, 100 results, ms': equality * 1000,
    'range + sort + limit 20, ms': range * 1000,
    'reopen and read one, ms': reopen * 1000,
    'disk, bytes per document': bytes / documents.length,
  }
}

async function open(where: Where): Promise<{ store: Docstore; notes: Namespace }> {
  const store = await createDocstore({ ...where, network: 'off' })
  return { store, notes: await store.namespaces.create({ name: 'bench', write: 'owner' }) }
}

/** Seconds that the work takes. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Median seconds of one of many calls. */
async function timeEach(queries: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < queries; i++) times.push(await time(() => work(i)))
  return times.toSorted((a, b) => a - b)[queries >> 1] ?? 0
}

/** Without the file of a fixed size that is kept for deletes. */
function size(folder: string): number {
  const files = readdirSync(folder).filter((name) => !name.endsWith('-reserve'))
  return files.reduce((total, name) => total + statSync(join(folder, name)).size, 0)
}
