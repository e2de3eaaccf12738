import { existsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { DocstoreError, errorCode, openReplica, type Replica, type Storage, toHex } from '@p2p-docstore/core'
import { openNodeQueries, openNodeStorage } from '@p2p-docstore/core/storage/node'
import type { DocstoreOptions } from '../docstore-options-node.ts'
import { readNetwork } from '../network/admission/index.ts'
import { greetedServices, offers } from '../network/relay-services.ts'
import type { Port } from '../rpc/rpc.ts'
import { socketPort } from '../rpc/socket-port-node.ts'
import { renewIfCopied } from './copied-folder-node.ts'
import { DATABASE, dataFolder, isReadOnly } from './data-folder-node.ts'
import { discardData, removeEmpty } from './discard-folder-node.ts'
import { IdentityFile } from './identity-file-node.ts'
import { listenOn } from './listen-node.ts'
import { OwnerProcess } from './owner-process-node.ts'
import { passphraseOf } from './passphrase.ts'
import type { Entry, HeldData, Place } from './place.ts'
import { type SocketName, socketName } from './socket-path-node.ts'

/** What a relay keeps of its database in memory, bytes. */
const RELAY_CACHE_BYTES: number = 64 * 1024 * 1024

/** Pause between two looks at whether the owner is there, milliseconds. */
const RETRY_MS = 50

/** A data folder. SQLite's lock says who holds it; the holder listens on a local socket. */
export class FolderPlace implements Place {
  /** Whether nothing can be written there. It has no connections then, and any number of programs may read it. */
  readonly isReadOnly: boolean
  readonly #folder: string
  /** Those that were made for it, outermost first. */
  readonly #made: readonly string[]
  readonly #owner: OwnerProcess
  readonly #options: DocstoreOptions

  readonly #isBeside: boolean

  /** With `isBeside`, the data of a further network of a store, which goes when that is left. */
  constructor(path: string, options: DocstoreOptions, { isBeside = false }: { readonly isBeside?: boolean } = {}) {
    this.#isBeside = isBeside
    const { folder, made } = dataFolder(path)
    this.#folder = folder
    this.#made = made
    this.isReadOnly = isReadOnly(this.#folder)
    this.#owner = new OwnerProcess(this.#folder)
    this.#options = options
  }

  async enter({ mayHold }: { mayHold: boolean }): Promise<Entry> {
    // With the network whose data it was.
    if (this.#isBeside && !existsSync(this.#folder))
      throw new DocstoreError('network-left', `${this.#folder} was removed, and with it the network that it was of`)
    const held = mayHold ? this.#tryHold() : undefined
    if (held !== undefined && !(held instanceof DocstoreError)) return { kind: 'held', held }
    const port = await connectTo(socketName(this.#folder))
    if (port !== undefined) return { kind: 'line', port, silence: (silentMs) => this.#owner.silence(silentMs) }
    if (held !== undefined) throw held
    // The owner is just starting, or just ending.
    await new Promise((done) => setTimeout(done, RETRY_MS))
    return { kind: 'silent' }
  }

  /** The data; nothing where another program has it, and the error where there is none, which a program that has it open may still have. */
  #tryHold(): HeldData | DocstoreError | undefined {
    try {
      if (this.isReadOnly) return this.#owner.isThere() ? undefined : holdToRead(join(this.#folder, DATABASE), this.#options)
      const path = join(this.#folder, DATABASE)
      const discard = (): void => {
        discardData(this.#folder)
        removeEmpty(this.#isBeside ? [dirname(this.#folder), this.#folder] : this.#made)
      }
      return holdDatabase(path, this.#options, { listen: (serve) => this.#listen(serve), discard })
    } catch (error) {
      if (errorCode(error) === 'data-in-use') return undefined
      if (error instanceof DocstoreError && error.code === 'data-missing') return error
      throw error
    }
  }

  async #listen(serve: (port: Port) => void): Promise<() => void> {
    const name = socketName(this.#folder)
    const forget = this.#owner.note()
    try {
      const hangUp = await listenOn(name.path, serve, name.release)
      return () => {
        hangUp()
        forget()
      }
    } catch (error) {
      name.release()
      forget()
      throw error
    }
  }

  patienceMs(): number {
    return this.#owner.patienceMs()
  }

  inUse(owner: 'silent' | 'relay'): DocstoreError {
    const message =
      owner === 'relay'
        ? `A relay uses ${this.#folder} already. Stop it, or use another data folder`
        : `${this.#owner.name()} uses ${this.#folder} and does not answer. End it, or use another data folder`
    return new DocstoreError('data-in-use', message)
  }

  close(): void {
    // A folder keeps nothing open between tries.
  }
}

async function connectTo({ path, release }: SocketName): Promise<Port | undefined> {
  const socket = connect(path)
  const isOpen = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  release()
  return isOpen ? socketPort(socket) : undefined
}

/** Data that lies in memory and ends with this process. */
export function holdMemory(options: DocstoreOptions): HeldData {
  return holdDatabase(':memory:', options, { listen: async () => () => undefined, discard: () => undefined })
}

/** Data of a folder that cannot be written to. */
function holdToRead(path: string, { passphrase }: DocstoreOptions): HeldData {
  const storage = openNodeStorage(path, { readOnly: true })
  let replica: Replica | undefined
  return {
    listen: async () => () => undefined,
    getMeta: async (key) => storage.getMeta(key),
    hasNamespaces: async () => (await storage.namespaces()).length > 0,
    openReplica: async (init) => (replica = await openReplica(storage, { ...init, passphrase: passphraseOf(passphrase) })),
    startNetwork: async () => {
      throw new DocstoreError('storage-read-only', 'A data folder that cannot be written to has no connections')
    },
    onLost: () => undefined,
    close: async () => (replica ?? storage).close(),
  }
}

/** Where documents lie: here, or where others work too, each under a name of its own. */
type Documents = Storage & { readonly claim?: (name: string) => Promise<void> }

/** Opens a database in this process. Throws `data-in-use` where another one has it. */
function holdDatabase(
  path: string,
  options: DocstoreOptions,
  { listen, discard }: { readonly listen: HeldData['listen']; readonly discard: () => void },
): HeldData {
  const {
    durability = 'normal',
    maxBytes,
    role = 'peer',
    storage: kept = 'all',
    placementTimes,
    services: wantedServices,
    limits = {},
    listen: addresses = [],
    announce,
    alsoAnnounce,
    passphrase,
    database,
  } = options
  const identity = path === ':memory:' ? undefined : new IdentityFile(dirname(path))
  identity?.assertDatabase(path)
  const isNew = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
  // What reads for long, as queries of strangers over HTTP and backups do, must not make others wait.
  const withReaders = path !== ':memory:'
  const storage = openNodeStorage(path, {
    durability,
    withReaders,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(role === 'relay' ? { cacheBytes: RELAY_CACHE_BYTES } : {}),
  })
  let replica: Replica | undefined
  let isCopy = false
  let opening: Promise<Documents> | undefined
  // Loaded by who has one.
  const documents = (): Promise<Documents> =>
    (opening ??=
      database === undefined
        ? Promise.resolve(storage)
        : import('@p2p-docstore/core/storage/postgres').then(({ openPostgresStorage }) => openPostgresStorage(database, { own: storage })))
  const close = async (): Promise<void> => (replica ?? (await opening?.catch(() => undefined)) ?? storage).close()
  return {
    isNew,
    isCopy: () => isCopy,
    isHere: true,
    listen,
    getMeta: async (key) => storage.getMeta(key),
    hasNamespaces: async () => (await (await documents()).namespaces()).length > 0,
    openReplica: async (init) => {
      await identity?.assertSame(storage)
      isCopy = path !== ':memory:' && (await renewIfCopied(storage, path))
      // Before anybody is asked for a passphrase: one that was just set must not leave the seed in that file.
      if ((await storage.getMeta('identity')) !== undefined) await identity?.keep(storage)
      const onPerson = identity && (() => identity.keep(storage, { isNeeded: true }))
      const opened = await openReplica(await documents(), {
        ...init,
        passphrase: passphraseOf(passphrase),
        onPerson,
        ...(withReaders
          ? {
              queries:
                database === undefined
                  ? openNodeQueries(path, storage)
                  : (await import('@p2p-docstore/core/storage/postgres')).openPostgresQueries(database),
            }
          : {}),
      })
      replica = opened
      const epoch = await storage.getMeta('epoch')
      // A copy of the folder would be the same peer a second time.
      if (epoch !== undefined) await (await documents()).claim?.(toHex(epoch))
      await identity?.keep(storage)
      return opened
    },
    startNetwork: async (replica, networkId, listed) => {
      // Most commands need no network, and start in half the time without loading it.
      const [{ startLibp2p }, { LocalNetwork }] = await Promise.all([
        import('../network/transport/index-node.ts'),
        import('../network/local-network.ts'),
      ])
      const listenOn = typeof addresses === 'function' ? await addresses(replica) : addresses
      const { descriptor } = readNetwork((await replica.info()).network.descriptor)
      const services = typeof wantedServices === 'function' ? wantedServices(descriptor) : wantedServices
      const libp2p = await startLibp2p(replica, {
        role,
        services: greetedServices(services, kept),
        ...(limits.places === undefined ? {} : { places: limits.places }),
        listen: listenOn,
        ...(announce === undefined ? {} : { announce }),
        ...(alsoAnnounce === undefined ? {} : { alsoAnnounce }),
      })
      const onError = libp2p.logger.forComponent('docstore:intake').error.bind(undefined, 'what identities use could not be counted - %e')
      const keepsForOthers = role === 'relay' && offers(services, 'storage')
      const intake = keepsForOthers ? await (await import('../network/intake/index-node.ts')).openIntake(replica, limits, onError) : undefined
      const { ForwardedTopics } = await import('../network/topics/index-node.ts')
      const { topicsPerPeer } = limits
      const passesOn = role === 'relay' && offers(services, 'messages')
      const forwardedTopics = passesOn
        ? (isOwn: (topic: string) => boolean) => new ForwardedTopics({ pubsub: libp2p.services.pubsub, networkId, isOwn, topicsPerPeer })
        : undefined
      return LocalNetwork.start({ replica, networkId, libp2p, role, storage: kept, services, intake, forwardedTopics, listed, placementTimes })
    },
    // The process and its database end together.
    onLost: () => undefined,
    close,
    discard: async () => {
      await close()
      discard()
    },
  }
}
