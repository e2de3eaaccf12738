import { DocstoreError, type Identity, type Network as Descriptor } from '@p2p-docstore/core'
import { ownIdentity, readNetwork } from '../../network/admission/index.ts'
import type { Message, Network } from '../../network/types.ts'
import { Feed } from '../reading/feed.ts'
import { BEAT_MS, GREET_MS, MAX_NOTE, MAX_PLACE, MAX_PLACES, PAUSE_MS } from './limits.ts'
import type { PresenceInit } from './presence-init.ts'
import { isNote, isPlace, presenceTopic, sayPresence } from './presence-word.ts'
import { PresentTable } from './present-table.ts'
import type { PresenceOptions, Present, Stay } from './types.ts'

/** Who is where, as far as somebody here wants to know it, and where this store is. */
export class PresenceBook {
  readonly #init: PresenceInit
  readonly #network: Network
  readonly #descriptor: Descriptor
  readonly #device: Identity
  readonly #person: Uint8Array | null
  readonly #peer: string
  readonly #places = new Map<string, Place>()

  private constructor(
    init: PresenceInit,
    network: Network,
    own: { readonly device: Identity; readonly person: Uint8Array | null; readonly peer: string },
  ) {
    this.#init = init
    this.#network = network
    this.#descriptor = readNetwork(init.info().network.descriptor)
    this.#device = own.device
    this.#person = own.person
    this.#peer = own.peer
  }

  static async open(init: PresenceInit): Promise<PresenceBook> {
    const { replica, network } = init
    if (network === undefined) throw new DocstoreError('offline', 'This store was opened without a network')
    const [device, facts, peer] = await Promise.all([ownIdentity(replica), replica.personFacts(), network.peerId()])
    return new PresenceBook(init, network, { device, person: facts?.digest ?? null, peer })
  }

  async enter(name: string, { note }: PresenceOptions): Promise<Stay> {
    checkNote(note)
    const place = this.#open(name)
    try {
      await place.ready
      const leave = place.enter(note)
      return {
        note: async (text) => {
          checkNote(text)
          await place.say(text)
        },
        leave,
        [Symbol.asyncDispose]: leave,
      }
    } catch (error) {
      place.release()
      throw error
    }
  }

  watch(name: string, signal: AbortSignal): AsyncGenerator<readonly Present[], void, undefined> {
    return new Feed(signal, (ended) => this.#watch(this.#open(name), ended))
  }

  async *#watch(place: Place, signal: AbortSignal): AsyncGenerator<readonly Present[], void, undefined> {
    try {
      await place.ready
      for (let seen = -1; !signal.aborted; ) {
        if (seen !== place.version) {
          seen = place.version
          yield place.table.list()
        } else await place.changed(signal)
      }
    } finally {
      place.release()
    }
  }

