import { checkOptions } from '../options.ts'
import type { ProfileBook, ProfileBookInit, ProfileValues } from './profile-book.ts'
import type { KnownPerson, Profile } from './types.ts'

/**
 * Who is who in the network of a store: the profile of this identity, what it writes about others, and what others say of themselves. `who` is an identity
 * (`did:key:…`), the id of a profile or person, `me`, a username with `@` before it, `alice@example.org`, a petname, or a name that only one person has who is known here. All of it is public in the network, contacts too.
 */
export class Profiles {
  readonly #init: ProfileBookInit
  #book: Promise<ProfileBook> | undefined

  constructor(init: ProfileBookInit) {
    this.#init = init
  }

  /** Loaded by who uses it. */
  #open(): Promise<ProfileBook> {
    this.#book ??= import('./profile-book.ts')
      .then(({ ProfileBook }) => ProfileBook.open(this.#init))
      .catch((error: unknown) => {
        this.#book = undefined
        throw error
      })
    return this.#book
  }

  /** The profile of this identity, empty where nothing was set yet. */
  async mine(): Promise<Profile> {
    return (await this.#open()).mine()
  }

  /**
   * Sets one thing in it, or takes it away with `null`; the first time makes the profile. `picture` is a file of at most 256 KiB, `links` an object of
   * addresses by labels, of which others stay. Throws `bad-profile`.
   */
  async set<F extends keyof ProfileValues>(field: F, value: ProfileValues[F]): Promise<Profile> {
    return (await this.#open()).set(field, value)
  }

  /**
   * The profile of somebody, as connected relays have it within `timeoutMs` (5,000), else as it was heard last, with its age (`at`). Throws `unknown-profile`,
   * `ambiguous-profile`, `bad-identity`.
   */
  async show(who: string, options: { readonly timeoutMs?: number } = {}): Promise<Profile> {
    checkOptions(options, ['timeoutMs'], 'profiles.show')
    return (await this.#open()).show(who, options)
  }

  /**
   * What to call these identities, as far as it is known now. Relays are asked about those of whom nothing was heard for five minutes, and `on` tells when they
   * have answered; with `timeoutMs`, that is waited for so long.
   */
  async names(people: readonly string[], options: { readonly timeoutMs?: number } = {}): Promise<readonly KnownPerson[]> {
    checkOptions(options, ['timeoutMs'], 'profiles.names')
    return (await this.#open()).names(people, options)
  }

  /** This identity and everybody of whom it wrote something, with the options of `names`. */
  async list(options: { readonly timeoutMs?: number } = {}): Promise<readonly KnownPerson[]> {
    checkOptions(options, ['timeoutMs'], 'profiles.list')
    return (await this.#open()).list(options)
  }

  /** The bytes of somebody's picture; `undefined` where there is none, or nobody has it now. */
  async picture(who: string): Promise<Uint8Array | undefined> {
    return (await this.#open()).picture(who)
  }

  /** Follows somebody: his profile is kept equal from now on. Throws as `show`. */
  async follow(who: string): Promise<Profile> {
    return (await this.#open()).follow(who)
  }

  async unfollow(who: string): Promise<Profile> {
    return (await this.#open()).unfollow(who)
  }

  /** Notes that nothing of somebody is to be shown; programs ask `isBlocked`. */
  async block(who: string): Promise<Profile> {
    return (await this.#open()).block(who, true)
  }

  async unblock(who: string): Promise<Profile> {
    return (await this.#open()).block(who, false)
  }

  /** Calls somebody by a name of one's own, which wins over what he calls himself; `null` for none. Throws `bad-profile`. */
  async petname(who: string, name: string | null): Promise<Profile> {
    return (await this.#open()).petname(who, name)
  }

  /** Calls back with the identities of those of whom something may show otherwise now; returns the way to stop. */
  on(event: 'change', listener: (people: readonly string[]) => void): () => void {
    checkOptions({ [event]: listener }, ['change'], 'profiles.on')
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
