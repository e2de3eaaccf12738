import { checkOptions } from '../options.ts'
import type { PersonBook } from './person-book.ts'
import type { PersonInit } from './person-init.ts'
import type { AddingDevice, DeviceInfo, JoiningDevice, PersonEvent, PersonInfo, RestoredPerson, RestoreOptions, RevokeOptions } from './types.ts'

/** The person for whom this data signs: their devices, and the 24 words that bring them back where all devices are lost. */
export class Person {
  readonly #init: PersonInit
  #book: Promise<PersonBook> | undefined

  constructor(init: PersonInit) {
    this.#init = init
  }

  /** Loaded by who uses it. */
  #open(): Promise<PersonBook> {
    this.#book ??= import('./person-book.ts')
      .then(({ PersonBook }) => new PersonBook(this.#init))
      .catch((error: unknown) => {
        this.#book = undefined
        throw error
      })
    return this.#book
  }

  async show(): Promise<PersonInfo> {
    return (await this.#open()).show()
  }

  /** The devices of this person, those that were revoked too. */
  async devices(): Promise<readonly DeviceInfo[]> {
    return (await this.show()).devices
  }

  /** Id of the person of whom a key (`did:key:…`) is a device, or was the last time, as far as their log is here. Throws `unknown-device` for what is no key. */
  async of(identity: string): Promise<string | undefined> {
    return (await this.#open()).of(identity)
  }

  /** The 24 recovery words. Throws `words-gone` where they were written down and are here no more, `no-person`. */
  async words(): Promise<readonly string[]> {
    return (await this.#open()).words()
  }

  /** Places, from 1 on, of the three words that `checkWords` is to be given: the same until it has been. */
  async wordPlaces(): Promise<readonly number[]> {
    return (await this.#open()).wordPlaces()
  }

  /** Forgets the words here, once those at `wordPlaces` were typed as they are. Throws `wrong-words`, with the places that differ. */
  async checkWords(typed: Readonly<Record<number, string>>): Promise<PersonInfo> {
    return (await this.#open()).checkWords(typed)
  }

  /**
   * Makes new data a device of the person whose words these are: a connected relay knows the rest. Resolves with the namespaces that come now. Throws `bad-words`,
   * `unknown-words`, `several-persons`, `no-relay`, `offline`, `not-allowed` where this data has documents.
   */
  async restore(words: string | readonly string[], options: RestoreOptions = {}): Promise<RestoredPerson> {
    checkOptions(options, ['label', 'person', 'timeoutMs', 'signal'], 'person.restore')
    return (await this.#open()).restore(words, options)
  }

  /** Puts other recovery words in the place of these, which end once the others are there; they are to be written down again. Throws `bad-words`, `unknown-words`. */
  async rotateWords(words: string | readonly string[]): Promise<readonly string[]> {
    return (await this.#open()).rotateWords(words)
  }

  /** Opens a link by which another device becomes one of this person's. Throws `no-person`, `offline`. */
  async addDevice(): Promise<AddingDevice> {
    return (await this.#open()).addDevice()
  }

  /**
   * Begins to become a device of the person whose device made the link; new data, in the network of the link (`networkOfDeviceLink`). Throws `bad-link`, `other-network`,
   * `offline`, `bad-label`, `device-unreachable`, `not-allowed` where this data has documents. `timeoutMs`: how long the other device may be out of reach in one go, before and
   * after the code is shown; without it as long as the link is good.
   */
  async joinDevice(
    link: string,
    options: { readonly label?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<JoiningDevice> {
    checkOptions(options, ['label', 'timeoutMs', 'signal'], 'person.joinDevice')
    return (await this.#open()).joinDevice(link, options)
  }

  /** Calls a device of this person something else. Throws `unknown-device`, `bad-label`, `no-person`, `not-allowed`. */
  async label(key: string, label: string): Promise<PersonInfo> {
    return (await this.#open()).label(key, label)
  }

  /**
   * Revokes a device of this person, for good: nothing that it writes from now on is taken by anybody. What it wrote before and is here stays, under the key of this device; of
   * what is not here nothing is taken, for who has the key of a lost device can backdate. `retired`: the device is in good hands, and all that it wrote so far
   * stands. With `words` the recovery key does it, over which no device has any power. `since`: what it wrote, and which roles it gave, after that time is a thief's and does not stay. Throws
   * `unknown-device`, `no-person`, `not-allowed`, `bad-option`.
   */
  async revoke(key: string, options: RevokeOptions = {}): Promise<PersonInfo> {
    checkOptions(options, ['retired', 'words', 'since'], 'person.revoke')
    return (await this.#open()).revoke(key, options)
  }

  /**
   * What happened to the devices of this person that this one did not do, since `news` or `on` told of it the last time: for programs that end before they hear of it. The
   * first time nothing is news.
   */
  async news(): Promise<readonly PersonEvent[]> {
    return (await this.#open()).news()
  }

  /** Calls back when a device was added to this person, or revoked, or acts again, without this one having done it; returns the way to stop. */
  on(event: 'person', listener: (event: PersonEvent) => void): () => void {
    checkOptions({ [event]: listener }, ['person'], 'person.on')
    const ended = new AbortController()
    this.#open().then(
      (book) => {
        if (!ended.signal.aborted) ended.signal.addEventListener('abort', book.on(listener))
      },
      () => undefined,
    )
    return () => ended.abort()
  }
}
