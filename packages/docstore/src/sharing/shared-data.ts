import { type CommitEvent, DocstoreError, errorCode } from '@p2p-docstore/core'
import { TopicCounts } from '../network/topics/index.ts'
import type { NetworkEvents } from '../network/types.ts'
import { orAborted } from '../store/signal.ts'
import { askForHandOver, attach } from './attach.ts'
import { type HandOverReason, type Opened, type OpenOptions, OWNER_TIMEOUT_MS } from './opened.ts'
import { own } from './own.ts'
import type { Entry, Place } from './place.ts'

/** Pause before another try to open data again whose owner ended, milliseconds. */
const REOPEN_PAUSE_MS = 1000

/** What is missing, or was changed meanwhile. */
const LOCKED: ReadonlySet<string | undefined> = new Set(['passphrase-needed', 'wrong-passphrase'])

type Listeners<T> = Set<(payload: T) => void>

/**
 * Data that several programs, or tabs of a browser, use at once. One owns it: the first to come, or a relay. The others work through the
 * owner, and when it ends one of them becomes the owner. Calls and listeners go on over such a change.
 */
export class SharedData {
  readonly commits: Listeners<CommitEvent> = new Set()
  readonly events: { readonly [K in keyof NetworkEvents]: Listeners<NetworkEvents[K]> } = {
    peers: new Set(),
    sync: new Set(),
    message: new Set(),
    directory: new Set(),
    clock: new Set(),
  }
  /** Called with whether this is the owner now, whenever it begins to work with the data, itself or through another owner. */
  readonly owners: Listeners<boolean> = new Set()
  /** Called once when another program or tab has left the network for all: nothing of it is here any more. */
  readonly left: Listeners<undefined> = new Set()
  /** Called when the owner has ended, and this program does not have the passphrase. It is tried again until one is there that does. */
  readonly locked: Listeners<undefined> = new Set()
  /** What was asked of the network once and has to hold for every owner. */
  readonly wanted: Set<string> = new Set()
  readonly topics: TopicCounts = new TopicCounts()
  readonly #place: Place
  readonly #options: OpenOptions
  #opened: Opened | undefined
  #opening: Promise<Opened> | undefined
  #isClosed = false
  #hasLeft = false
  /** The network that the data was in when it was opened. */
  #networkId = ''
  /** Whether there was a connection to it then: whoever uses one goes on with one, whichever program owns the data later. */
  #hasNetwork = false
  /** Those that were lost: their owner ended. */
  readonly #gone = new WeakSet<Opened>()

  private constructor(place: Place, options: OpenOptions) {
    this.#place = place
    this.#options = options
  }

  /** Opens the data of a place. Throws what `createDocstore` says. */
  static async open(place: Place, options: OpenOptions): Promise<SharedData> {
    const shared = new SharedData(place, options)
    try {
      for (;;) {
        try {
          const opened = await shared.#openUntil(options)
          shared.#networkId = (await opened.replica.info()).network.id
          shared.#hasNetwork = opened.network !== undefined
          shared.#use(opened)
          return shared
        } catch (error) {
          if (errorCode(error) !== 'owner-gone') throw error
        }
      }
    } catch (error) {
      place.close()
      throw error
    }
  }

