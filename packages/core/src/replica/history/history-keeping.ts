import { backgroundTimer } from '../../background-timer.ts'
import { errorCode } from '../../errors.ts'
import type { ReplicaGround } from '../ground.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { Turns } from '../turns.ts'

/** How long earlier versions are kept where the owner of a namespace does not say, days. */
const DEFAULT_DAYS = 30

/** How often those are looked for whose time is over, milliseconds. */
const TIDY_EVERY_MS: number = 60 * 60_000

const DAY_MS: number = 24 * 60 * 60_000

/** Errors of work in the background that will be done later, or that nobody needs any more. */
const NOT_NOW = ['storage-closed', 'closed', 'disk-full', 'storage-busy', 'data-missing', 'storage-read-only']

/** What the keeping of history works with. */
export interface HistoryKeepingInit {
  readonly ground: ReplicaGround
  readonly namespaces: () => Iterable<OpenNamespace>
  /** Whether it is kept only where the owner of a namespace asks for it: at a relay. */
  readonly onlyAsked: boolean
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Keeps earlier versions of documents here, for as long as their namespaces say. */
export class HistoryKeeping {
  readonly #init: HistoryKeepingInit
  readonly #turns = new Turns()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(init: HistoryKeepingInit) {
    this.#init = init
  }

  /** A namespace is here, or its head has changed. To be awaited before anything is written there. Where none are kept any more, they are removed. */
  async follow(open: OpenNamespace): Promise<void> {
    const { ground, onlyAsked } = this.#init
    const days = open.head.head.body.history ?? (onlyAsked ? 0 : DEFAULT_DAYS)
    await ground.storage.keepHistory(open.ns, days > 0)
    if (days === 0 && this.#timer !== undefined) await this.#tidy([open])
  }

  /** Removes what is too old, now and from time to time. */
  start(): void {
    if (this.#isClosed) return
    const { namespaces } = this.#init
    this.#timer = backgroundTimer(() => this.start(), TIDY_EVERY_MS)
    void this.#tidy(namespaces())
  }

  /** Resolves when nothing is done any more. */
  async stop(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#turns.take(async () => undefined)
  }

  /** Failures that will not pass by themselves are reported as uncaught. */
  async #tidy(namespaces: Iterable<OpenNamespace>): Promise<void> {
    try {
      await this.#turns.take(() => this.#removeOld(namespaces))
    } catch (error) {
      if (NOT_NOW.includes(errorCode(error))) return
      queueMicrotask(() => {
        throw error
      })
    }
  }

  async #removeOld(namespaces: Iterable<OpenNamespace>): Promise<void> {
    const { ground, now } = this.#init
    const kept = new Set(await ground.storage.historyNamespaces())
    if (kept.size === 0) return
    // Loaded where there are some.
    const { tidyHistory } = await import('./tidy-history.ts')
    const due = [...namespaces].flatMap(({ ns, head }) => {
      const days = head.head.body.history ?? DEFAULT_DAYS
      return kept.has(ns) ? [{ ns, before: days === 0 ? Number.POSITIVE_INFINITY : now() - days * DAY_MS }] : []
    })
    await tidyHistory(ground, due, () => this.#isClosed)
  }
}
