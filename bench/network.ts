import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNetwork, type Network, openReplica, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import { chromium } from 'playwright'
import { startLibp2p } from '../packages/docstore/src/network/transport/index-node.ts'
import type { DocstoreLibp2p } from '../packages/docstore/src/network/transport/index.ts'
import { serveTabPage, Tab } from '../test/e2e/tab.ts'
import type { Figures } from './local.ts'

/** Longest that anything here may take, milliseconds. */
const TIMEOUT_MS = 60_000
/** Lookups of which the median counts. */
const LOOKUPS = 9
/** Relays that each relay dials, as those of a network do. */
const LINKS = 3
/** Relays in a table with somebody of nearly every distance. */
const FULL_TABLE = 20

/** What a fresh client waits for: connected, the first document of a namespace, and in browsers a direct connection to another one. */
export async function measureClients(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const relay = await startRelay({ data: join(folder, 'relay'), port: 0 })
  try {
    const namespace = await relay.store.namespaces.create({ name: 'bench', write: 'anyone' })
    await namespace.put({ _id: 'first' })
    return { ...(await node(relay.ready.join, namespace.id)), ...(await browsers(folder, relay.ready.join, namespace.id)) }
  } finally {
    await relay.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function node(link: string, ns: string): Promise<Figures> {
  const began = performance.now()
  const store = await createDocstore({ data: 'memory', join: link })
  try {
    await store.network?.connected({ timeoutMs: TIMEOUT_MS })
    const connected = performance.now()
    const namespace = await store.namespaces.open(ns)
    for await (const { documents } of namespace.watch()) if (documents.length > 0) break
    return { 'Node: started to connected, ms': connected - began, 'Node: to the first document, ms': performance.now() - began }
  } finally {
    await store.close()
  }
}

async function browsers(folder: string, link: string, ns: string): Promise<Figures> {
  const page = await serveTabPage(join(folder, 'page'))
  const open = async (profile: string) => {
    const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
    const args = ['--no-sandbox', '--disable-features=WebRtcHideLocalIpsWithMdns']
    return chromium.launchPersistentContext(join(folder, profile), { executablePath, args })
  }
  const [one, other] = await Promise.all([open('one'), open('other')])
  try {
    const first = await Tab.open(one, { url: page.url, join: link })
    await first.call('namespace', ns)
    await until(async () => (await first.call('ids')).length > 0)
    const began = performance.now()
    const second = await Tab.open(other, { url: page.url, join: link })
    await second.call('namespace', ns)
    const since = async (isSo: () => Promise<boolean>): Promise<number> => {
      await until(isSo)
      return performance.now() - began
    }
    const [connected, document, direct] = await Promise.all([
      since(async () => (await second.call('peers')).some(({ state, role }) => role === 'relay' && state === 'connected')),
      since(async () => (await second.call('ids')).length > 0),
      since(async () => (await second.call('peers')).some(({ via }) => via === 'webrtc')),
    ])
    return {
      'Chromium: page loaded to connected, ms': connected,
      'Chromium: to the first document, ms': document,
      'Chromium: to a direct connection, ms': direct,
    }
  } finally {
    await Promise.all([one.close(), other.close()])
    page.close()
  }
}

/**
 * How long a peer that knows one of `count` relays takes to find the one that keeps a namespace. All are in this process, and do nothing
 * else: directories and documents of so many would take both cores.
 */
export async function measureLookups(count: number): Promise<Figures> {
  const network = createNetwork('bench')
  const relays: Node[] = []
  const peers: Node[] = []
  try {
    for (let i = 0; i < count; i++) {
      const relay = await startNode(network, ['/ip4/127.0.0.1/tcp/0'])
      const others = Array.from({ length: Math.min(LINKS, relays.length) }, (_, n) => relays[(i * 7 + n * 13) % relays.length])
      for (const other of others) if (other !== undefined) await connect(relay, other)
      relays.push(relay)
    }
    await until(async () => relays.every(({ libp2p }) => (libp2p.services.kademlia?.size ?? 0) >= Math.min(count - 1, FULL_TABLE)))
    const cold: number[] = []
    const warm: number[] = []
    // Where requests take too long a search may end with nothing; peers search again then, and so does this.
    let inVain = 0
    for (let i = 0; i < LOOKUPS; i++) {
      const holder = relays[(i * 31 + count - 1) % count]
      const known = relays[(i * 17) % count]
      if (holder === undefined || known === undefined) throw new Error('no relays')
      const { id } = await holder.replica.createNamespace({ name: 'bench', write: 'anyone' })
      await holder.libp2p.services.kademlia?.provide(id, AbortSignal.timeout(TIMEOUT_MS))
      const peer = await startNode(network, [])
      peers.push(peer)
      await connect(peer, known)
      for (const times of [cold, warm]) {
        const began = performance.now()
        await until(async () => {
          const found = await peer.libp2p.services.kademlia?.find(id, AbortSignal.timeout(TIMEOUT_MS))
          const isFound = found?.includes(holder.libp2p.peerId.toString()) === true
          if (!isFound) inVain++
          return isFound
        })
        times.push(performance.now() - began)
      }
    }
    return {
      [`${count} relays: first search of a peer, ms`]: median(cold),
      [`${count} relays: the same again, ms`]: median(warm),
      [`${count} relays: searches in vain, of ${2 * LOOKUPS}`]: inVain,
    }
  } finally {
    await Promise.all([...peers, ...relays].map(async ({ libp2p }) => libp2p.stop()))
  }
}

/** libp2p as a relay or a peer has it, and the data that its key lies in. */
interface Node {
  readonly replica: Replica
  readonly libp2p: DocstoreLibp2p
}

async function startNode(network: Network, listen: readonly string[]): Promise<Node> {
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes })
  return { replica, libp2p: await startLibp2p(replica, { listen }) }
}

/** All share two cores, so a dial may take too long while tables fill. */
async function connect({ libp2p }: Node, other: Node): Promise<void> {
  await until(async () => {
    const connection = await libp2p.dial(other.libp2p.getMultiaddrs()).catch(() => undefined)
    return connection !== undefined
  })
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > end) throw new Error('It took too long')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
