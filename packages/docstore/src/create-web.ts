import { DocstoreError } from '@p2p-docstore/core'
import { fetchWellKnown, parseJoinLink } from './network/join-link.ts'
import { startLibp2p } from './network/libp2p-web.ts'
import { LocalNetwork } from './network/local-network.ts'
import { messagePort } from './rpc/message-port.ts'
import { remoteReplica } from './rpc/remote.ts'
import { RpcClient } from './rpc/rpc.ts'
import { Docstore } from './store/docstore.ts'

/** How to open a store in a browser. */
export interface DocstoreOptions {
  /** Name of the data in this origin's private file system; `'memory'` keeps nothing. */
  readonly data?: string
  /** Join link of a network, or the address of one of its relays. Remembered with the data. */
  readonly join?: string
  /** `'off'`: no connections; the documents that are here can be used all the same. */
  readonly network?: 'on' | 'off'
  /** Name of the network that is made when there is none and none is joined. */
  readonly networkName?: string
}

/** How long a bare relay address may take to answer on first use. */
const WELL_KNOWN_TIMEOUT_MS = 5000

/**
 * Opens a document store. SQLite runs in a worker on the origin's private file system; connections run in this window. Throws
 * `bad-link`, `relay-unreachable` (a bare address on first use), `other-network`, `data-in-use` (another tab), `no-opfs`,
 * `worker-failed`.
 */
export async function createDocstore({ data = 'default', join, network: mode = 'on', networkName }: DocstoreOptions = {}): Promise<Docstore> {
  const worker = new Worker(new URL('./store/worker-web.ts', import.meta.url), { type: 'module' })
  const client = new RpcClient(messagePort(worker, { onEnd: () => worker.terminate() }))
  let network: LocalNetwork | undefined
  try {
    const link = join === undefined ? undefined : parseJoinLink(join)
    const hasNetwork = (await Promise.race([client.call('open-storage', [data]), startFailure(worker)])) === true
    const wanted =
      link?.network ??
      (link !== undefined && !hasNetwork ? (await fetchWellKnown(link.origin, AbortSignal.timeout(WELL_KNOWN_TIMEOUT_MS))).network : undefined)
    await client.call('open-replica', [{ network: wanted?.bytes, networkName }])
    const replica = remoteReplica(client)
    if (mode === 'on') {
      const { id } = (await replica.info()).network
      network = await LocalNetwork.start({ replica, networkId: id, libp2p: await startLibp2p(replica, id), role: 'peer' })
      if (link !== undefined) await network.addRelay(link.origin)
    }
    const close = async (): Promise<void> => {
      try {
        await network?.close()
        await client.call('close', [])
      } finally {
        // Ends the worker, so that the data is free whatever failed.
        client.close()
      }
    }
    return await Docstore.of({ replica, network, libp2p: network?.libp2p, close })
  } catch (error) {
    await network?.close().catch(() => undefined)
    client.close()
    throw error
  }
}

/** Rejects when the worker's program cannot be loaded; without it, opening would wait for an answer for ever. */
function startFailure(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (event: ErrorEvent): void => {
      const cause = event.message === undefined || event.message === '' ? 'it could not be loaded' : event.message
      reject(new DocstoreError('worker-failed', `The part of the program that stores documents did not start (${cause}). Reload the page`))
    }
    worker.addEventListener('error', fail, { once: true })
  })
}
