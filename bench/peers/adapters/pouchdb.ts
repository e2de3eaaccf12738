import { on, once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import express from 'express'
import expressPouchDB from 'express-pouchdb'
import PouchDB from 'pouchdb'
import PouchDBFind from 'pouchdb-find'
import type { Library, LocalStore } from '../adapter.ts'

PouchDB.plugin(PouchDBFind)

const HOST = '127.0.0.1'
const NAME = 'documents'

/** PouchDB on LevelDB; the source is its server, the receiver a live replication over HTTP. */
export const library: Library = {
  async openLocal(folder) {
    const database = await open(folder)
    return { ...writes(database), ...reads(database), close: () => database.close() }
  },

  async openSource(folder) {
    const database = await open(folder)
    const server = express()
      .use(expressPouchDB(PouchDB.defaults({ prefix: `${folder}/` }), { mode: 'minimumForPouchDB', inMemoryConfig: true }))
      .listen(0, HOST)
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    return { ...writes(database), address: { url: `http://${HOST}:${port}/${NAME}` }, close: () => database.close() }
  },

  async openReceiver(folder, { url = '' }) {
    const database = await open(folder)
    const source = new PouchDB(url)
    return {
      connect: async () => {
        await source.info()
      },
      follow: async () => {
        database.replicate.from(source, { live: true, retry: true })
      },
      count: async () => (await database.info()).doc_count,
      get: (id) => get(database, id),
      async *changes() {
        for await (const [change] of on(database.changes({ since: 'now', live: true }), 'change')) yield (change as { id: string }).id
      },
      close: () => database.close(),
    }
  },
}

async function open(folder: string): Promise<PouchDB> {
  mkdirSync(folder, { recursive: true })
  const database = new PouchDB(join(folder, NAME))
  await database.info()
  return database
}

function writes(database: PouchDB): Pick<LocalStore, 'put' | 'putMany'> {
  return { put: (document) => database.put(document), putMany: (documents) => database.bulkDocs(documents) }
}

function reads(database: PouchDB): Pick<LocalStore, 'get' | 'createIndexes' | 'findByAuthor' | 'findAbove'> {
  return {
    get: (id) => get(database, id),
    createIndexes: async () => {
      for (const field of ['author', 'n']) {
        await database.createIndex({ index: { fields: [field] } })
        // The index is built by the first query.
        await database.find({ selector: { [field]: -1 } })
      }
    },
    findByAuthor: async (author) => (await database.find({ selector: { author }, limit: 1000 })).docs.length,
    // With `$gt` and a limit it returns one too few.
    findAbove: async (n, limit) => (await database.find({ selector: { n: { $gte: n + 1 } }, sort: ['n'], limit })).docs.length,
  }
}

async function get(database: PouchDB, id: string): Promise<unknown> {
  try {
    return await database.get(id)
  } catch (error) {
    if (error instanceof Error && error.name === 'not_found') return undefined
    throw error
  }
}
