import { checkOptions } from '../options.ts'
import type { PresenceBook } from './presence-book.ts'
import type { PresenceInit } from './presence-init.ts'
import type { PresenceOptions, Present, Stay } from './types.ts'

/**
 * Who is here now: in a place, which is the id of a namespace or any text. Nobody hears of this store unless it enters one. Nothing of it is kept; what is said is signed by the device, and
 * whoever reads a place hears it.
 */
export class Presence {
  readonly #init: PresenceInit
  #book: Promise<PresenceBook> | undefined

  constructor(init: PresenceInit) {
    this.#init = init
  }

  /** Loaded by who uses it. */
  #open(): Promise<PresenceBook> {
    this.#book ??= import('./presence-book.ts')
      .then(({ PresenceBook }) => PresenceBook.open(this.#init))
      .catch((error: unknown) => {
        this.#book = undefined
        throw error
      })
    return this.#book
  }

  /** Tells who looks at a place that this person is there, until `leave` of what it gives, or the end of the store. Throws `offline`, `bad-place`, `bad-note`, `too-many-places`. */
  async enter(place: string, options: PresenceOptions = {}): Promise<Stay> {
    checkOptions(options, ['note'], 'presence.enter')
    return (await this.#open()).enter(place, options)
  }

  /** Who is in a place, 200 devices at most: now, and whenever that changes. Ends with the signal, or when the loop is left. Its reader hears of what `enter` throws. */
  async *watch(place: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<readonly Present[], void, undefined> {
    checkOptions(options, ['signal'], 'presence.watch')
    const { closing } = this.#init
    yield* (await this.#open()).watch(place, options.signal === undefined ? closing : AbortSignal.any([closing, options.signal]))
  }
}
