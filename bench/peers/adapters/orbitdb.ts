import { on } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { bitswap } from '@helia/block-brokers'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createOrbitDB, type Documents, IPFSAccessController } from '@orbitdb/core'
import { LevelBlockstore } from 'blockstore-level'
import { LevelDatastore } from 'datastore-level'
import { createHelia } from 'helia'
import { createLibp2p } from 'libp2p'
import type { BenchDocument } from '../../documents.ts'
import type { Library } from '../adapter.ts'

/** A documents database on Helia with bitswap, over TCP. It has no indexes: queries read the whole log. */
export const library: Library = {
  async openLocal(folder) {
    const node = await openNode(folder, [])
    // The database's address is made once and kept beside it.
    const known = join(folder, 'address')
    const database = await node.openDatabase(existsSync(known) ? readFileSync(known, 'utf8') : 'documents')
    writeFileSync(known, String(database.address))
    const query = (matches: (document: BenchDocument) => boolean): Promise<BenchDocument[]> => database.query<BenchDocument>(matches)
    return {
      put: (document) => database.put(document),
      get: (id) => database.get(id),
      findByAuthor: async (author) => (await query((document) => document.author === author)).length,
      findAbove: async (n, limit) => (await query((document) => document.n > n)).sort((a, b) => a.n - b.n).slice(0, limit).length,
      close: async () => {
        await database.close()
        await node.close()
      },
    }
  },

  async openSource(folder) {
    const node = await openNode(folder, ['/ip4/127.0.0.1/tcp/0'])
    const database = await node.openDatabase('documents')
    const [address] = node.libp2p.getMultiaddrs()
    return {
      put: (document) => database.put(document),
      address: { peer: String(address), database: String(database.address) },
      close: async () => {
        await database.close()
        await node.close()
      },
    }
  },

  async openReceiver(folder, { peer = '', database: address = '' }) {
    const node = await openNode(folder, ['/ip4/127.0.0.1/tcp/0'])
    let database: Documents | undefined
    const opened = (): Documents => {
      if (database === undefined) throw new Error('The database is not open')
      return database
    }
    return {
      connect: async () => {
        await node.libp2p.dial(multiaddr(peer))
      },
      // The address names a block of the source: it can be opened only when connected.
      follow: async () => {
        database = await node.openDatabase(address)
      },
      // There is one writer, whose clock counts its entries. A head is taken when all entries before it were.
      count: async () => Math.max(0, ...(await opened().log.heads()).map(({ clock }) => clock.time)),
      get: (id) => opened().get(id),
      async *changes() {
        for await (const [entry] of on(opened().events, 'update')) yield (entry as { payload: { key: string } }).payload.key
      },
      close: async () => {
        await database?.close()
        await node.close()
      },
    }
  },
}

async function openNode(folder: string, listen: string[]) {
  mkdirSync(folder, { recursive: true })
  const libp2p = await createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
  })
  const blockstore = new LevelBlockstore(join(folder, 'blocks'))
  const datastore = new LevelDatastore(join(folder, 'data'))
  await blockstore.open()
  await datastore.open()
  const ipfs = await createHelia({ libp2p, blockstore, datastore, blockBrokers: [bitswap()] })
  const orbitdb = await createOrbitDB({ ipfs, directory: join(folder, 'orbitdb') })
  return {
    libp2p,
    openDatabase: (address: string): Promise<Documents> =>
      orbitdb.open(address, { type: 'documents', AccessController: IPFSAccessController({ write: ['*'] }) }),
    close: async () => {
      await orbitdb.stop()
      await ipfs.stop()
      await blockstore.close()
      await datastore.close()
    },
  }
}
