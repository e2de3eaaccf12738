import type { Connection, Stream } from '@libp2p/interface'
import { DocstoreError, errorCode, type Ledger, type Replica, Slots } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import { answerStream, patiently } from '../sync/index.ts'
import { delay } from '../timing/index.ts'
import { Bell } from './bell.ts'
import { FileFetcher, type FetchedFile } from './file-fetcher.ts'
import { FileKeeper } from './file-keeper.ts'
import { FileResponder } from './file-responder.ts'
import { FileSource } from './file-source.ts'
import { GivenBlocks } from './given-blocks.ts'
import {
  FETCH_PATIENCE_MS,
  MAX_FETCHED_AT_ONCE,
  MAX_INBOUND_FILE_STREAMS,
  MAX_REMEMBERED_FILES,
  MAX_REQUEST_BYTES,
  MAX_WHOLE_WAIT_MS,
} from './limits.ts'

/** Copies that somebody waits for. */
interface AwaitedCopies {
  readonly ns: string
  readonly cid: string
  readonly copies: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** The part of libp2p that has connections. */
interface Connections {
  readonly peerId: { toString(): string }
  getConnections(): Connection[]
}

/** What exchanging files takes. */
export interface FileExchangeInit {
  readonly libp2p: Connections
  readonly replica: Replica
  readonly networkId: string
  readonly misconduct: Misconduct
  readonly ledgerOf: (peer: string) => Ledger
  /** Peers that may have files of a namespace, the likeliest first. */
  readonly keepers: (ns: string) => readonly string[]
  /** Relays that are connected. */
  readonly relays: () => readonly string[]
  /** Whether all files that documents here name are fetched, not those alone that somebody reads, and count as copies. */
  readonly isRelay: boolean
  /** Aborts when the network ends. */
  readonly ended: AbortSignal
  readonly onError: (error: unknown) => void
  /** How long a fetch goes on at a standstill, milliseconds. */
  readonly patienceMs?: number
}

/** How long a relay that failed to answer is left alone, milliseconds. */
const ASK_PAUSE_MS = 1000

/** Files that go to others, and come from them. */
export class FileExchange {
  readonly #init: FileExchangeInit
  /** Rings when a file here may have become whole, or is named for the first time; and when somebody came who may be asked. */
  readonly #changed = new Bell()
  readonly #came = new Bell()
  readonly #slots = new Slots(MAX_FETCHED_AT_ONCE)
  readonly #given = new GivenBlocks()
  readonly #fetcher: FileFetcher
  readonly #keeper: FileKeeper | undefined
  /** By connection. */
  readonly #sources = new WeakMap<Connection, FileSource>()
  /** Who said to have a file. */
  readonly #holders = new Map<string, string>()
  readonly #unlisten: () => void