  /** What is open now; nothing while the owner changes. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  /** Does some work with what is open; repeats it, where that does no harm, when the owner ended during it. */
  async run<T>(
    work: (opened: Opened) => Promise<T>,
    { isRepeatable = true, signal }: { isRepeatable?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    for (;;) {
      const opened = this.#opened ?? (await this.#reopenUntil(signal))
      try {
        return await work(opened)
      } catch (error) {
        const isGone = errorCode(error) === 'owner-gone'
        if (this.#isClosed && isGone) throw this.#end()
        const isChanged = this.#opened !== opened || isGone
        if (!isChanged || !isRepeatable || this.#isClosed) throw error
        this.#lost(opened)
      }
    }
  }

  /** Whoever gives up does not wait for the next owner. */
  async #reopenUntil(signal: AbortSignal | undefined): Promise<Opened> {
    if (signal === undefined) return this.#reopen()
    const opened = await orAborted(this.#reopen(), signal)
    if (opened === undefined) throw signal.reason
    return opened
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#place.close()
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined))
    await opened?.close()
  }

  /** Works with it from now on. Throws `owner-gone` where that owner has ended already. */
  #use(opened: Opened): void {
    if (this.#gone.has(opened)) throw new DocstoreError('owner-gone', 'The owner of the data ended. Try again')
    this.#opened = opened
    opened.replica.onCommit((event) => tell(this.commits, event))
    opened.network?.on('peers', (event) => tell(this.events.peers, event))
    opened.network?.on('sync', (event) => tell(this.events.sync, event))
    opened.network?.on('message', (event) => tell(this.events.message, event))
    opened.network?.on('directory', (event) => tell(this.events.directory, event))
    opened.network?.on('clock', (event) => tell(this.events.clock, event))
    tell(this.owners, opened.isOwner)
  }

  #lost(opened: Opened): void {
    if (this.#gone.has(opened)) return
    this.#gone.add(opened)
    // The owner that lost its data has a network to close. What fails there has failed with the data.
    const closed = opened.close().catch(() => undefined)
    if (this.#opened !== opened || this.#isClosed) return
    this.#opened = undefined
    this.#reopenInBackground(closed)
  }

  /** Whoever only listens makes no calls, so the data is opened again without one. */
  #reopenInBackground(before?: Promise<void>): void {
    this.#reopen(before).catch((error: unknown) => {
      if (LOCKED.has(errorCode(error))) tell(this.locked, undefined)
      if (this.#isClosed) return
      const timer: unknown = setTimeout(() => this.#opened === undefined && this.#reopenInBackground(), REOPEN_PAUSE_MS)
      // A program of Node may end meanwhile.
      if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
    })
  }

  #reopen(before: Promise<void> = Promise.resolve(), ownFrom: number = 0): Promise<Opened> {
    if (this.#isClosed) return Promise.reject(this.#end())
    this.#opening ??= before
      .then(() => this.#openAgain(ownFrom))
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  async #openAgain(ownFrom: number): Promise<Opened> {
    // The link was remembered with the data the first time.
    const { join: _join, descriptor: _descriptor, ...rest } = this.#options
    const options: OpenOptions = this.#hasNetwork ? { ...rest, network: 'on' } : rest
    for (;;) {
      const opened = await this.#openThere(options, ownFrom)
      try {
        if ((await opened.replica.info()).network.id !== this.#networkId) throw networkLeft()
        await Promise.all([...this.wanted].map(async (ns) => opened.network?.want(ns)))
        await Promise.all(this.topics.topics.map(async (topic) => opened.network?.subscribe(topic)))
        this.#use(opened)
        // Calls do not wait for it. When it fails, this owner is gone too, and the next one is announced.
        this.#announce(opened).catch(() => undefined)
        return opened
      } catch (error) {
        // Kept open, it would be in the way of the next try. What fails there has failed before.
        await opened.close().catch(() => undefined)
        if (errorCode(error) === 'network-left') this.#leave()
        // The new owner may end as soon as the old one: many short commands at once.
        if (errorCode(error) !== 'owner-gone') throw error
      }
    }
  }

  /** Opens it unless it has gone with its network. */
  async #openThere(options: OpenOptions, ownFrom: number): Promise<Opened> {
    try {
      return await this.#openUntil(options, ownFrom)
    } catch (error) {
      if (errorCode(error) === 'network-left') this.#leave()
      throw error
    }
  }

  #leave(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#hasLeft = true
    this.#place.close()
    tell(this.left, undefined)
  }

  #end(): DocstoreError {
    return this.#hasLeft ? networkLeft() : new DocstoreError('closed', 'The store was closed')
  }

  /** Much may have happened while nobody could tell us: listeners look again. */
  async #announce({ replica, network }: Opened): Promise<void> {
    const peers = await network?.peers()
    if (peers !== undefined) tell(this.events.peers, peers)
    for (const namespace of this.wanted) tell(this.events.sync, { namespace })
    for (const { id } of await replica.namespaces()) {
      const collections = (await replica.collections(id)).map(({ collection }) => collection)
      tell(this.commits, { namespace: id, from: 0, to: await replica.lastSeq(id), collections })
    }
  }

  /** Owns the data, or attaches to its owner; `ownFrom` leaves it to another one until then. */
  async #openUntil(options: OpenOptions, ownFrom = 0): Promise<Opened> {
    let silentSince: number | undefined
    for (;;) {
      if (this.#isClosed) throw this.#end()
      const entry = await this.#place.enter({ mayHold: performance.now() >= ownFrom })
      // From the first try on: a page may have slept before.
      silentSince = entry.kind === 'starting' ? undefined : (silentSince ?? performance.now())
      const opened = await this.#openThrough(entry, options)
      if (opened !== undefined) return opened
      if (silentSince !== undefined && performance.now() - silentSince > this.#place.patienceMs()) throw this.#place.inUse('silent')
    }
  }

  /** `undefined` where another try has to be made. */
  async #openThrough(entry: Entry, options: OpenOptions): Promise<Opened | undefined> {
    try {
      switch (entry.kind) {
        case 'held':
          return await own(entry.held, options, { onHandOver: (reason) => this.#handOver(reason), onLost: (opened) => this.#lost(opened) })
        case 'line':
          if (options.role !== 'relay') return await attach(entry.port, options, (opened) => this.#lost(opened), entry.silence)
          if (!(await askForHandOver(entry.port, options.join))) throw this.#place.inUse('relay')
          return undefined
        case 'starting':
        case 'silent':
          return undefined
      }
    } catch (error) {
      // It was lost while it was opened.
      if (errorCode(error) === 'owner-gone') return undefined
      throw error
    }
  }

  /** Lets the data go for a relay, or for one that connects it to the network, and works through that one then. */
  #handOver(reason: HandOverReason): boolean {
    const opened = this.#opened
    if (opened === undefined || this.#isClosed || this.#options.role === 'relay') return false
    if (reason === 'network' && opened.network !== undefined) return false
    this.#opened = undefined
    this.#opening = undefined
    // After this turn, so that the answer leaves before the line is closed.
    const closed = new Promise<void>((resolve) => setTimeout(resolve)).then(() => opened.close())
    this.#reopen(closed, performance.now() + OWNER_TIMEOUT_MS / 2).catch(() => this.#reopenInBackground())
    return true
  }
}

/** A listener's mistake must not keep the others from hearing it, nor the data from being opened; it is reported as uncaught. */
function tell<T>(listeners: Listeners<T>, payload: T): void {
  for (const listener of listeners) {
    try {
      listener(payload)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

function networkLeft(): DocstoreError {
  return new DocstoreError(
    'network-left',
    'This network was left, by another program or tab: nothing of it is here any more. Join it again with its link',
  )
}
