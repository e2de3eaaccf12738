import { claimedByPrefix } from '../../network/names/index-keys.ts'
import { checkOptions } from '../options.ts'
import type { NameBook } from './name-book.ts'
import type { NamesInit } from './names-init.ts'
import type { NameInfo, NameOptions } from './types.ts'

/**
 * Usernames: those that the authorities of a network grant, each to one person at a time, and names of domains. What is said of a name is signed, and judged here; no relay is believed. `name` is
 * a username with or without `@`.
 */
export class Names {
  readonly #init: NamesInit
  #book: Promise<NameBook> | undefined

  constructor(init: NamesInit) {
    this.#init = init
  }

  /** Loaded by who uses it. */
  #open(): Promise<NameBook> {
    this.#book ??= import('./name-book.ts')
      .then(({ NameBook }) => new NameBook(this.#init))
      .catch((error: unknown) => {
        this.#book = undefined
        throw error
      })
    return this.#book
  }

  /**
   * Gets a name for the person of this data, for a year, or renews it; where the holder gave it to them, takes it over. Authorities may take `timeoutMs` (15,000). Stores that are opened with a relay renew it by
   * themselves in its last 60 days. Throws `bad-username`, `no-name-authority`, `no-person`, `offline`, `no-relay`, `name-undecided` where too few authorities could be reached, and what they refuse with:
   * `name-taken`, `name-quarantined`, `name-confusable`, `name-late`, `too-many-names`, `names-full`, `not-allowed`.
   */
  async claim(name: string, options: NameOptions = {}): Promise<NameInfo> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.claim')
    return (await this.#open()).claim(name, options)
  }

  /** How it stands with a name, as relays that answer within `timeoutMs` (5,000) have it, else as far as it is known here. Throws `bad-username`, `no-name-authority`. */
  async show(name: string, options: NameOptions = {}): Promise<NameInfo> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.show')
    return (await this.#open()).show(name, options)
  }

  /** Gives a name up: for 90 days only this person gets it back. Throws `bad-username`, `no-name-authority`, `no-person`, `offline`, `no-relay`, `not-allowed`, `not-delivered`. */
  async release(name: string, options: NameOptions = {}): Promise<NameInfo> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.release')
    return (await this.#open()).release(name, options)
  }

  /** Gives a name to another person, by their id, who has it once they claim it. Throws as `release`, and `bad-identity`. */
  async transfer(name: string, to: string, options: NameOptions = {}): Promise<NameInfo> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.transfer')
    return (await this.#open()).transfer(name, to, options)
  }

  /** The names that a person, by their id, has. Throws `bad-identity`, `no-name-authority`. */
  async of(person: string, options: NameOptions = {}): Promise<readonly NameInfo[]> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.of')
    return (await this.#open()).of(person, options)
  }

  /**
   * The names of many, by their ids; who has none, or is a key, is left out. Relays are asked about those of whom nothing was heard for five minutes. A network without usernames has none.
   */
  async ofAll(people: readonly string[], options: NameOptions = {}): Promise<ReadonlyMap<string, readonly NameInfo[]>> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.ofAll')
    return (await this.#open()).ofAll(people, options)
  }

  /**
   * The id of the person who is called `@alice` in this network, or `alice@example.org` by a domain whose word and theirs agree; any other text is given back as it is. Throws `unknown-name`,
   * `bad-username`, `no-name-authority`, `private-host`.
   */
  async person(who: string, options: NameOptions = {}): Promise<string> {
    checkOptions(options, ['timeoutMs', 'signal'], 'names.person')
    return who.includes('@') ? (await this.#open()).person(who, options) : who
  }

  /** Looks after the names of this person, as far as they are known here; where there are none, nothing is loaded. */
  async keepUp(): Promise<void> {
    const { replica } = this.#init
    const facts = await replica.personFacts()
    if (facts !== undefined && (await replica.listMeta(claimedByPrefix(facts.digest))).length > 0) await (await this.#open()).keepUp()
  }

  /** A device of this person was revoked: authorities hear of it, and names that it claimed are known here from now on. */
  async revoked(): Promise<void> {
    await (await this.#open()).revoked()
  }
}
