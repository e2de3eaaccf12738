import type { Docstore, KnownPerson } from 'p2p-docstore'
import { whoAmI } from './who-am-i.ts'

/** How long names are gathered before they are asked for together, milliseconds. */
const GATHER_MS = 30
/** Pictures that the page holds. */
const MAX_PICTURES = 100

/** Who the identities are that the page shows: asked for together, and told again when they change. */
export class People {
  /** The identity of this page. */
  readonly me: string
  readonly #store: Docstore
  readonly #known = new Map<string, KnownPerson>()
  /** Usernames that the network granted, one for each person. */
  readonly #usernames = new Map<string, string>()
  readonly #wanted = new Set<string>()
  readonly #pictures = new Map<string, string>()
  readonly #listeners = new Set<() => void>()
  #gathering: ReturnType<typeof setTimeout> | undefined
  #unlisten: (() => void) | undefined
  #isEnded = false

  constructor(store: Docstore) {
    this.#store = store
    this.me = whoAmI(store)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What is known of somebody now; who is not known yet is asked for. */
  get(person: string): KnownPerson | undefined {
    const known = this.#known.get(person)
    if (known === undefined) this.#want([person])
    return known
  }

  /** The first of the usernames that the network granted to somebody, as far as it is known now. */
  username(person: string): string | undefined {
    return this.#usernames.get(person)
  }

  /** Address of somebody's picture, where it is here; else it comes. */
  picture({ person, static: { picture } }: KnownPerson): string | undefined {
    if (picture === undefined) return undefined
    const url = this.#pictures.get(picture.cid)
    // An empty one is on its way, or did not come.
    if (url === undefined) this.#load(person, picture.cid)
    return url === '' ? undefined : url
  }

  end(): void {
    this.#isEnded = true
    clearTimeout(this.#gathering)
    this.#unlisten?.()
    for (const url of this.#pictures.values()) if (url !== '') URL.revokeObjectURL(url)
  }

  #want(people: readonly string[]): void {
    for (const person of people) this.#wanted.add(person)
    if (this.#isEnded || this.#gathering !== undefined) return
    this.#unlisten ??= this.#store.profiles.on('change', (changed) => this.#want(changed.filter((one) => this.#known.has(one))))
    this.#gathering = setTimeout(() => void this.#ask(), GATHER_MS)
  }

  async #ask(): Promise<void> {
    const people = [...this.#wanted]
    this.#wanted.clear()
    try {
      for (const one of await this.#store.profiles.names(people)) this.#known.set(one.person, one)
      this.#tell()
      void this.#askUsernames(people)
    } catch {
      // Keys are shown as keys then; the next one that is shown asks again.
    } finally {
      this.#gathering = undefined
      if (this.#wanted.size > 0) this.#want([])
    }
  }

  /** Beside the rest: relays may take their time. */
  async #askUsernames(people: readonly string[]): Promise<void> {
    try {
      const all = await this.#store.names.ofAll(people)
      if (this.#isEnded) return
      for (const person of people) {
        const name = all.get(person)?.[0]?.name
        if (name === undefined) this.#usernames.delete(person)
        else this.#usernames.set(person, name)
      }
      this.#tell()
    } catch {
      // They are shown without one then, and asked for with the next news of them.
    }
  }

  #load(person: string, cid: string): void {
    this.#pictures.set(cid, '')
    const [oldest] = this.#pictures
    if (this.#pictures.size > MAX_PICTURES && oldest !== undefined) {
      this.#pictures.delete(oldest[0])
      if (oldest[1] !== '') URL.revokeObjectURL(oldest[1])
    }
    this.#store.profiles.picture(person).then(
      (bytes) => {
        if (bytes === undefined || this.#isEnded) return
        // Without a type, browsers show pixels and no document.
        this.#pictures.set(cid, URL.createObjectURL(new Blob([Uint8Array.from(bytes)])))
        this.#tell()
      },
      () => undefined,
    )
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