  constructor(init: FileExchangeInit) {
    const { replica, misconduct, onError, patienceMs = FETCH_PATIENCE_MS } = init
    this.#init = init
    this.#fetcher = new FileFetcher({ replica, misconduct, patienceMs, came: this.#came, sources: (ns, cid) => this.#sourcesOf(ns, cid) })
    this.#keeper = init.isRelay ? new FileKeeper({ replica, fetcher: this.#fetcher, onWhole: () => this.#changed.ring(), onError }) : undefined
    this.#unlisten = replica.onCommit(({ collections }) => {
      if (!collections.includes('files')) return
      this.#changed.ring()
      this.#keeper?.look()
    })
    this.#keeper?.start()
  }

  async stop(): Promise<void> {
    this.#unlisten()
    await this.#keeper?.stop()
  }

  /** Answers a stream of another peer. */
  async answer(stream: Stream, connection: Connection): Promise<void> {
    const { replica, misconduct, ledgerOf } = this.#init
    const peer = connection.remotePeer.toString()
    const onMisdeed = (misdeed: Parameters<Misconduct['note']>[1]): void => misconduct.note(peer, misdeed)
    const count = connection.streams.filter(({ direction, protocol }) => direction === 'inbound' && protocol === stream.protocol).length
    if (count > MAX_INBOUND_FILE_STREAMS) {
      onMisdeed('too-many-streams')
      stream.abort(new DocstoreError('too-many-streams', `One connection has at most ${MAX_INBOUND_FILE_STREAMS} streams for files`))
      return
    }
    const responder = new FileResponder({
      replica,
      changed: this.#changed,
      given: this.#given,
      ledger: ledgerOf(peer),
      peer,
      onHolder: (ns, cid) => this.#offered(peer, ns, cid),
      onMisdeed,
    })
    await answerStream(stream, responder, onMisdeed, { maxFrameBytes: MAX_REQUEST_BYTES })
  }

  /** A peer came that keeps a namespace, or any. */
  came(ns?: string): void {
    this.#came.ring()
    this.#keeper?.came(ns)
  }

  /** A peer has left. */
  left(peer: string): void {
    this.#given.forget(peer)
  }

  /** Fetches what is not here of a range. Throws as `FileFetcher.fetch`. */
  fetch({ signal, ...file }: FetchedFile & { readonly signal?: AbortSignal }): Promise<void> {
    return this.#fetcher.fetch(file, { signal: either(this.#init.ended, signal) })
  }

  /** Resolves with the relays that have all of a file, once they are `copies`. Throws `not-found`, and `not-delivered` when nothing moves for so long. */
  async whenDelivered({ ns, cid, copies, timeoutMs, signal }: AwaitedCopies): Promise<readonly string[]> {
    const { replica, isRelay, ended, libp2p } = this.#init
    const file = await replica.file(ns, cid)
    if (file === undefined) throw new DocstoreError('not-found', `No document of the namespace names the file ${cid}`)
    const own = isRelay && file.state === 'whole' ? [libp2p.peerId.toString()] : []
    const moved = (): number => this.#init.relays().reduce((sum, peer) => sum + this.#given.of(peer), 0)
    const others = await patiently({ timeoutMs, moved, onChange: (listener) => this.#given.on(listener) }, (idle) =>
      this.#delivered({ ns, cid, size: file.size }, copies - own.length, AbortSignal.any([idle, either(ended, signal)])),
    )
    signal?.throwIfAborted()
    const holders = [...own, ...others]
    if (holders.length >= copies) return holders
    throw new DocstoreError(
      'not-delivered',
      `${holders.length} of ${copies} relays had all of the file within the time. It is safe here, and they fetch the rest when they are connected`,
      { details: { copies: holders.length } },
    )
  }

  /** The relays that have all of it, once they are so many or the signal aborts. */
  async #delivered(
    file: { readonly ns: string; readonly cid: string; readonly size: number },
    copies: number,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const holders = new Set<string>()
    const asking = new Set<string>()
    const done = new AbortController()
    const end = AbortSignal.any([signal, done.signal])
    const ask = async (source: FileSource): Promise<void> => {
      try {
        if (await source.hasWhole({ ...file, wait: MAX_WHOLE_WAIT_MS }, end)) holders.add(source.peer)
      } catch (error) {
        // Who does not speak of files is not asked again; others come back.
        await delay(errorCode(error) === 'unsupported-protocol' ? MAX_WHOLE_WAIT_MS : ASK_PAUSE_MS, end)
      } finally {
        asking.delete(source.peer)
        this.#changed.ring()
      }
    }
    try {
      for (;;) {
        const changed = this.#changed.next(AbortSignal.any([end, AbortSignal.timeout(ASK_PAUSE_MS)]))
        for (const source of this.#connected(this.#init.relays())) {
          if (holders.has(source.peer) || asking.has(source.peer)) continue
          asking.add(source.peer)
          void ask(source)
        }
        if (holders.size >= copies || signal.aborted) return [...holders]
        await changed
      }
    } finally {
      done.abort()
    }
  }

  #offered(peer: string, ns: string, cid: string): void {
    this.#holders.delete(cid)
    this.#holders.set(cid, peer)
    if (this.#holders.size > MAX_REMEMBERED_FILES) this.#holders.delete(this.#holders.keys().next().value ?? cid)
    this.#came.ring()
    this.#keeper?.offered(ns, cid)
  }

  #sourcesOf(ns: string, cid: string): readonly FileSource[] {
    const holder = this.#holders.get(cid)
    return this.#connected([...(holder === undefined ? [] : [holder]), ...this.#init.keepers(ns)])
  }

  /** Those of the peers that are connected, each once. Limited connections are a relay's favour, not a way for files. */
  #connected(peers: readonly string[]): readonly FileSource[] {
    const connections = new Map<string, Connection>()
    for (const connection of this.#init.libp2p.getConnections())
      if (connection.status === 'open' && connection.limits === undefined) connections.set(connection.remotePeer.toString(), connection)
    return [...new Set(peers)].flatMap((peer) => {
      const connection = connections.get(peer)
      return connection === undefined ? [] : [this.#sourceOf(connection)]
    })
  }

  #sourceOf(connection: Connection): FileSource {
    const source = this.#sources.get(connection) ?? new FileSource(connection, this.#init.networkId, this.#slots)
    this.#sources.set(connection, source)
    return source
  }
}

function either(ended: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? ended : AbortSignal.any([ended, signal])
}
