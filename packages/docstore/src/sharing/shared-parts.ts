import { DocstoreError, type Replica } from '@p2p-docstore/core'
import type { Network } from '../network/types.ts'
import { NETWORK_METHODS, REPLICA_METHODS } from '../rpc/remote.ts'
import { callMethod, forwardMethods, signalOf } from '../rpc/rpc.ts'
import { createDocumentId } from '../store/document-id.ts'
import type { DocstoreParts } from '../store/docstore.ts'
import type { Opened } from './opened.ts'
import { repeatableWrite } from './repeatable-write.ts'
import type { SharedData } from './shared-data.ts'

/** The parts of a store whose data this program alone can use. */
export function ownParts({
  replica,
  network,
  libp2p,
  isRelay,
  close,
}: Pick<Opened, 'replica' | 'network' | 'libp2p' | 'isRelay' | 'close'>): DocstoreParts {
  const never = (): (() => void) => () => undefined
  return { replica, network, libp2p, isOwner: true, isCopy: false, onOwner: never, onLeft: never, onLocked: never, isRelay, close }
}

/** The parts of a store that shares its data. */
export function sharedParts(shared: SharedData, mode: 'on' | 'off' | 'auto'): DocstoreParts {
  return {
    replica: sharedReplica(shared),
    network: mode === 'on' || shared.opened?.network !== undefined ? sharedNetwork(shared) : undefined,
    get libp2p() {
      return shared.opened?.libp2p
    },
    get isOwner() {
      return shared.opened?.isOwner === true
    },
    get isCopy() {
      return shared.opened?.isCopy === true
    },
    onOwner: (listener) => {
      shared.owners.add(listener)
      return () => shared.owners.delete(listener)
    },
    onLeft: (listener) => {
      shared.left.add(listener)
      return () => shared.left.delete(listener)
    },
    onLocked: (listener) => {
      shared.locked.add(listener)
      return () => shared.locked.delete(listener)
    },
    isRelay: () => shared.run((opened) => opened.isRelay()),
    close: () => shared.close(),
  }
}

/** A replica that outlives the owner of the data. */
function sharedReplica(shared: SharedData): Replica {
  return {
    ...forwardMethods<Replica, (typeof REPLICA_METHODS)[number]>(REPLICA_METHODS, (name, args) =>
      shared.run(({ replica }) => callMethod(replica, name, args)),
    ),
    nostr: () => shared.run(({ replica }) => replica.nostr()),
    createNamespace: async (init) => {
      // Without it, a namespace that is created again because the owner ended would be another one.
      const nonce = crypto.getRandomValues(new Uint8Array(16))
      return shared.run(({ replica }) => replica.createNamespace({ nonce, ...init }))
    },
    write: repeatableWrite(shared),
    update: async (ns, collection, update) => {
      // The same name again where the owner ended before it answered: what it wrote is not written twice.
      let { once } = update
      return shared.run(({ replica, isHere }) => replica.update(ns, collection, isHere ? update : { ...update, once: (once ??= createDocumentId()) }))
    },
    onCommit: (listener) => {
      shared.commits.add(listener)
      return () => shared.commits.delete(listener)
    },
    close: async () => undefined,
  }
}

/** What is asked of a network about a namespace, which is kept equal from then on. */
const NAMESPACE_METHODS: ReadonlySet<string> = new Set<(typeof NETWORK_METHODS)[number]>(['want', 'sync', 'delivered', 'fetchFile', 'fileDelivered'])

/** A network that outlives the owner of the data. */
function sharedNetwork(shared: SharedData): Network {
  return {
    ...forwardMethods<Network, (typeof NETWORK_METHODS)[number]>(NETWORK_METHODS, async (name, args) => {
      const [first] = args
      if (typeof first === 'string') {
        if (NAMESPACE_METHODS.has(name)) shared.wanted.add(first)
        if (name === 'unwant') shared.wanted.delete(first)
        if (name === 'subscribe' && !shared.topics.add(first)) return undefined
        if (name === 'unsubscribe' && !shared.topics.remove(first)) return undefined
      }
      return shared.run(
        ({ network }) => {
          if (network === undefined) throw new DocstoreError('offline', 'The owner of the data is not connected')
          return callMethod(network, name, args)
        },
        { isRepeatable: name !== 'publish', signal: signalOf(args) },
      )
    }),
    on: (event, listener) => {
      const listeners: Set<typeof listener> = shared.events[event]
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => undefined,
  }
}
