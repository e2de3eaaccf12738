import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PouchDB from 'pouchdb'
import PouchDBFind from 'pouchdb-find'
import { queriedDocuments, timeAnswers } from '../../queries.ts'

PouchDB.plugin(PouchDBFind)

/** The questions of `bench/queries.ts` to PouchDB on LevelDB, each once: most take seconds. */
const count = Number(process.argv[2])
const folder = mkdtempSync(join(tmpdir(), 'docstore-queries-pouchdb-'))
try {
  const database = new PouchDB(join(folder, 'documents'))
  const documents = queriedDocuments(count)
  for (let i = 0; i < count; i += 1000) await database.bulkDocs(documents.slice(i, i + 1000))
  await database.createIndex({ index: { fields: ['k'] } })
  await database.find({ selector: { k: -1 } })
  const all = async (selector: object, limit = count): Promise<number> => (await database.find({ selector, limit })).docs.length
  const ids = documents.filter((_, i) => i % Math.max(1, Math.floor(count / 500)) === 0).map(({ _id }) => _id)
  const [figures] = await timeAnswers(
    [
      {
        'equality, indexed': () => all({ k: 500 }),
        equality: () => all({ k2: 500 }),
        'equality, first 20': () => all({ active: true }, 20),
        range: () => all({ price: { $gt: 990 } }),
        '$or of two fields': () => all({ $or: [{ k2: 500 }, { name: 'name 7' }] }),
        '$in, 500 ids': async () => (await database.allDocs({ keys: ids, include_docs: true })).rows.length,
        'array has': () => all({ tags: { $elemMatch: { $eq: 't3' } } }),
        'array of objects has': () => all({ items: { $elemMatch: { sku: 's3' } } }),
        $elemMatch: () => all({ items: { $elemMatch: { sku: 's3', qty: 3 } } }),
        '$regex ^name 12': () => all({ name: { $regex: '^name 12' } }),
        'sort, first 20': 'refuses',
        'sort, everything': 'refuses',
        'filter half, sort, everything': 'refuses',
        everything: async () => (await database.allDocs({ include_docs: true })).rows.length,
        'count everything': async () => (await database.info()).doc_count,
        'count a range': () => all({ k2: { $lt: 500 } }),
      },
    ],
    1,
  )
  console.log(JSON.stringify(figures))
  await database.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