  /** The place, in use by one more until it is released. */
  #open(name: string): Place {
    if (!isPlace(name)) throw new DocstoreError('bad-place', `A place is the id of a namespace, or a text of 1 to ${MAX_PLACE} characters`)
    const known = this.#places.get(name)
    if (known === undefined && this.#places.size >= MAX_PLACES)
      throw new DocstoreError('too-many-places', `A store looks at ${MAX_PLACES} places at once at most. Leave one first`)
    const place =
      known ??
      new Place(name, {
        network: this.#network,
        closing: this.#init.closing,
        table: new PresentTable({
          replica: this.#init.replica,
          network: this.#descriptor,
          place: name,
          own: this.#device.author,
          now: this.#init.now ?? Date.now,
          onUnknown: this.#init.onUnknown,
        }),
        word: (at, here, note) =>
          sayPresence({ place: name, peer: this.#peer, person: this.#person, at, here, note: note ?? null }, this.#descriptor, this.#device),
        peer: this.#peer,
        now: this.#init.now ?? Date.now,
        onUnused: () => this.#places.delete(name),
      })
    this.#places.set(name, place)
    place.use()
    return place
  }
}

interface PlaceInit {
  readonly network: Network
  readonly closing: AbortSignal
  readonly table: PresentTable
  readonly word: (at: number, here: boolean, note: string | undefined) => string
  readonly peer: string
  readonly now: () => number
  readonly onUnused: () => void
}

/** One place that somebody here is in or looks at. */
class Place {
  readonly table: PresentTable
  /** Resolves once what is said there is heard. */
  readonly ready: Promise<void>
  /** Rises with each change of who is there. */
  version = 0
  readonly #init: PlaceInit
  readonly #topic: string
  readonly #waiting = new Set<() => void>()
  readonly #unlisten: () => void
  readonly #ending = (): void => void this.#end()
  #beat: ReturnType<typeof setInterval> | undefined
  #greeting: ReturnType<typeof setTimeout> | undefined
  #uses = 0
  #stays = 0
  #note: string | undefined
  #saidAt = Number.NEGATIVE_INFINITY
  #lastAt = 0
  #isEnded = false

  constructor(name: string, init: PlaceInit) {
    this.#init = init
    this.table = init.table
    this.#topic = presenceTopic(name)
    this.#unlisten = init.network.on('message', (message) => void this.#hear(message))
    this.ready = init.network.subscribe(this.#topic)
    // Whoever uses it hears of a failure.
    this.ready.catch(() => undefined)
    this.#beat = setInterval(() => this.#tick(), BEAT_MS)
    init.closing.addEventListener('abort', this.#ending, { once: true })
  }

  use(): void {
    this.#uses++
  }

  release(): void {
    if (--this.#uses === 0) void this.#end()
  }

  /** Begins to say that this store is here; the way to stop does it once. */
  enter(note: string | undefined): () => Promise<void> {
    this.#stays++
    this.#note = note
    void this.#say(true)
    let left: Promise<void> | undefined
    return () =>
      (left ??= (async () => {
        if (--this.#stays === 0) await this.#say(false)
        this.release()
      })())
  }

  async say(note: string | undefined): Promise<void> {
    this.#note = note
    if (this.#stays > 0) await this.#say(true)
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }

  async #hear({ topic, from, text }: Message): Promise<void> {
    if (topic !== this.#topic || this.#isEnded) return
    // Storage that ends meanwhile is no matter of who is here.
    const what = await this.table.hear(text, from).catch(() => 'same')
    if (what === 'came' || what === 'changed' || what === 'gone') this.#tell()
    // Who has just come knows of nobody yet.
    if (what === 'came' && from !== this.#init.peer && this.#stays > 0 && this.#greeting === undefined && !this.#isEnded)
      this.#greeting = setTimeout(() => {
        this.#greeting = undefined
        if (performance.now() - this.#saidAt >= PAUSE_MS) void this.#say(true)
      }, Math.random() * GREET_MS)
  }

  #tick(): void {
    if (this.table.forgetOld()) this.#tell()
    if (this.#stays > 0) void this.#say(true)
  }

  /** Never rejects: what is not heard now is said again. */
  async #say(here: boolean): Promise<void> {
    const { network, word, now } = this.#init
    this.#saidAt = performance.now()
    this.#lastAt = Math.max(this.#lastAt + 1, now())
    try {
      await network.publish(this.#topic, word(this.#lastAt, here, this.#note))
    } catch {
      // The network has ended, or nobody is there.
    }
  }

  #tell(): void {
    this.version++
    for (const done of this.#waiting) done()
  }

  async #end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    clearInterval(this.#beat)
    clearTimeout(this.#greeting)
    this.#unlisten()
    this.#init.closing.removeEventListener('abort', this.#ending)
    this.#init.onUnused()
    if (this.#stays > 0) await this.#say(false)
    this.#tell()
    await this.#init.network.unsubscribe(this.#topic).catch(() => undefined)
  }
}

function checkNote(note: string | undefined): void {
  if (note === undefined || isNote(note)) return
  throw new DocstoreError('bad-note', `A note is one line of 1 to ${MAX_NOTE} characters, all of which are seen`)
}
