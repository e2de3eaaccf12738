import { on } from 'node:events'
import { mkdirSync } from 'node:fs'
import { field, variant, vec } from '@dao-xyz/borsh'
import { Compare, Documents, IntegerCompare, id, type SetupOptions, Sort, SortDirection, StringMatch } from '@peerbit/document'
import { Program } from '@peerbit/program'
import { Peerbit } from 'peerbit'
import type { BenchDocument } from '../../documents.ts'
import type { Library, LocalStore } from '../adapter.ts'

/** What the configurations differ in. */
interface Configuration {
  readonly peer?: Parameters<typeof Peerbit.create>[0]
  readonly documents?: Partial<SetupOptions<StoredDocument>>
  readonly put?: Parameters<Documents<StoredDocument>['put']>[1]
}

/** Queries are answered from what is here. */
const LOCAL = { local: true, remote: false } as const
/** More than any query finds. */
const MANY = 1000

@variant('bench_document')
class StoredDocument {
  @id({ type: 'string' })
  _id: string
  @field({ type: 'string' })
  title: string
  @field({ type: 'string' })
  body: string
  @field({ type: 'string' })
  author: string
  @field({ type: vec('string') })
  tags: string[]
  @field({ type: 'u32' })
  n: number

  constructor({ _id, title, body, author, tags, n }: BenchDocument) {
    this._id = _id
    this.title = title
    this.body = body
    this.author = author
    this.tags = [...tags]
    this.n = n
  }
}

@variant('bench_store')
class Store extends Program<Partial<SetupOptions<StoredDocument>>> {
  // Both sides know the store by the same id.
  @field({ type: Documents })
  documents: Documents<StoredDocument> = new Documents({ id: new Uint8Array(32).fill(1) })

  async open(options?: Partial<SetupOptions<StoredDocument>>): Promise<void> {
    await this.documents.open({ replicate: { factor: 1 }, ...options, type: StoredDocument })
  }
}

/** Documents of Peerbit in one of its configurations, everything replicated. It indexes all fields while writing. */
export function peerbitLibrary(configure: (folder: string) => Promise<Configuration>): Library {
  const openPeer = async (folder: string) => {
    mkdirSync(folder, { recursive: true })
    const { peer: options, documents: args, put } = await configure(folder)
    const peer = await Peerbit.create({ directory: folder, ...options })
    return {
      peer,
      openStore: async (): Promise<Documents<StoredDocument>> => (await peer.open(new Store(), args === undefined ? {} : { args })).documents,
      writes: (documents: Documents<StoredDocument>): Pick<LocalStore, 'put' | 'putMany'> => ({
        put: (document) => documents.put(new StoredDocument(document), put),
        putMany: (many) =>
          documents.putMany(
            many.map((document) => new StoredDocument(document)),
            put,
          ),
      }),
      close: () => peer.stop(),
    }
  }

  return {
    async openLocal(folder) {
      const { openStore, writes, close } = await openPeer(folder)
      const documents = await openStore()
      return {
        ...writes(documents),
        get: (key) => documents.index.get(key, LOCAL),
        findByAuthor: async (author) => {
          const query = [new StringMatch({ key: 'author', value: author })]
          return (await documents.index.iterate({ query }, LOCAL).next(MANY)).length
        },
        findAbove: async (n, limit) => {
          const query = [new IntegerCompare({ key: 'n', compare: Compare.Greater, value: n })]
          const sort = [new Sort({ key: 'n', direction: SortDirection.ASC })]
          const iterator = documents.index.iterate({ query, sort }, LOCAL)
          const found = await iterator.next(limit)
          await iterator.close()
          return found.length
        },
        close,
      }
    },

    async openSource(folder) {
      const { peer, openStore, writes, close } = await openPeer(folder)
      const documents = await openStore()
      const address = peer.getMultiaddrs().find((each) => /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//.test(String(each)))
      return { ...writes(documents), address: { peer: String(address) }, close }
    },

    async openReceiver(folder, { peer: address = '' }) {
      const { peer, openStore, close } = await openPeer(folder)
      let documents: Documents<StoredDocument> | undefined
      const opened = (): Documents<StoredDocument> => {
        if (documents === undefined) throw new Error('The store is not open')
        return documents
      }
      return {
        connect: async () => {
          await peer.dial(address)
        },
        follow: async () => {
          documents = await openStore()
        },
        count: async () => opened().index.getSize(),
        get: (key) => opened().index.get(key, LOCAL),
        async *changes() {
          for await (const [event] of on(opened().events, 'change')) {
            for (const { _id } of (event as CustomEvent<{ added: readonly StoredDocument[] }>).detail.added) yield _id
          }
        },
        close,
      }
    },
  }
}
