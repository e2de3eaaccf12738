import { DocstoreError, errorCode, type MissingBlock, type Replica } from '@p2p-docstore/core'
import type { Misconduct } from '../admission/index.ts'
import { Backoff, delay } from '../timing/index.ts'
import type { Bell } from './bell.ts'
import { MAX_FETCH_PAUSE_MS, MAX_SOURCES } from './limits.ts'

/** What is fetched. */
export interface FetchedFile {
  readonly ns: string
  readonly cid: string
  readonly from: number
  readonly to: number
}

/** A peer that is asked for blocks. */
export interface BlockSource {
  readonly peer: string
  /** The bytes that it has under a CID, which may be any; `undefined` where it has none. Throws where it does not answer as peers do. */
  block(cid: string, signal: AbortSignal): Promise<Uint8Array | undefined>
}

/** What fetching takes. */
export interface FileFetcherInit {
  readonly replica: Replica
  /** Those who may have a file, the likeliest first. */
  readonly sources: (ns: string, cid: string) => readonly BlockSource[]
  readonly misconduct: Pick<Misconduct, 'note'>
  /** Rings when somebody came who may be asked. */
  readonly came: Bell
  /** How long a standstill lasts until it is given up, milliseconds. */
  readonly patienceMs: number
}

/** What became of a question. */
type Answer = 'stored' | 'none' | 'failed'

/** Fetches the blocks of files from whoever has them, each checked as it comes and kept at once, so that nothing is fetched twice. */
export class FileFetcher {
  readonly #init: FileFetcherInit

  constructor(init: FileFetcherInit) {
    this.#init = init
  }

  /**
   * Resolves when nothing of the range is missing any more. Throws `file-unavailable` with `asked` after a standstill, at once where `isHasty`;
   * `not-found` where the document is gone; `bad-file`; `disk-full`; and the reason of the signal.
   */
  async fetch(
    { ns, cid, from, to }: FetchedFile,
    { signal, isHasty = false }: { readonly signal: AbortSignal; readonly isHasty?: boolean },
  ): Promise<void> {
    const { replica, came, patienceMs } = this.#init
    const sources = new Sources(this.#init.sources)
    const backoff = new Backoff()
    let movedAt = performance.now()
    for (;;) {
      signal.throwIfAborted()
      const missing = await replica.missingBlocks(ns, cid, { from, to })
      if (missing.length === 0) return
      sources.look(ns, cid)
      const stored = await this.#fetchAll(missing, { ns, cid, sources, signal })
      if (stored > 0) {
        movedAt = performance.now()
        backoff.reset()
        continue
      }
      const left = patienceMs - (performance.now() - movedAt)
      if (isHasty || left <= 0) throw unavailable(cid, sources.asked)
      const pause = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(left))])
      await Promise.race([delay(Math.min(backoff.fail(), MAX_FETCH_PAUSE_MS), pause), came.next(pause)])
      sources.forgive()
    }
  }

  /** Asks for these blocks, each of one source after the other; resolves with how many came. */
  async #fetchAll(
    missing: readonly MissingBlock[],
    { ns, cid, sources, signal }: { readonly ns: string; readonly cid: string; readonly sources: Sources; readonly signal: AbortSignal },
  ): Promise<number> {
    const failed = new AbortController()
    const end = AbortSignal.any([signal, failed.signal])
    let stored = 0
    const fetchOne = async (block: MissingBlock): Promise<void> => {
      for (const source of sources.inTurn(block)) {
        if (end.aborted) return
        const answer = await this.#ask(source, block, { ns, cid, signal: end })
        if (answer === 'stored') {
          stored++
          return
        }
        sources.failed(source, block, answer)
      }
    }
    const work = missing.map((block) =>
      fetchOne(block).catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    )
    const settled = await Promise.allSettled(work)
    const rejected = settled.find((one) => one.status === 'rejected')
    if (rejected !== undefined) throw failed.signal.aborted ? failed.signal.reason : rejected.reason
    signal.throwIfAborted()
    return stored
  }

  /** Errors of the source are answers; those of our own storage, and what the bytes say of the document, end the fetch. */
  async #ask(source: BlockSource, block: MissingBlock, { ns, cid, signal }: { ns: string; cid: string; signal: AbortSignal }): Promise<Answer> {
    const { replica, misconduct } = this.#init
    let bytes: Uint8Array | undefined
    try {
      bytes = await source.block(block.cid, signal)
    } catch (error) {
      if (errorCode(error) === 'protocol') misconduct.note(source.peer, 'malformed')
      return 'failed'
    }
    if (bytes === undefined) return 'none'
    if (await replica.storeBlock(ns, cid, block, bytes)) return 'stored'
    misconduct.note(source.peer, 'forged-block')
    return 'failed'
  }
}

/** Those who are asked for one file. */
class Sources {
  readonly #known: FileFetcherInit['sources']
  readonly #sources = new Map<string, BlockSource>()
  readonly #failed = new Set<string>()
  /** Blocks that a source does not have. */
  readonly #none = new Set<string>()
  readonly #asked = new Set<string>()
  #turn = 0

  constructor(known: FileFetcherInit['sources']) {
    this.#known = known
  }

  /** Peers that were asked and did not have all of it. */
  get asked(): readonly string[] {
    return [...this.#asked]
  }

  /** Takes up those who are connected now. */
  look(ns: string, cid: string): void {
    for (const source of this.#known(ns, cid)) {
      if (this.#sources.size >= MAX_SOURCES) return
      if (!this.#sources.has(source.peer)) this.#sources.set(source.peer, source)
    }
  }

  /** The sources in the order in which they are asked for a block: another one first each time, so that all of them give. */
  *inTurn(block: MissingBlock): Generator<BlockSource, void, undefined> {
    const all = [...this.#sources.values()]
    const first = this.#turn++
    for (let i = 0; i < all.length; i++) {
      const source = all[(first + i) % all.length]
      if (source === undefined || this.#failed.has(source.peer) || this.#none.has(`${source.peer} ${block.cid}`)) continue
      this.#asked.add(source.peer)
      yield source
    }
  }

  failed(source: BlockSource, block: MissingBlock, answer: Answer): void {
    if (answer === 'none') this.#none.add(`${source.peer} ${block.cid}`)
    else this.#failed.add(source.peer)
  }

  /** After a pause all may be asked anew, over their new connections. */
  forgive(): void {
    this.#none.clear()
    this.#failed.clear()
    this.#sources.clear()
  }
}

function unavailable(cid: string, asked: readonly string[]): DocstoreError {
  const who =
    asked.length === 0
      ? 'and nobody is connected who could have it'
      : `and ${asked.length === 1 ? 'the peer that was asked has' : `the ${asked.length} peers that were asked have`} not all of it`
  return new DocstoreError(
    'file-unavailable',
    `Part of the file ${cid} is not here, ${who}. What has come is kept; try again when who put it is connected`,
    {
      details: { asked },
    },
  )
}
