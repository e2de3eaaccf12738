import { DocstoreError, openReplica, type OpenReplicaOptions, type Replica, type Storage } from '@p2p-docstore/core'
import { openWebStorage } from '@p2p-docstore/core/storage/web'
import { takeLock } from '../rpc/locks-web.ts'
import { messagePort } from '../rpc/message-port.ts'
import { peerService } from '../rpc/remote.ts'
import { serve, type Service } from '../rpc/rpc.ts'

/** The worker that holds the data of a browser peer: storage, checks and queries run here, off the page's thread. */
let storage: Storage | undefined
let service: Service | undefined
let replica: Replica | undefined
const listeners = new Set<(name: string, payload: unknown) => void>()

/** Tells the window of something. */
function tell(name: string, payload: unknown): void {
  for (const emit of listeners) emit(name, payload)
}

serve(messagePort(self), {
  call: async (method, args) => {
    switch (method) {
      case 'open-storage': {
        const [data, aliveLock] = args
        storage = await openWebStorage(String(data))
        // Held until the worker ends, however that happens: the window waits for it.
        if (typeof aliveLock === 'string') await takeLock(aliveLock)
        return undefined
      }
      case 'stored-meta':
        return storage?.getMeta(String(args[0]))
      case 'has-namespaces':
        return ((await storage?.namespaces()) ?? []).length > 0
      case 'open-replica': {
        if (storage === undefined) throw new DocstoreError('internal', 'The storage is not open')
        replica = await openReplica(storage, { ...(args[0] as OpenReplicaOptions), onMove: (progress) => tell('move', progress) })
        service = peerService(replica, () => undefined)
        service.events(tell)
        return undefined
      }
      case 'close':
        return (replica ?? storage)?.close()
      default:
        if (service === undefined) throw new DocstoreError('internal', 'The replica is not open')
        return service.call(method, args)
    }
  },
  events: (emit) => {
    listeners.add(emit)
    return () => listeners.delete(emit)
  },
})
