import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath, resolve } from 'node:path'
import { DocstoreError, type Durability, errorCode, openReplica, type Replica, type ReplicaInfo, type Storage } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { fetchWellKnown, type JoinLink, parseJoinLink, readNetwork } from './network/join-link.ts'
import { forgetRelays, knownRelays, rememberRelay } from './network/known-relays.ts'
import type { Network } from './network/types.ts'
import { peerService, remoteNetwork, remoteReplica } from './rpc/remote.ts'
import { RpcClient, serve } from './rpc/rpc.ts'
import { socketPort } from './rpc/socket-port-node.ts'
import { Docstore } from './store/docstore.ts'

/** How to open a store in Node. */
export interface DocstoreOptions {
  /** Folder for keys, documents and network, made if missing; `'memory'` (the default) keeps nothing. */
  readonly data?: string
  /** Join link of a network, or the address of one of its relays. Remembered in the data folder. */
  readonly join?: string
  /** Descriptor of the network to be in, where no link is at hand: that of a backup. */
  readonly descriptor?: Uint8Array
  /** `'off'`: no connections; the documents that are here can be used all the same. */
  readonly network?: 'on' | 'off'
  /** `'full'` also waits for the disk's flush on every write. */
  readonly durability?: Durability
  /** Name of the network that is made when there is none and none is joined. */
  readonly networkName?: string
  /** What this peer is to others; relays answer and keep everything. */
  readonly role?: 'relay' | 'peer'
  /** Multiaddrs to listen on, and those to tell others in their place. */
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
}

/** How long a process waits for the owner of a data folder to answer, or to end, milliseconds. */
const OWNER_TIMEOUT_MS = 5000
const OWNER_RETRY_MS = 50

/**
 * Opens a document store. The first process on a data folder owns it; further ones work through the owner, so that several programs
 * can use one folder. Throws `bad-link`, `relay-unreachable` (a bare address on first use), `other-network`, `data-in-use`,
 * `data-too-new`, `data-corrupt`.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  const { data = 'memory' } = options
  if (data === 'memory') return own(':memory:', undefined, options)
  const folder = resolve(data)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const until = Date.now() + OWNER_TIMEOUT_MS
  for (;;) {
    try {
      return await own(joinPath(folder, 'docstore.db'), socketPath(folder), options)
    } catch (error) {
      if (errorCode(error) !== 'data-in-use' || options.role === 'relay') throw error
      const attached = await attach(socketPath(folder), options)
      if (attached !== undefined) return attached
      if (Date.now() > until) throw error
    }
    // The owner is just starting, or just ending, or does not offer what we need.
    await new Promise((done) => setTimeout(done, OWNER_RETRY_MS))
  }
}

async function own(database: string, socket: string | undefined, options: DocstoreOptions): Promise<Docstore> {
  const { network: mode = 'on', join, descriptor, durability = 'normal', networkName, role = 'peer', listen = [], announce = [] } = options
  const storage = openNodeStorage(database, { durability })
  let libp2p: Docstore['libp2p']
  try {
    const link = join === undefined ? undefined : await resolveLink(parseJoinLink(join), storage)
    const wanted = link?.network?.bytes ?? descriptor
    const before = await storage.getMeta('network')
    if (descriptor !== undefined && before !== undefined && link === undefined) await refuseOther(descriptor, before, storage)
    const replica = await openReplica(storage, { network: wanted, networkName })
    const { descriptor: now } = (await replica.info()).network
    if (before !== undefined && Buffer.compare(before, now) !== 0) await forgetRelays(replica)
    if (link !== undefined) await rememberRelay(replica, link.origin)
    let network: Network | undefined
    if (mode === 'on') {
      const [{ startLibp2p }, { LocalNetwork }] = await Promise.all([import('./network/libp2p-node.ts'), import('./network/local-network.ts')])
      const { id } = (await replica.info()).network
      libp2p = await startLibp2p(replica, id, { listen, announce })
      network = await LocalNetwork.start({ replica, networkId: id, libp2p, role })
    }
    const server = socket === undefined ? undefined : await listenForOthers(socket, replica, network)
    const close = async (): Promise<void> => {
      server?.close()
      await network?.close()
      await replica.close()
    }
    return await Docstore.of({ replica, network, libp2p, close })
  } catch (error) {
    await libp2p?.stop()
    await storage.close()
    throw error
  }
}

/** The link with its network. Only the relay knows it where the link is a bare address; one that this data knows may be down. */
async function resolveLink(link: JoinLink, storage: Storage): Promise<JoinLink> {
  if (link.network !== undefined || (await knownRelays({ getMeta: async (key) => storage.getMeta(key) })).includes(link.origin)) return link
  const { network } = await fetchWellKnown(link.origin, AbortSignal.timeout(OWNER_TIMEOUT_MS))
  return { ...link, network }
}

