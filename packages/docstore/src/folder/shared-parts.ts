import { DocstoreError, type Replica } from '@p2p-docstore/core'
import type { Network } from '../network/types.ts'
import { NETWORK_METHODS, REPLICA_METHODS } from '../rpc/remote.ts'
import { callMethod, forwardMethods } from '../rpc/rpc.ts'
import type { SharedFolder } from './shared-folder-node.ts'

/** A replica that outlives the process that holds the data. */
export function sharedReplica(shared: SharedFolder): Replica {
  return {
    ...forwardMethods<Replica, (typeof REPLICA_METHODS)[number]>(REPLICA_METHODS, (name, args) =>
      // A namespace that was created twice would be two.
      shared.run(({ replica }) => callMethod(replica, name, args), { isRepeatable: name !== 'createNamespace' }),
    ),
    onCommit: (listener) => {
      shared.commits.add(listener)
      return () => shared.commits.delete(listener)
    },
    close: async () => undefined,
  }
}

/** A network that outlives the process that is connected. */
export function sharedNetwork(shared: SharedFolder): Network {
  return {
    ...forwardMethods<Network, (typeof NETWORK_METHODS)[number]>(NETWORK_METHODS, async (name, args) => {
      const [first] = args
      if (typeof first === 'string') {
        if (name === 'want' || name === 'sync' || name === 'delivered') shared.wanted.add(first)
        if (name === 'subscribe' && !shared.topics.add(first)) return undefined
        if (name === 'unsubscribe' && !shared.topics.remove(first)) return undefined
      }
      return shared.run(
        ({ network }) => {
          if (network === undefined) throw new DocstoreError('offline', 'The process that holds the data is not connected')
          return callMethod(network, name, args)
        },
        { isRepeatable: name !== 'publish' },
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
