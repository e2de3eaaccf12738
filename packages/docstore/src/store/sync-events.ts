import { type CommitEvent, DocstoreError, type NamespaceInfo, type Replica } from '@p2p-docstore/core'
import type { NamespacePeerStatus, Network } from '../network/types.ts'
import { type Arrival, arrivalOf } from './life/arrival.ts'
import { areWhole } from './whole-status.ts'

/** What a namespace reports by itself. `peer` is a peer id. */
export interface NamespaceEvents {
  /** An exchange with a peer began. */
  readonly active: { readonly peer: string }
  /** It is over: both have all that the other had, or the connection is gone or it failed; then `error` says why. */
  readonly paused: { readonly peer: string; readonly error: string | undefined }
  /** Documents of these collections changed here, whoever wrote them. */
  readonly change: { readonly collections: readonly string[] }
  /** A version of this document has lost to one whose writer had not seen it: it is kept, see `conflicts`. */
  readonly conflict: { readonly collection: string; readonly _id: string }
  /** Records were refused, by us or by the peer; `reason` is a word such as `future` or `not-allowed`. The rest goes on. */
  readonly denied: { readonly peer: string; readonly records: number; readonly reason: string }
  /** An exchange failed; it is tried again. */
  readonly error: { readonly peer: string; readonly message: string }
  /** These relays have everything that is here now, and we what they had when both were last compared. */
  readonly synced: { readonly peers: readonly string[] }
  /** Its owner changed what it says of the namespace: its name, its description, whether it has ended. */
  readonly info: NamespaceInfo
  /** The namespace has arrived, or how the search for it stands has changed; where one begins to listen, that comes first. */
  readonly arrival: { readonly arrival: Arrival }
  /** It has arrived, and what had waited for that was written, or refused; the reasons are words such as `not-allowed`. */
  readonly pending: { readonly applied: number; readonly refused: readonly string[] }
  /** So many documents are here again: what had revoked a device, or taken a role away, does not count any more. */
  readonly returned: { readonly documents: number }
}

type Listeners = { readonly [K in keyof NamespaceEvents]: Set<(payload: NamespaceEvents[K]) => void> }