/** A backup of another network does not make data that has joined one leave it. */
async function refuseOther(wanted: Uint8Array, current: Uint8Array, storage: Storage): Promise<void> {
  if (Buffer.compare(wanted, current) === 0 || (await knownRelays({ getMeta: async (key) => storage.getMeta(key) })).length === 0) return
  throw new DocstoreError('other-network', 'The data folder belongs to another network. Use another data folder')
}

/** A local socket has a short name (107 bytes on Linux), so a long folder gets one beside the other temporary files. */
function socketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  if (process.platform === 'win32') return `\\\\.\\pipe\\docstore-${name}`
  const inside = joinPath(folder, 'docstore.sock')
  return Buffer.byteLength(inside) < 100 ? inside : joinPath(tmpdir(), `docstore-${name}.sock`)
}

interface SocketServer {
  close(): void
}

async function listenForOthers(path: string, replica: Replica, network: Network | undefined): Promise<SocketServer> {
  // Whoever holds the database holds this name; what lies here was left by a process that was killed.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const ports = new Set<{ close(): void }>()
  const server: Server = createServer((socket) => {
    const port = socketPort(socket)
    ports.add(port)
    port.onClose(() => ports.delete(port))
    serve(
      port,
      peerService(replica, () => network),
    )
  })
  const oldMask = process.umask(0o077)
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail)
      server.listen(path, done)
    })
  } finally {
    process.umask(oldMask)
  }
  server.unref()
  return {
    close: () => {
      server.close()
      for (const port of ports) port.close()
    },
  }
}

/** A store through the process that owns the folder; `undefined` where it does not answer or lacks the network that is asked for. */
async function attach(path: string, { network: mode = 'on', join, descriptor }: DocstoreOptions): Promise<Docstore | undefined> {
  const socket = connect(path)
  const isOpen = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  if (!isOpen) return undefined
  const client = new RpcClient(socketPort(socket))
  try {
    const replica = remoteReplica(client)
    const hasNetwork = (await client.call('has-network', [])) === true
    if (mode === 'on' && !hasNetwork) {
      client.close()
      return undefined
    }
    const network = hasNetwork ? remoteNetwork(client) : undefined
    if (join !== undefined) await joinThroughOwner(join, replica, network)
    const current = (await replica.info()).network
    if (descriptor !== undefined && readNetwork(descriptor).id !== current.id) throw otherNetwork(current)
    return await Docstore.of({ replica, network: mode === 'on' ? network : undefined, libp2p: undefined, close: async () => client.close() })
  } catch (error) {
    client.close()
    if (errorCode(error) === 'owner-gone') return undefined
    throw error
  }
}

async function joinThroughOwner(join: string, replica: Replica, network: Network | undefined): Promise<void> {
  const link = parseJoinLink(join)
  const { network: current } = await replica.info()
  const wanted =
    link.network ??
    ((await knownRelays(replica)).includes(link.origin)
      ? undefined
      : (await fetchWellKnown(link.origin, AbortSignal.timeout(OWNER_TIMEOUT_MS))).network)
  if (wanted !== undefined && wanted.id !== current.id) throw otherNetwork(current)
  await (network?.addRelay(link.origin) ?? rememberRelay(replica, link.origin))
}

function otherNetwork({ name, id }: ReplicaInfo['network']): DocstoreError {
  return new DocstoreError('other-network', `The data folder is in use for the network "${name}" (${id}), not for this one. Use another data folder`)
}
