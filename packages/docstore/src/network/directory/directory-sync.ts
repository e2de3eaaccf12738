import type { Connection, IdentifyResult } from '@libp2p/interface'
import { compareReply, decodeQuestion, decodeReply, type Difference, DocstoreError, errorCode, EVERYTHING, questionAbout } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import type { DocstoreLibp2p } from '../transport/index.ts'
import type { Misdeed } from '../admission/index.ts'
import type { Directory } from './directory.ts'
import { type DirectoryExchange, directoryProtocol, openDirectory } from './directory-protocol.ts'
import { addAll, entriesIn, run } from './exchanging.ts'
import { COMPARE_INTERVAL_MS, MAX_COMPARE_INTERVALS, MAX_FETCHED, MAX_QUESTIONS, NEWS_INTERVAL_MS } from './limits.ts'

/** How long one comparison may take, milliseconds. */
const COMPARE_TIMEOUT_MS = 30_000
/** How long a comparison that is under way when this peer ends may still take, milliseconds: a command that runs for a second learns of other relays by its only one. */
const SETTLE_MS = 500
/** Connections over which directories are compared: those to relays, and to a few peers. */
const MAX_COMPARED = 32
const SLOT_BYTES = 16

/** What comparing directories takes. */
export interface DirectorySyncInit {
  readonly libp2p: DocstoreLibp2p
  readonly networkId: string
  readonly directory: Directory
  readonly onMisdeed: (peer: string, misdeed: Misdeed) => void
  /** Milliseconds between two comparisons with one peer. */
  readonly intervalMs?: number
}

/**
 * Keeps the directory equal with those of connected peers. The side that dialled compares, at once and then now and again; who heard of
 * new peers does it soon, also with relays that dialled it, so that news cross a line of relays in seconds. Gossip is faster where it reaches.
 */
export class DirectorySync {
  readonly #init: DirectorySyncInit
  readonly #protocol: string
  readonly #intervalMs: number
  readonly #ended = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  readonly #comparing = new Set<Promise<void>>()
  /** How to make those compare sooner that wait for their time. */
  readonly #wake = new Map<string, () => void>()

