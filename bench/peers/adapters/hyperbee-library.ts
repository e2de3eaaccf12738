import { on, once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import Corestore from 'corestore'
import Hyperbee, { type Batch } from 'hyperbee'
import type { BenchDocument } from '../../documents.ts'
import type { Library, LocalStore } from '../adapter.ts'

const HOST = '127.0.0.1'
/** The first block of a core is the tree's header. */
const HEADERS = 1

/** Hyperbee over a core, replicated over a plain TCP connection as the core's own stream. */
export function hyperbeeLibrary({ indexed }: { indexed: boolean }): Library {
  const entries = indexed ? 3 : 1
  const documentKey = (id: string): string => `d!${id}`

  const write = async (batch: Batch, document: BenchDocument): Promise<void> => {
    await batch.put(documentKey(document._id), document)
    if (!indexed) return
    await batch.put(`a!${document.author}!${document._id}`, null)
    await batch.put(`n!${sortable(document.n)}!${document._id}`, null)
  }
  const writes = (bee: Hyperbee): Pick<LocalStore, 'put' | 'putMany'> => {
    const putMany = async (documents: readonly BenchDocument[]): Promise<void> => {
      const batch = bee.batch()
      for (const document of documents) await write(batch, document)
      await batch.flush()
    }
    return { put: (document) => (indexed ? putMany([document]) : bee.put(documentKey(document._id), document)), putMany }
  }
  const get = async (bee: Hyperbee, id: string): Promise<unknown> => (await bee.get(documentKey(id)))?.value
  const all = async (bee: Hyperbee): Promise<BenchDocument[]> =>
    Array.fromAsync(bee.createReadStream({ gt: 'd!', lt: 'd"' }), ({ value }) => value as BenchDocument)
  /** The documents that entries of an index point to. */
  const resolve = (bee: Hyperbee, range: Parameters<Hyperbee['createReadStream']>[0]): Promise<unknown[]> =>
    Array.fromAsync(bee.createReadStream(range), ({ key }) => get(bee, key.slice(key.lastIndexOf('!') + 1)))

  return {
    async openLocal(folder) {
      const store = new Corestore(folder)
      const bee = await openBee(store, { name: 'documents' })
      return {
        ...writes(bee),
        get: (id) => get(bee, id),
        findByAuthor: async (author) =>
          indexed
            ? (await resolve(bee, { gt: `a!${author}!`, lt: `a!${author}"` })).length
            : (await all(bee)).filter((document) => document.author === author).length,
        findAbove: async (n, limit) =>
          indexed
            ? (await resolve(bee, { gt: `n!${sortable(n)}"`, lt: 'n"', limit })).length
            : (await all(bee))
                .filter((document) => document.n > n)
                .sort((a, b) => a.n - b.n)
                .slice(0, limit).length,
        close: () => store.close(),
      }
    },

    async openSource(folder) {
      const store = new Corestore(folder)
      const bee = await openBee(store, { name: 'documents' })
      const server = createServer((socket) => void replicate(store, socket, false)).listen(0, HOST)
      await once(server, 'listening')
      const address = server.address()
      const port = typeof address === 'object' ? String(address?.port) : ''
      return { ...writes(bee), address: { port, key: bee.core.key.toString('hex') }, close: () => store.close() }
    },

    async openReceiver(folder, { port, key = '' }) {
      const store = new Corestore(folder)
      await store.ready()
      const bee = await openBee(store, { key: Buffer.from(key, 'hex') })
      return {
        connect: async () => {
          const socket = connect(Number(port), HOST)
          await once(socket, 'connect')
          await replicate(store, socket, true)
        },
        follow: async () => {
          bee.core.download({ start: 0, end: -1 })
        },
        count: async () => Math.max(0, Math.floor((Math.min(bee.core.contiguousLength, bee.core.length) - HEADERS) / entries)),
        get: (id) => get(bee, id),
        async *changes() {
          let seen = bee.core.length
          for await (const _ of on(bee.core, 'append')) {
            const length = bee.core.length
            for await (const { key } of bee.createHistoryStream({ gte: seen, lt: length })) if (key.startsWith('d!')) yield key.slice(2)
            seen = length
          }
        },
        close: () => store.close(),
      }
    },
  }
}

async function openBee(store: Corestore, core: { name: string } | { key: Buffer }): Promise<Hyperbee> {
  const bee = new Hyperbee(store.get(core), { keyEncoding: 'utf-8', valueEncoding: 'json' })
  await bee.ready()
  return bee
}

/** Joins the store's stream to a connection; resolves when both sides have shaken hands. A connection that ends is nobody's fault here. */
async function replicate(store: Corestore, socket: Socket, isInitiator: boolean): Promise<void> {
  socket.setNoDelay(true)
  const stream = store.replicate(isInitiator)
  socket.on('error', ignore)
  stream.on('error', ignore)
  socket.pipe(stream).pipe(socket)
  await stream.noiseStream.opened
}

function ignore(): void {}

/** Keys are text: nine digits sort as the numbers do. */
function sortable(n: number): string {
  return String(n).padStart(9, '0')
}
