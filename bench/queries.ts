import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createDocstore } from 'p2p-docstore'

/** A document as people have them: scalars, an array of texts and one of objects. About 280 bytes as JSON. */
export type QueriedDocument = {
  readonly _id: string
  readonly active: boolean
  readonly group: string
  readonly items: readonly { readonly sku: string; readonly qty: number }[]
  readonly k: number
  readonly k2: number
  readonly n: number
  readonly name: string
  readonly price: number
  readonly tags: readonly string[]
  readonly text: string
}

/** Documents whose ids come in another order than they are written in. */
export function queriedDocuments(count: number): QueriedDocument[] {
  let state = 1
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, (_, i) => ({
    _id: `${Math.floor(random() * 36 ** 8).toString(36)}-${i}`,
    active: i % 2 === 0,
    group: `g${i % 7}`,
    items: [
      { sku: `s${i % 97}`, qty: i % 10 },
      { sku: `s${i % 89}`, qty: i % 7 },
    ],
    k: i % 1000,
    k2: (i * 7) % 1000,
    n: i,
    name: `name ${i % 5000}`,
    price: Math.round(random() * 1e5) / 100,
    tags: [`t${i % 7}`, `u${i % 11}`],
    text: `${'x'.repeat(60)}${i}`,
  }))
}

/** A question that people type: asked of a collection with an index on `k` only. Answers with the number of documents that it gave. */
export type Answer = () => number | Promise<number>

/** Who answers; a question that somebody cannot answer is missing, or says why. */
export type Answers = Readonly<Record<string, Answer | string>>

/** Milliseconds of each question, the median of `rounds`, and how many documents it gave. */
export interface QueryFigure {
  readonly ms: number
  readonly documents: number
}

const PAGE = 1000
const IDS = 500

/** Asks everybody every question `rounds` times, in turn, and in the other order every second time: what else the machine does meets all alike. */
export async function timeAnswers(everybody: readonly Answers[], rounds: number): Promise<readonly Record<string, QueryFigure | string>[]> {
  const figures = everybody.map((): Record<string, QueryFigure | string> => ({}))
  for (const question of Object.keys(everybody[0] ?? {})) {
    const times = everybody.map((): number[] => [])
    const documents = everybody.map(() => 0)
    for (let round = 0; round < rounds; round++) {
      const order = everybody.map((_, who) => who)
      for (const who of round % 2 === 0 ? order : order.toReversed()) {
        const answer = everybody[who]?.[question]
        if (typeof answer !== 'function') continue
        const began = performance.now()
        documents[who] = await answer()
        times[who]?.push(performance.now() - began)
      }
    }
    for (const [who, answers] of everybody.entries()) {
      const answer = answers[question]
      const ms = times[who]?.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN
      const figure = typeof answer === 'function' ? { ms, documents: documents[who] ?? 0 } : answer
      if (figure !== undefined) Object.assign(figures[who] ?? {}, { [question]: figure })
    }
  }
  return figures
}

/** Who answers, and how to end. */
interface Contestant {
  readonly answers: Answers
  readonly close: () => Promise<void> | void
}