  constructor(init: DirectorySyncInit) {
    this.#init = init
    this.#protocol = directoryProtocol(init.networkId)
    this.#intervalMs = init.intervalMs ?? COMPARE_INTERVAL_MS
    init.libp2p.addEventListener('peer:identify', this.#onIdentify)
  }

  /** To be called before connections are closed: comparisons that are under way come to their end, unless that takes long. */
  async settle(): Promise<void> {
    await Promise.race([Promise.all(this.#comparing), ...(this.#comparing.size === 0 ? [] : [delay(SETTLE_MS, this.#ended.signal)])])
  }

  async stop(): Promise<void> {
    this.#init.libp2p.removeEventListener('peer:identify', this.#onIdentify)
    this.#ended.abort()
    await Promise.all(this.#running.values())
  }

  /** This peer has told us of others that we had not heard of. */
  news(from: string): void {
    for (const [peer, wake] of this.#wake) if (peer !== from) wake()
    const { directory, libp2p } = this.#init
    for (const connection of libp2p.getConnections()) {
      const peer = connection.remotePeer.toString()
      if (connection.direction === 'inbound' && peer !== from && directory.peer(peer)?.isRelay === true) this.#begin(connection, { isOnce: true })
    }
  }

  readonly #onIdentify = ({ detail: { connection, protocols } }: CustomEvent<IdentifyResult>): void => {
    if (connection.direction === 'outbound' && protocols.includes(this.#protocol)) this.#begin(connection, { isOnce: false })
  }

  #begin(connection: Connection, { isOnce }: { isOnce: boolean }): void {
    const peer = connection.remotePeer.toString()
    const isOffered = this.#init.libp2p.services.doorkeeper.offers(connection, 'directory')
    const isUsable = connection.status === 'open' && connection.limits === undefined && isOffered
    if (!isUsable || this.#ended.signal.aborted || this.#running.has(peer) || this.#running.size >= MAX_COMPARED) return
    this.#running.set(
      peer,
      this.#keepEqual(connection, peer, isOnce).finally(() => {
        this.#running.delete(peer)
        this.#wake.delete(peer)
      }),
    )
  }

  async #keepEqual(connection: Connection, peer: string, isOnce: boolean): Promise<void> {
    const closed = new AbortController()
    const onClose = (): void => closed.abort()
    connection.addEventListener('close', onClose, { once: true })
    const signal = AbortSignal.any([this.#ended.signal, closed.signal])
    let intervals = 1
    try {
      for (;;) {
        const news = new AbortController()
        this.#wake.set(peer, () => news.abort())
        const comparing = this.#compare(connection, peer, AbortSignal.any([signal, AbortSignal.timeout(COMPARE_TIMEOUT_MS)]))
        const settled = comparing.then(() => undefined)
        this.#comparing.add(settled)
        const isEqual = await comparing.finally(() => this.#comparing.delete(settled))
        // News come by gossip: this finds what did not, and of many clients that find nothing each costs the relay as much as all else of it.
        intervals = isEqual ? Math.min(2 * intervals, MAX_COMPARE_INTERVALS) : 1
        // Peers that began together do not go on together.
        const pause = this.#intervalMs * intervals * (0.8 + 0.4 * Math.random())
        await delay(Math.min(NEWS_INTERVAL_MS, pause), signal)
        if (isOnce && !news.signal.aborted) return
        await delay(Math.max(0, pause - NEWS_INTERVAL_MS), AbortSignal.any([signal, news.signal]))
        if (signal.aborted) return
      }
    } finally {
      connection.removeEventListener('close', onClose)
    }
  }

  /** Resolves with whether both were equal already. */
  async #compare(connection: Connection, peer: string, signal: AbortSignal): Promise<boolean> {
    const { directory, networkId, onMisdeed, libp2p } = this.#init
    let exchange: DirectoryExchange | undefined
    const close = (): void => exchange?.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      const opened = await openDirectory(connection, networkId, signal)
      exchange = opened
      let isEqual = true
      const differing = <T>(step: Promise<T>): Promise<T> => {
        isEqual = false
        return step
      }
      const watched: Pick<DirectoryExchange, 'ask' | 'fetch' | 'put'> = {
        ask: (question) => opened.ask(question),
        fetch: (slots) => differing(opened.fetch(slots)),
        put: (entries) => differing(opened.put(entries)),
      }
      if (await compareDirectories(directory, watched, { peer, onMisdeed: (misdeed) => onMisdeed(peer, misdeed) })) this.news(peer)
      return isEqual
    } catch (error) {
      if (errorCode(error) === 'bad-response') onMisdeed(peer, 'malformed')
      // The connection goes, or the other side is busy: there is another comparison, or another connection.
      else libp2p.logger.forComponent('docstore:directory')('comparing with %s failed - %e', peer, error)
      return false
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  }
}

/** Makes two directories equal, as far as there is room; resolves with whether there were peers here that nobody had heard of. Throws `bad-response`. */
export async function compareDirectories(
  directory: Directory,
  exchange: Pick<DirectoryExchange, 'ask' | 'fetch' | 'put'>,
  { peer, onMisdeed }: { peer: string; onMisdeed: (misdeed: Misdeed) => void },
): Promise<boolean> {
  directory.expire()
  let isNews = false
  let question: Uint8Array | undefined = questionAbout(directory.tree, [EVERYTHING])
  for (let asked = 0; question !== undefined && asked < MAX_QUESTIONS; asked++) {
    const { next, need, have }: Difference = differenceTo(directory, question, await exchange.ask(question))
    if (await fetchAll(directory, exchange, need, { peer, onMisdeed })) isNews = true
    await putAll(directory, exchange, have)
    question = next
  }
  return isNews
}

function differenceTo(directory: Directory, question: Uint8Array, answer: Uint8Array): Difference {
  const asked = decodeQuestion(question)
  const reply = asked.ok ? decodeReply(answer, asked.value) : asked
  if (!asked.ok || !reply.ok) throw badResponse('a reply that does not fit the question')
  return run(compareReply(directory.tree, asked.value, reply.value, Math.random))
}

async function fetchAll(
  directory: Directory,
  exchange: Pick<DirectoryExchange, 'fetch'>,
  need: Uint8Array,
  { peer, onMisdeed }: { peer: string; onMisdeed: (misdeed: Misdeed) => void },
): Promise<boolean> {
  let isNews = false
  for (let at = 0; at < need.length; ) {
    const { entries, taken } = await exchange.fetch(need.subarray(at, at + MAX_FETCHED * SLOT_BYTES))
    if (taken === 0 || entries.length > taken) throw badResponse('entries that were not asked for')
    at += taken * SLOT_BYTES
    const added = await addAll(directory, entries, peer, onMisdeed)
    if (added.includes('new')) isNews = true
    // The rest would find no room either.
    if (entries.length > 0 && added.every((one) => one === 'full')) break
  }
  return isNews
}

async function putAll(directory: Directory, exchange: Pick<DirectoryExchange, 'put'>, have: Uint8Array): Promise<void> {
  for (let at = 0; at < have.length; ) {
    const { entries, taken } = entriesIn(directory, have.subarray(at))
    at += taken * SLOT_BYTES
    if (entries.length === 0) continue
    // There is no room for the rest either.
    if ((await exchange.put(entries)) === 0) break
  }
}

function badResponse(what: string): DocstoreError {
  return new DocstoreError('bad-response', `The peer answered what no peer of ours does (${what})`)
}
