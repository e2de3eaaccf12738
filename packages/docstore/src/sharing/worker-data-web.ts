import { DocstoreError, type MoveProgress, type OpenReplicaOptions, type Replica } from '@p2p-docstore/core'
import { startLibp2p } from '../network/transport/index-web.ts'
import { LocalNetwork } from '../network/local-network.ts'
import { whenFree } from '../rpc/locks-web.ts'
import { messagePort } from '../rpc/message-port.ts'
import { remoteReplica } from '../rpc/remote.ts'
import { RpcClient } from '../rpc/rpc.ts'
import type { HeldData } from './place.ts'

/** How a worker's data is let go and shared. */
export interface WorkerDataInit {
  readonly listen: HeldData['listen']
  /** Called when the worker has ended. */
  readonly release: () => void
  /** Ends the worker at once when it aborts. SQLite keeps what it has acknowledged. */
  readonly asleep?: AbortSignal
  /** A Web Lock for the worker to hold, by which we learn that it ended by itself. */
  readonly aliveLock?: string
  /** What opens the identity where that is locked. */
  readonly passphrase: string | undefined
}

/** Data that a worker of this window holds: SQLite runs there, connections run here. */
export class WorkerData implements HeldData {
  readonly listen: HeldData['listen']
  readonly #client: RpcClient
  readonly #passphrase: string | undefined
  #isClosing = false

  private constructor(client: RpcClient, { listen, passphrase }: WorkerDataInit) {
    this.#client = client
    this.listen = listen
    this.#passphrase = passphrase
  }

  /** Starts a worker on this data. Throws `worker-failed`, and what `openWebStorage` throws. */
  static async open(data: string, init: WorkerDataInit): Promise<WorkerData> {
    const { release, asleep, aliveLock } = init
    const worker = new Worker(new URL('../store/worker-web.ts', import.meta.url), { type: 'module' })
    const client = new RpcClient(messagePort(worker, { onEnd: () => worker.terminate() }))
    const ended = new AbortController()
    client.onClose(() => {
      ended.abort()
      release()
    })
    const end = (): void => client.close()
    if (asleep?.aborted === true) end()
    asleep?.addEventListener('abort', end, { signal: ended.signal })
    try {
      await Promise.race([client.call('open-storage', [data, aliveLock]), startFailure(worker)])
      if (aliveLock !== undefined) whenFree(aliveLock, ended.signal, end)
      return new WorkerData(client, init)
    } catch (error) {
      end()
      throw error
    }
  }

  async getMeta(key: string): Promise<Uint8Array | undefined> {
    return (await this.#client.call('stored-meta', [key])) as Uint8Array | undefined
  }

  async hasNamespaces(): Promise<boolean> {
    return (await this.#client.call('has-namespaces', [])) === true
  }

  async openReplica({ onMove, ...options }: OpenReplicaOptions): Promise<Replica> {
    const unlisten = this.#client.onEvent((name, payload) => name === 'move' && onMove?.(payload as MoveProgress))
    await this.#client.call('open-replica', [{ ...options, passphrase: this.#passphrase }]).finally(unlisten)
    return remoteReplica(this.#client)
  }

  async startNetwork(replica: Replica, networkId: string, listed: boolean): Promise<LocalNetwork> {
    // Before libp2p starts, so that nothing is left running where a part cannot be loaded.
    await LocalNetwork.load()
    return LocalNetwork.start({ replica, networkId, libp2p: await startLibp2p(replica), role: 'peer', listed })
  }

  onLost(listener: () => void): void {
    this.#client.onClose(() => !this.#isClosing && listener())
  }

  async close(): Promise<void> {
    this.#isClosing = true
    try {
      await this.#client.call('close', [])
    } finally {
      this.#client.close()
    }
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