/** Both in one process, so that they have the same SQLite: ours as people use it, and statements written by hand for each question. */
export async function measureQueries(count: number, rounds: number): Promise<Record<'ours' | 'by hand', Record<string, QueryFigure | string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-queries-'))
  try {
    const documents = queriedDocuments(count)
    const ids = documents.filter((_, i) => i % Math.max(1, Math.floor(count / IDS)) === 0).map(({ _id }) => _id)
    const both = [await openOurs(join(folder, 'ours'), documents, ids), openByHand(join(folder, 'by hand'), documents, ids)]
    const [ours = {}, byHand = {}] = await timeAnswers(
      both.map(({ answers }) => answers),
      rounds,
    )
    for (const { close } of both) await close()
    return { ours, 'by hand': byHand }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openOurs(data: string, documents: readonly QueriedDocument[], ids: readonly string[]): Promise<Contestant> {
  const store = await createDocstore({ data, network: 'off' })
  const notes = await store.namespaces.create({ name: 'bench', write: 'owner' })
  await notes.putMany(documents)
  await notes.createIndex(['k'])
  const all = async (filter: object, options = {}): Promise<number> => (await notes.find({ ...filter }, options).toArray()).length
  const pages = async (sort: Readonly<Record<string, 1>>): Promise<number> => {
    let [cursor, read] = [undefined as string | undefined, 0]
    do {
      const page = await notes.find({}, { sort, limit: PAGE }).page(cursor)
      read += page.documents.length
      cursor = page.cursor
    } while (cursor !== undefined)
    return read
  }
  return {
    answers: {
      'equality, indexed': () => all({ k: 500 }),
      equality: () => all({ k2: 500 }),
      'equality, first 20': () => all({ active: true }, { limit: 20 }),
      range: () => all({ price: { $gt: 990 } }),
      '$or of two fields': () => all({ $or: [{ k2: 500 }, { name: 'name 7' }] }),
      '$in, 500 ids': () => all({ _id: { $in: ids } }),
      'array has': () => all({ tags: 't3' }),
      'array of objects has': () => all({ 'items.sku': 's3' }),
      $elemMatch: () => all({ items: { $elemMatch: { sku: 's3', qty: 3 } } }),
      '$regex ^name 12': () => all({ name: { $regex: '^name 12' } }),
      'sort, first 20': () => all({}, { sort: { price: 1 }, limit: 20 }),
      'sort, everything': () => all({}, { sort: { price: 1 } }),
      'filter half, sort, everything': () => all({ active: true }, { sort: { price: 1 } }),
      everything: () => all({}),
      'count everything': () => notes.count(),
      'count a range': () => notes.count({ k2: { $lt: 500 } }),
      'pages of 1,000 to the end, by _id': () => pages({}),
      'pages of 1,000 to the end, by price': () => pages({ price: 1 }),
    },
    close: () => store.close(),
  }
}

function openByHand(folder: string, documents: readonly QueriedDocument[], ids: readonly string[]): Contestant {
  mkdirSync(folder)
  const database = new DatabaseSync(join(folder, 'by-hand.sqlite'))
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY')
  database.exec('CREATE TABLE documents (rid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO documents (id, content) VALUES (?, ?)')
  database.exec('BEGIN')
  for (const document of documents) insert.run(document._id, JSON.stringify(document))
  database.exec("COMMIT; CREATE INDEX by_k ON documents (json_extract(content, '$.k'))")
  const all = (rest: string, ...params: readonly (string | number)[]): number => {
    const rows = database.prepare(`SELECT content FROM documents ${rest}`).all(...params)
    return rows.map(({ content }) => JSON.parse(String(content)) as unknown).length
  }
  const number = (sql: string): number => Number(database.prepare(sql).get()?.['n'])
  const price = "json_extract(content, '$.price')"
  const pages = (key: string): number => {
    const columns = key === 'id' ? 'id' : `${key}, id`
    const page = (where: string) => database.prepare(`SELECT id, ${key} AS key, content FROM documents ${where} ORDER BY ${columns} LIMIT ${PAGE}`)
    const next = page(key === 'id' ? 'WHERE id > ?' : `WHERE (${columns}) > (?, ?)`)
    let [rows, read] = [page('').all(), 0]
    while (rows.length > 0) {
      read += rows.map(({ content }) => JSON.parse(String(content)) as unknown).length
      const last = rows.at(-1)
      rows = key === 'id' ? next.all(String(last?.['id'])) : next.all(Number(last?.['key']), String(last?.['id']))
    }
    return read
  }
  return {
    answers: {
      'equality, indexed': () => all("WHERE json_extract(content, '$.k') = 500 ORDER BY id"),
      equality: () => all("WHERE json_extract(content, '$.k2') = 500 ORDER BY id"),
      'equality, first 20': () => all("WHERE json_extract(content, '$.active') = 1 ORDER BY id LIMIT 20"),
      range: () => all(`WHERE ${price} > 990 ORDER BY id`),
      '$or of two fields': () => all("WHERE json_extract(content, '$.k2') = 500 OR json_extract(content, '$.name') = 'name 7' ORDER BY id"),
      '$in, 500 ids': () => all('WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id', JSON.stringify(ids)),
      'array has': () => all("WHERE EXISTS (SELECT 1 FROM json_each(content, '$.tags') WHERE value = 't3') ORDER BY id"),
      'array of objects has': () => all("WHERE EXISTS (SELECT 1 FROM json_each(content, '$.items') WHERE value ->> '$.sku' = 's3') ORDER BY id"),
      $elemMatch: () =>
        all("WHERE EXISTS (SELECT 1 FROM json_each(content, '$.items') WHERE value ->> '$.sku' = 's3' AND value ->> '$.qty' = 3) ORDER BY id"),
      '$regex ^name 12': () => all("WHERE json_extract(content, '$.name') GLOB 'name 12*' ORDER BY id"),
      'sort, first 20': () => all(`ORDER BY ${price}, id LIMIT 20`),
      'sort, everything': () => all(`ORDER BY ${price}, id`),
      'filter half, sort, everything': () => all(`WHERE json_extract(content, '$.active') = 1 ORDER BY ${price}, id`),
      everything: () => all('ORDER BY id'),
      'count everything': () => number('SELECT count(*) AS n FROM documents'),
      'count a range': () => number("SELECT count(*) AS n FROM documents WHERE json_extract(content, '$.k2') < 500"),
      'pages of 1,000 to the end, by _id': () => pages('id'),
      'pages of 1,000 to the end, by price': () => pages(price),
    },
    close: () => database.close(),
  }
}
