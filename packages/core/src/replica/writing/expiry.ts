import { backgroundTimer } from '../../background-timer.ts'
import { DocstoreError, errorCode } from '../../errors.ts'
import { fromUtf8, utf8 } from '../../model/bytes.ts'
import { msFromTime } from '../../model/clock.ts'
import type { ExpiredDocument } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import { EXPIRE_PAGE, MAX_EXPIRY_SLEEP_MS } from '../limits.ts'

/** Key of the time of the last sweep. */
const SWEPT = 'expiry-swept'
const NEVER: number = Number.POSITIVE_INFINITY

/** Errors after which there may be another chance: a full disk, say. */
const PASSING: ReadonlySet<string> = new Set(['disk-full', 'data-missing', 'storage-read-only'])

/** Who has to know of what expires. */
export interface ExpiryInit {
  /** The id of a namespace by its number, where it is here. */
  readonly idOf: (ns: number) => string | undefined
  /** Called when records of a namespace, by its number, were removed. */
  readonly onRemoved: (ns: number) => Promise<void>
  /** What else holds contents that expire. */
  readonly beside: () => ExpiringBeside | undefined
}

/** Contents that expire and lie in no namespace now. */
export interface ExpiringBeside {
  /** Hybrid time at which the first of them does. */
  readonly nextExpiry: number
  /** Erases those that have. */
  expire(now: number): Promise<void>
}

/**
 * Erases what records said that expire, when they do. Whoever reads looks first, so that nothing is seen after its time, also where a machine
 * has slept; the timer is for the disk, and for those who listen.
 */
export class Expiry {
  readonly #ground: ReplicaGround
  readonly #init: ExpiryInit
  /** Hybrid time of the last sweep that any process made here: if the clock says less now, it was wrong then. */
  #sweptAt = 0
  /** Hybrid time at which something expires next. */
  #next = NEVER
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> | undefined
  #isStopped = false
  /** Until when nothing is tried, on the clock of `performance`. */
  #restsUntil = 0

  constructor(ground: ReplicaGround, init: ExpiryInit) {
    this.#ground = ground
    this.#init = init
  }

  /** Finds out what expires next. */
  async load(): Promise<void> {
    const { storage } = this.#ground
    const swept = await storage.getMeta(SWEPT)
    this.#sweptAt = swept === undefined ? 0 : Number(fromUtf8(swept))
    this.note((await storage.nextExpiry()) ?? NEVER)
    if (this.#wasAhead) await this.sweep()
    else this.#arm()
  }

  /** Something was stored that expires then. */
  note(exp: number): void {
    if (exp >= this.#next) return
    this.#next = exp
    this.#arm()
  }

  /** Whether something has expired that is still here, or is gone though it has not. */
  get isDue(): boolean {
    if ((this.#next === NEVER && this.#sweptAt === 0) || performance.now() < this.#restsUntil) return false
    return this.#next <= this.#ground.clock.wall() || this.#wasAhead
  }

  /** Whether the last sweep was made under a clock that was ahead by more than records of others may be. */
  get #wasAhead(): boolean {
    return this.#sweptAt > this.#ground.latest()
  }

  /** Erases what has expired; several calls share one run. Where nothing can be written now, it is tried again later, and reads go on. */
  sweep(): Promise<void> {
    this.#running ??= this.#sweep()
      .catch((error: unknown) => {
        if (!(error instanceof DocstoreError) || !PASSING.has(error.code)) throw error
        this.#restsUntil = performance.now() + MAX_EXPIRY_SLEEP_MS
      })
      .finally(() => {
        this.#running = undefined
        this.#arm()
      })
    return this.#running
  }

  async #sweep(): Promise<void> {
    const { storage, clock, pause } = this.#ground
    if (this.#wasAhead) await this.#takeBack()
    while (this.isDue && !this.#isStopped) {
      // Noted before anything is erased: the process may end right after that.
      if (clock.wall() > this.#sweptAt) await this.#noteSwept(clock.wall())
      this.#tell(await storage.expire(clock.wall(), EXPIRE_PAGE))
      await this.#init.beside()?.expire(clock.wall())
      this.#next = Math.min((await storage.nextExpiry()) ?? NEVER, this.#init.beside()?.nextExpiry ?? NEVER)
      if (this.isDue) await pause()
    }
  }

  /** What was erased too early comes again from others. */
  async #takeBack(): Promise<void> {
    const { storage, latest, pause } = this.#ground
    for (;;) {
      const changed = await storage.takeBackExpired(latest(), EXPIRE_PAGE)
      if (changed.length === 0) break
      for (const ns of changed) await this.#init.onRemoved(ns)
      await pause()
    }
    await this.#noteSwept(latest())
  }

  async #noteSwept(time: number): Promise<void> {
    await this.#ground.storage.setMeta(SWEPT, utf8(String(time)))
    this.#sweptAt = time
  }

  #tell(expired: readonly ExpiredDocument[]): void {
    const { news } = this.#ground
    const byNamespace = new Map<number, ExpiredDocument[]>()
    for (const one of expired) byNamespace.set(one.ns, [...(byNamespace.get(one.ns) ?? []), one])
    for (const [ns, all] of byNamespace) {
      const namespace = this.#init.idOf(ns)
      const gone = all.flatMap((one) => one.gone ?? [])
      if (gone.length > 0) news.gone(ns, gone)
      const seqs = all.map(({ seq }) => seq)
      const collections = [...new Set(all.flatMap(({ collection }) => collection ?? []))]
      if (namespace !== undefined) news.tell({ namespace, from: Math.min(...seqs) - 1, to: Math.max(...seqs), collections })
    }
    news.erased()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if ((this.#next === NEVER && this.#sweptAt === 0) || this.#isStopped) return
    const rest = this.#restsUntil - performance.now()
    const wait = Math.max(msFromTime(this.#next) - msFromTime(this.#ground.clock.wall()), rest, 0)
    // Not for longer at a time: clocks are set, and machines sleep.
    this.#timer = backgroundTimer(() => this.#onTimer(), Math.min(wait, MAX_EXPIRY_SLEEP_MS))
  }

  #onTimer(): void {
    if (!this.isDue) return this.#arm()
    this.sweep().catch((error: unknown) => {
      // Whatever else it is, is reported as uncaught.
      if (!this.#isStopped && errorCode(error) !== 'storage-closed') throw error
    })
  }

  /** Ends it; resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running?.catch(() => undefined)
  }
}
