import { existsSync } from 'node:fs'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Namespace } from 'p2p-docstore'
import type { Library, LocalStore } from '../adapter.ts'

/** How long a relay on the same machine may take to answer, milliseconds. */
const CONNECT_MS = 10_000

/** Ours: the source is a relay that owns a namespace, the receiver a peer that has joined its network. */
export const library: Library = {
  async openLocal(folder) {
    const store = await createDocstore({ data: folder, network: 'off' })
    const [known] = await store.namespaces.list()
    const notes = known === undefined ? await store.namespaces.create({ name: 'bench', write: 'owner' }) : await store.namespaces.open(known.id)
    return { ...writes(notes), ...reads(notes), close: () => store.close() }
  },

  async openSource(folder) {
    const relay = await startRelay({ data: folder, port: 0 })
    const notes = await relay.store.namespaces.create({ name: 'bench', write: 'owner' })
    return { ...writes(notes), address: { join: relay.ready.join, namespace: notes.id }, close: () => relay.close() }
  },

  async openReceiver(folder, { join = '', namespace = '' }) {
    const store = await createDocstore(existsSync(folder) ? { data: folder } : { data: folder, join })
    let notes: Namespace | undefined
    const opened = (): Namespace => {
      if (notes === undefined) throw new Error('The namespace is not open')
      return notes
    }
    return {
      connect: async () => {
        if (((await store.network?.connected({ timeoutMs: CONNECT_MS })) ?? 0) === 0) throw new Error('The relay was not reached')
      },
      follow: async () => {
        notes = await store.namespaces.open(namespace)
      },
      // Each document was stored once: the last position is their number.
      count: () => store.replica.lastSeq(namespace),
      get: (id) => opened().get(id),
      async *changes() {
        for await (const { _id } of opened().changes()) yield _id
      },
      close: () => store.close(),
    }
  },
}

function writes(notes: Namespace): Pick<LocalStore, 'put' | 'putMany'> {
  return { put: (document) => notes.put(document), putMany: (documents) => notes.putMany(documents) }
}

function reads(notes: Namespace): Pick<LocalStore, 'get' | 'createIndexes' | 'findByAuthor' | 'findAbove'> {
  return {
    get: (id) => notes.get(id),
    createIndexes: async () => {
      await notes.createIndex(['author'])
      await notes.createIndex(['n'])
    },
    findByAuthor: async (author) => (await notes.find({ author }).toArray()).length,
    findAbove: async (n, limit) => (await notes.find({ n: { $gt: n } }, { sort: { n: 1 }, limit }).toArray()).length,
  }
}
