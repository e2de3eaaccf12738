import { errorCode, type PartialFileFacts, type Replica } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { Bell } from './bell.ts'
import type { FileFetcher } from './file-fetcher.ts'
import {
  FULL_PAUSE_MS,
  KEPT_PAGE,
  MAX_KEEP_PAUSE_MS,
  MAX_KEPT_AT_ONCE,
  MAX_PAGES_AT_ONCE,
  MAX_REMEMBERED_FILES,
  MIN_KEEP_PAUSE_MS,
  NOBODY_PAUSE_MS,
} from './limits.ts'

/** What keeping files takes. */
export interface FileKeeperInit {
  readonly replica: Replica
  readonly fetcher: FileFetcher
  /** Called when a file has become whole. */
  readonly onWhole: () => void
  readonly onError: (error: unknown) => void
}

/** A file that nobody had when it was last asked for. */
interface Pause {
  readonly failures: number
  readonly since: number
  readonly until: number
}

/** At a relay: fetches all files that documents here name, a few at a time, and asks for those that nobody has more and more rarely. */
export class FileKeeper {
  readonly #init: FileKeeperInit
  readonly #ended = new AbortController()
  /** Rings when there may be something to do. */
  readonly #bell = new Bell()
  readonly #keeping = new Set<string>()
  readonly #pauses = new Map<string, Pause>()
  /** Files that somebody says to have: they come first. */
  readonly #offered = new Map<string, { readonly ns: string; readonly cid: string }>()
  /** When somebody last came who keeps a namespace, or any. */
  readonly #came = new Map<string, number>()
  #someoneCame = 0
  #fullUntil = 0
  #position = 0
  /** Whether the last look ended before it had seen all. */
  #isLookCut = false
  #running: Promise<void> | undefined

  constructor(init: FileKeeperInit) {
    this.#init = init
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.#bell.ring()
    await this.#running
  }

  /** Documents that name files have changed. */
  look(): void {
    this.#bell.ring()
  }

  /** Somebody says to have a file. */
  offered(ns: string, cid: string): void {
    remember(this.#offered, keyOf({ ns, cid }), { ns, cid })
    this.#pauses.delete(keyOf({ ns, cid }))
    this.#bell.ring()
  }

  /** Somebody came who keeps a namespace, or any. */
  came(ns?: string): void {
    if (ns === undefined) this.#someoneCame = performance.now()
    else remember(this.#came, ns, performance.now())
    this.#bell.ring()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    const running = new Set<Promise<void>>()
    while (!signal.aborted) {
      const rested = new AbortController()
      const end = AbortSignal.any([signal, rested.signal])
      const rung = Promise.race([this.#bell.next(end), delay(this.#restMs(), end)])
      try {
        for (const file of await this.#due(MAX_KEPT_AT_ONCE - running.size)) {
          const work = this.#keep(file).finally(() => {
            running.delete(work)
            this.#bell.ring()
          })
          running.add(work)
        }
      } catch (error) {
        // Tried again after the pause.
        if (!signal.aborted) this.#init.onError(error)
      }
      await rung
      rested.abort()
    }
    await Promise.allSettled(running)
  }

  /** How long there can be nothing to do, milliseconds. */
  #restMs(): number {
    if (this.#isLookCut) return MIN_KEEP_PAUSE_MS
    const now = performance.now()
    let next = now + MAX_KEEP_PAUSE_MS
    for (const { until } of this.#pauses.values()) next = Math.min(next, until)
    return Math.ceil(Math.max(MIN_KEEP_PAUSE_MS, next - now, this.#fullUntil - now))
  }

  /** Files to fetch now, so many at most: those that are offered, then the next ones in their order. */
  async #due(count: number): Promise<readonly { readonly ns: string; readonly cid: string }[]> {
    const due: { readonly ns: string; readonly cid: string }[] = []
    if (count <= 0 || performance.now() < this.#fullUntil) return due
    for (const [key, file] of this.#offered) {
      if (due.length >= count) return due
      this.#offered.delete(key)
      if (!this.#keeping.has(key)) due.push(file)
    }
    // From where the last look ended, once around at most. Where there are very many, the next look goes on from there.
    const began = this.#position
    let hasTurned = false
    this.#isLookCut = true
    for (let pages = 0; pages < MAX_PAGES_AT_ONCE; pages++) {
      const page = await this.#init.replica.partialFiles(this.#position, KEPT_PAGE)
      for (const file of page) {
        if (due.length >= count) return due
        this.#position = file.position
        if (this.#isDue(file) && !due.some((one) => keyOf(one) === keyOf(file))) due.push(file)
      }
      const isAround = hasTurned && (page.length === 0 || this.#position >= began)
      if (page.length === 0) this.#position = 0
      if (isAround || (page.length === 0 && began === 0)) {
        this.#isLookCut = false
        return due
      }
      hasTurned ||= page.length === 0
    }
    return due
  }

  #isDue(file: PartialFileFacts): boolean {
    if (this.#keeping.has(keyOf(file))) return false
    const pause = this.#pauses.get(keyOf(file))
    return pause === undefined || pause.until <= performance.now() || Math.max(this.#someoneCame, this.#came.get(file.ns) ?? 0) > pause.since
  }

  async #keep({ ns, cid }: { readonly ns: string; readonly cid: string }): Promise<void> {
    const { replica, fetcher, onWhole, onError } = this.#init
    const key = keyOf({ ns, cid })
    this.#keeping.add(key)
    try {
      const file = await replica.file(ns, cid)
      if (file?.state !== 'partial') return
      await fetcher.fetch({ ns, cid, from: 0, to: file.size }, { signal: this.#ended.signal, isHasty: true })
      this.#pauses.delete(key)
      onWhole()
    } catch (error) {
      if (this.#ended.signal.aborted) return
      const code = errorCode(error)
      if (code === 'disk-full') this.#fullUntil = performance.now() + FULL_PAUSE_MS
      this.#pause(key)
      // What is deleted meanwhile, is a lie, or is at nobody, is no fault of this peer.
      if (!['not-found', 'bad-file', 'file-unavailable', 'disk-full'].includes(code)) onError(error)
      if (code === 'bad-file') onWhole()
      if (code === 'file-unavailable') await delay(NOBODY_PAUSE_MS, this.#ended.signal)
    } finally {
      this.#keeping.delete(key)
    }
  }

  #pause(key: string): void {
    const failures = (this.#pauses.get(key)?.failures ?? 0) + 1
    const now = performance.now()
    remember(this.#pauses, key, { failures, since: now, until: now + Math.min(MAX_KEEP_PAUSE_MS, MIN_KEEP_PAUSE_MS * 2 ** (failures - 1)) })
  }
}

function keyOf({ ns, cid }: { readonly ns: string; readonly cid: string }): string {
  return `${ns} ${cid}`
}

/** Sets a value; where there are very many, the oldest goes. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_REMEMBERED_FILES) map.delete(map.keys().next().value ?? key)
}
