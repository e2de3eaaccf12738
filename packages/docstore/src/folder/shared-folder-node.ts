import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DocstoreError, errorCode, type CommitEvent } from '@p2p-docstore/core'
import type { DocstoreOptions } from '../create-node.ts'
import { TopicCounts } from '../network/topic-counts.ts'
import type { NetworkEvents } from '../network/types.ts'
import { askForHandOver, attach } from './attach-node.ts'
import { type HandOverReason, type Opened, OWNER_RETRY_MS, OWNER_TIMEOUT_MS } from './opened.ts'
import { own } from './own-node.ts'
import { socketPath } from './socket-path-node.ts'

/** Pause before another try to open a folder again whose owner ended, milliseconds. */
const REOPEN_PAUSE_MS = 1000

type Listeners<T> = Set<(payload: T) => void>

/**
 * A data folder that several processes use at once. One owns it: the first to come, or a relay. The others work through the owner, and
 * when it ends one of them becomes the owner. Calls and listeners go on over such a change.
 */
export class SharedFolder {
  readonly commits: Listeners<CommitEvent> = new Set()
  readonly events: { readonly [K in keyof NetworkEvents]: Listeners<NetworkEvents[K]> } = { peers: new Set(), sync: new Set(), message: new Set() }
  /** What was asked of the network once and has to hold for every owner. */
  readonly wanted: Set<string> = new Set()
  readonly topics: TopicCounts = new TopicCounts()
  readonly #folder: string
  readonly #options: DocstoreOptions
  #opened: Opened | undefined
  #opening: Promise<Opened> | undefined
  #isClosed = false
  /** Attached to owners that have ended. */
  readonly #gone = new WeakSet<Opened>()

  private constructor(folder: string, options: DocstoreOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** Opens a folder. Throws what `createDocstore` says. */
  static async open(folder: string, options: DocstoreOptions): Promise<SharedFolder> {
    const shared = new SharedFolder(resolve(folder), options)
    mkdirSync(shared.#folder, { recursive: true, mode: 0o700 })
    for (;;) {
      try {
        shared.#use(await shared.#openUntil(options))
        return shared
      } catch (error) {
        if (errorCode(error) !== 'owner-gone') throw error
      }
    }
  }

  /** What is open now; nothing while the owner changes. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** Does some work with what is open; repeats it, where that does no harm, when the owner ended during it. */
  async run<T>(work: (opened: Opened) => Promise<T>, { isRepeatable = true }: { isRepeatable?: boolean } = {}): Promise<T> {
    for (;;) {
      const opened = this.#opened ?? (await this.#reopen())
      try {
        return await work(opened)
      } catch (error) {
        const isChanged = this.#opened !== opened || errorCode(error) === 'owner-gone'
        if (!isChanged || !isRepeatable || this.#isClosed) throw error
        this.#lost(opened)
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined))
    await opened?.close()
  }

  /** Works with it from now on. Throws `owner-gone` where that owner has ended already. */
  #use(opened: Opened): void {
    if (this.#gone.has(opened)) throw new DocstoreError('owner-gone', 'The process that held the data ended. Try again')
    this.#opened = opened
    opened.replica.onCommit((event) => {
      for (const listener of this.commits) listener(event)
    })
    opened.network?.on('peers', (event) => this.events.peers.forEach((listener) => listener(event)))
    opened.network?.on('sync', (event) => this.events.sync.forEach((listener) => listener(event)))
    opened.network?.on('message', (event) => this.events.message.forEach((listener) => listener(event)))
  }

  #lost(opened: Opened): void {
    this.#gone.add(opened)
    if (this.#opened !== opened || this.#isClosed) return
    this.#opened = undefined
    this.#reopenInBackground()
  }

  /** Whoever only listens makes no calls, so the folder is opened again without one. */
  #reopenInBackground(): void {
    this.#reopen().catch(() => {
      if (!this.#isClosed) setTimeout(() => this.#opened === undefined && this.#reopenInBackground(), REOPEN_PAUSE_MS).unref()
    })
  }

  #reopen(before: Promise<void> = Promise.resolve(), ownFrom: number = 0): Promise<Opened> {
    if (this.#isClosed) return Promise.reject(new DocstoreError('closed', 'The store was closed'))
    this.#opening ??= before
      .then(() => this.#openAgain(ownFrom))
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  async #openAgain(ownFrom: number): Promise<Opened> {
    // The link was remembered with the data the first time.
    const { join: _join, descriptor: _descriptor, ...options } = this.#options
    for (;;) {
      const opened = await this.#openUntil(options, ownFrom)
      try {
        for (const ns of this.wanted) await opened.network?.want(ns)
        for (const topic of this.topics.topics) await opened.network?.subscribe(topic)
        this.#use(opened)
        await this.#announce(opened)
        return opened
      } catch (error) {
        this.#opened = undefined
        // Kept open, it would be in the way of the next try.
        await opened.close()
        // The new owner may end as soon as the old one: many short commands at once.
        if (errorCode(error) !== 'owner-gone') throw error
      }
    }
  }

  /** Something may have been written while nobody could tell us: listeners look again. */
  async #announce({ replica }: Opened): Promise<void> {
    if (this.commits.size === 0) return
    for (const { id } of await replica.namespaces()) {
      const collections = (await replica.collections(id)).map(({ collection }) => collection)
      const event: CommitEvent = { namespace: id, from: 0, to: await replica.lastSeq(id), collections }
      for (const listener of this.commits) listener(event)
    }
  }

  /** Owns the folder, or attaches to its owner; `ownFrom` leaves it to another process until then. */
  async #openUntil(options: DocstoreOptions, ownFrom = 0): Promise<Opened> {
    const socket = socketPath(this.#folder)
    const until = Date.now() + OWNER_TIMEOUT_MS
    for (;;) {
      const opened = await this.#tryOwn(socket, options, ownFrom)
      if (opened !== undefined) return opened
      if (options.role === 'relay') {
        if (!(await askForHandOver(socket)))
          throw new DocstoreError('data-in-use', `A relay uses ${this.#folder} already. Stop it, or use another data folder`)
      } else {
        const attached = await attach(socket, options, (lost) => this.#lost(lost))
        if (attached !== undefined) return attached
      }
      if (Date.now() > until)
        throw new DocstoreError('data-in-use', `Another process uses ${this.#folder} and does not answer. End it, or use another data folder`)
      // The owner is just starting, or just ending.
      await new Promise((done) => setTimeout(done, OWNER_RETRY_MS))
    }
  }

  async #tryOwn(socket: string, options: DocstoreOptions, ownFrom: number): Promise<Opened | undefined> {
    if (Date.now() < ownFrom) return undefined
    try {
      return await own({ database: join(this.#folder, 'docstore.db'), socket, onHandOver: (reason) => this.#handOver(reason) }, options)
    } catch (error) {
      if (errorCode(error) !== 'data-in-use') throw error
      return undefined
    }
  }

  /** Lets the folder go for a relay, or for a process that connects it to the network, and works through that one then. */
  #handOver(reason: HandOverReason): boolean {
    const opened = this.#opened
    if (opened === undefined || this.#isClosed || this.#options.role === 'relay') return false
    if (reason === 'network' && opened.network !== undefined) return false
    this.#opened = undefined
    this.#opening = undefined
    // After this turn, so that the answer leaves before the line is closed.
    const closed = new Promise<void>((resolve) => setImmediate(resolve)).then(() => opened.close())
    this.#reopen(closed, Date.now() + OWNER_TIMEOUT_MS / 2).catch(() => this.#reopenInBackground())
    return true
  }
}