/** The events of one namespace: made from how its status changes, so that they are the same wherever the network runs. */
export class SyncEvents {
  readonly #replica: Replica
  readonly #network: Network | undefined
  readonly #ns: string
  readonly #closing: AbortSignal
  readonly #listeners: Listeners = {
    active: new Set(),
    paused: new Set(),
    change: new Set(),
    conflict: new Set(),
    denied: new Set(),
    error: new Set(),
    synced: new Set(),
    info: new Set(),
    arrival: new Set(),
    pending: new Set(),
    returned: new Set(),
  }
  #before = new Map<string, NamespacePeerStatus>()
  /** Local position that relays were last seen to have reached. */
  #syncedSeq: number | undefined
  #arrival: Arrival | undefined
  #hasNewHead = false
  #isLooking = false
  #isStale = false
  #unlisten: (() => void) | undefined

  constructor(replica: Replica, network: Network | undefined, ns: string, closing: AbortSignal) {
    this.#replica = replica
    this.#network = network
    this.#ns = ns
    this.#closing = closing
  }

  /** Calls back with every such event from now on; returns the way to stop. */
  on<K extends keyof NamespaceEvents>(event: K, listener: (payload: NamespaceEvents[K]) => void): () => void {
    const listeners: Set<(payload: NamespaceEvents[K]) => void> | undefined = this.#listeners[event]
    if (listeners === undefined) {
      throw new DocstoreError('bad-event', `There is no event ${JSON.stringify(event)}. There are ${Object.keys(this.#listeners).join(', ')}`)
    }
    listeners.add(listener)
    this.#unlisten ??= this.#listen()
    return () => {
      listeners.delete(listener)
      if (Object.values(this.#listeners).every(({ size }) => size === 0)) this.#stop()
    }
  }

  #listen(): () => void {
    const onCommit = ({ namespace, collections, conflicts = [], pending, returned, head }: CommitEvent): void => {
      if (namespace !== this.#ns) return
      if (collections.length > 0) this.#emit('change', { collections })
      for (const { collection, id } of conflicts) this.#emit('conflict', { collection, _id: id })
      if (pending !== undefined) this.#emit('pending', pending)
      if (returned !== undefined) this.#emit('returned', { documents: returned })
      this.#hasNewHead ||= head === true
      this.#look()
    }
    const stop = (): void => this.#stop()
    this.#closing.addEventListener('abort', stop, { once: true })
    const ends = [
      this.#replica.onCommit(onCommit),
      this.#network?.on('sync', ({ namespace }) => namespace === this.#ns && this.#look()),
      this.#network?.on('peers', () => this.#look()),
      () => this.#closing.removeEventListener('abort', stop),
    ]
    this.#look()
    return () => {
      for (const end of ends) end?.()
    }
  }

  #stop(): void {
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#arrival = undefined
  }

  /** Looks at the status, one look at a time: a thousand changes during one ask for one more. */
  #look(): void {
    this.#isStale = true
    if (this.#isLooking) return
    this.#isLooking = true
    void this.#lookUntilFresh()
  }

  async #lookUntilFresh(): Promise<void> {
    while (this.#isStale && !this.#closing.aborted) {
      this.#isStale = false
      try {
        const seq = await this.#replica.lastSeq(this.#ns)
        const peers = (await this.#network?.namespaceStatus(this.#ns))?.peers ?? []
        this.#report(peers, seq)
        if (this.#hasNewHead) await this.#reportInfo()
        // Heard by nobody, nothing is looked up for it.
        if (this.#listeners.arrival.size > 0) this.#reportArrival((await this.#replica.namespace(this.#ns)) === undefined ? arrivalOf(peers) : 'here')
      } catch {
        // The store is closing, or another tab takes the data over: then it tells all that is new.
      }
    }
    // In the same step as the last check, so that no change falls between.
    this.#isLooking = false
  }

  #report(peers: readonly NamespacePeerStatus[], seq: number): void {
    for (const now of peers) {
      const before = this.#before.get(now.id)
      const { id: peer, error } = now
      if (now.refused > (before?.refused ?? 0))
        this.#emit('denied', { peer, records: now.refused - (before?.refused ?? 0), reason: now.lastRefusal ?? 'unknown' })
      if (now.state === 'failed' && (before?.state !== 'failed' || before.error !== error))
        this.#emit('error', { peer, message: error ?? 'The exchange failed' })
      if (now.state === 'syncing' && before?.state !== 'syncing') this.#emit('active', { peer })
      if (before !== undefined && isAtWork(before) && !isAtWork(now)) this.#emit('paused', { peer, error })
      else if (before?.state === 'syncing' && now.state === 'live') this.#emit('paused', { peer, error: undefined })
    }
    this.#before = new Map(peers.map((peer) => [peer.id, peer]))
    const acked = peers.filter((peer) => peer.role === 'relay' && peer.state === 'live' && peer.acked >= seq)
    const holders = areWhole(acked) ? acked : []
    if (holders.length > 0 && this.#syncedSeq !== seq) this.#emit('synced', { peers: holders.map(({ id }) => id) })
    this.#syncedSeq = holders.length > 0 ? seq : undefined
  }

  async #reportInfo(): Promise<void> {
    this.#hasNewHead = false
    const info = await this.#replica.namespace(this.#ns)
    if (info !== undefined) this.#emit('info', info)
  }

  #reportArrival(arrival: Arrival): void {
    if (this.#arrival === arrival) return
    this.#arrival = arrival
    this.#emit('arrival', { arrival })
  }

  #emit<K extends keyof NamespaceEvents>(event: K, payload: NamespaceEvents[K]): void {
    const listeners: Set<(payload: NamespaceEvents[K]) => void> = this.#listeners[event]
    for (const listener of listeners) {
      try {
        listener(payload)
      } catch (error) {
        // A program's mistake is reported as uncaught, and the other listeners hear of the event all the same.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

function isAtWork({ state }: NamespacePeerStatus): boolean {
  return state === 'syncing' || state === 'live'
}
