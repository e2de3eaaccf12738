import { DocstoreError, errorCode } from '../errors.ts'
import { MAX_BATCH_BYTES, MAX_NAMESPACES } from '../replica/limits.ts'
import type { Replica } from '../replica/types.ts'
import type { Parts } from '../sets/parts.ts'
import type { Ledger } from './ledger.ts'
import { JOINED_BYTES, MAX_JOINED } from './limits.ts'
import type { Followed, NamespaceNews, Response } from './messages.ts'
import { isMove, type NamespaceMoves } from './namespace-moves.ts'
import { Wake } from './wake.ts'

/** Stands for the list of namespaces itself, where one can be followed; its position is how many there are, and how many have come or gone (`NamespaceMoves`): it never falls. */
export const ALL_NAMESPACES = ''

/** What is asked for news. */
export interface NewsSource {
  readonly replica: Replica
  readonly ledger: Ledger
  readonly moves: NamespaceMoves
  /** Time beyond which the other side surely accepts nothing, where its clock is known. */
  readonly latest?: () => number | undefined
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * What one stream follows, and which of that may have news: only those namespaces are looked at, so that a change costs the same however many are
 * followed. Namespaces are answered in turn.
 */
export class NewsQueue {
  readonly #source: NewsSource
  readonly #positions = new Map<string, number>()
  /** Of which parts the other side is told, of those of which it is not told all. */
  readonly #parts = new Map<string, Parts>()
  /** Namespaces that changed, or whose position was moved, since they were last looked at; who waits longest is the first. */
  readonly #fresh = new Set<string>()
  /** Namespaces whose head has changed since the other side was last told. */
  readonly #newHeads = new Set<string>()
  /** Namespaces that were not looked at since the other side began to follow them. */
  readonly #unseen = new Set<string>()
  readonly #wake = new Wake()
  /** What the last answer had besides its first namespace. */
  #told: readonly NamespaceNews[] = []
  /** Whether the other side reads news of several namespaces at once: who does not takes up only the first. */
  #joins = true

  /** The signal aborts when the stream is over. */
  constructor(source: NewsSource, signal: AbortSignal) {
    this.#source = source
    if (signal.aborted) return
    const unlisten = source.replica.onCommit((event) => {
      const { namespace, head } = event
      if (head === true && this.#positions.has(namespace)) this.#newHeads.add(namespace)
      if (isMove(event)) this.#freshen(ALL_NAMESPACES)
      this.#freshen(namespace)
    })
    signal.addEventListener('abort', unlisten, { once: true })
  }

  /** Follows these from their positions on. Throws `too-large` where they would be too many. */
  follow(wants: readonly Followed[]): void {
    const left = new Set(wants.filter(({ since }) => since === Number.MAX_SAFE_INTEGER).map(({ ns }) => ns))
    const added = new Set(wants.map(({ ns }) => ns).filter((ns) => !left.has(ns) && !this.#positions.has(ns)))
    // One more than there can be namespaces: their list is followed too.
    if (this.#positions.size + added.size > MAX_NAMESPACES + 1)
      throw new DocstoreError('too-large', `One stream follows at most ${MAX_NAMESPACES} namespaces`)
    for (const { ns, since, parts } of wants) {
      if (left.has(ns)) for (const one of [this.#positions, this.#parts, this.#fresh, this.#newHeads, this.#unseen]) one.delete(ns)
      else {
        if (parts === undefined) this.#parts.delete(ns)
        else this.#parts.set(ns, parts)
        this.#positions.set(ns, since)
        this.#fresh.add(ns)
        if (added.has(ns)) this.#unseen.add(ns)
      }
    }
    if (this.#told.length > 0 && !this.#told.some(({ ns, seq }) => left.has(ns) || (this.#positions.get(ns) ?? 0) >= seq)) this.#joins = false
    this.#told = []
  }

  /**
   * Namespaces with records that the other side may not have, as soon as there is one, or `idle` after `waitMs`. What came from the other side
   * itself is no news; its positions are moved past that. All other positions stay until `follow` moves them: the answer may be lost.
   */
  async next(waitMs: number, signal: AbortSignal): Promise<Response> {
    const ended = new AbortController()
    const stop = (): void => ended.abort()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    let isOver = waitMs === 0
    const timeout = isOver
      ? Promise.resolve()
      : this.#source.delay(waitMs, ended.signal).finally(() => {
          isOver = true
          this.#wake.ring()
        })
    try {
      for (;;) {
        const [first, ...also] = await this.#collect()
        if (first !== undefined) {
          this.#told = also
          return { t: 'news', ...first, ...(also.length === 0 ? {} : { also }) }
        }
        if (isOver) return { t: 'idle' }
        await this.#wake.wait()
      }
    } finally {
      signal.removeEventListener('abort', stop)
      ended.abort()
      await timeout
    }
  }

  #freshen(ns: string): void {
    if (!this.#positions.has(ns)) return
    this.#fresh.add(ns)
    this.#wake.ring()
  }

  /** News of as many namespaces as go together into one answer. Those stay fresh until their positions are moved. */
  async #collect(): Promise<readonly NamespaceNews[]> {
    const found: NamespaceNews[] = []
    let bytes = 0
    let left = this.#fresh.size
    for (const ns of this.#fresh) {
      if (left-- === 0) break
      // Before it is looked at, so that no change falls between.
      this.#fresh.delete(ns)
      let news: NamespaceNews | undefined
      try {
        news = await this.#look(ns, MAX_BATCH_BYTES - bytes)
      } catch (error) {
        this.#fresh.add(ns)
        throw error
      }
      if (news === undefined) continue
      this.#fresh.add(ns)
      found.push(news)
      bytes += news.batch?.length ?? 0
      if (!this.#joins || news.more || bytes >= JOINED_BYTES || found.length >= MAX_JOINED) break
    }
    return found
  }

  async #look(ns: string, maxBytes: number): Promise<NamespaceNews | undefined> {
    const { replica, ledger, moves, latest } = this.#source
    const since = this.#positions.get(ns) ?? 0
    const isFirst = this.#unseen.delete(ns)
    const last = ns === ALL_NAMESPACES ? (await replica.namespaceIds()).length + moves.count : await lastSeq(replica, ns)
    if (last <= since) return undefined
    if (ns === ALL_NAMESPACES) return { ns, batch: null, seq: last, more: false }
    // A head has a position of its own. The other side compares, which brings it, and all that its position passes over here. One that came between its
    // comparison and this stream was not noted here.
    if (this.#newHeads.delete(ns) || (isFirst && (await replica.headSeq(ns)) > since)) return { ns, batch: null, seq: since + 1, more: false }
    const { batch, seq, more } = await ledger.batchSince(replica, ns, since, { maxBytes, latest: latest?.(), parts: this.#parts.get(ns) })
    if (batch !== undefined) return { ns, batch, seq, more }
    // The last position has no record: it is that of a head which came before the other side followed.
    if (!more && seq < last) return { ns, batch: null, seq: last, more: false }
    this.#positions.set(ns, seq)
    // Much may lie between two records of some parts: it is looked at further after the others.
    if (more) this.#freshen(ns)
    return undefined
  }
}

/** Position of a namespace, 0 where it is not here yet: who follows it is told when it comes. */
async function lastSeq(replica: Replica, ns: string): Promise<number> {
  try {
    return await replica.lastSeq(ns)
  } catch (error) {
    if (errorCode(error) === 'unknown-namespace') return 0
    throw error
  }
}
