import { personOf } from '../../model/people/author.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { People } from './people.ts'

/** `People`, loaded when there are some: many peers meet none. */
export class LazyPeople {
  readonly #open: () => Promise<People>
  #people: Promise<People> | undefined
  /** Those that are known here, where any are. */
  loaded: People | undefined

  constructor(open: () => Promise<People>) {
    this.#open = open
  }

  async load(): Promise<People> {
    this.#people ??= this.#open()
    try {
      return (this.loaded = await this.#people)
    } catch (error) {
      // Perhaps its file can be read the next time.
      this.#people = undefined
      throw error
    }
  }

  /** Those by whom records of these authors are judged; `undefined` where all of these are keys, and the namespace has no roles. */
  async of({ scope }: OpenNamespace, authors: readonly Uint8Array[]): Promise<People | undefined> {
    return scope.write === 'members' || authors.some((by) => personOf(by) !== undefined) ? this.load() : undefined
  }
}
