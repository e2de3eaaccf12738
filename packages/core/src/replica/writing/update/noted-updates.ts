import { utf8 } from '../../../model/bytes.ts'
import type { Storage } from '../../../storage/storage.ts'
import { MAX_NOTED_UPDATES } from '../../limits.ts'
import type { UpdateResult } from '../../types.ts'

const PREFIX = 'updated.'
/** Characters of a name that a caller gives an update. */
const NAME = /^[A-Za-z0-9_-]{16,64}$/

/** What is written beside a commit, or removed with `undefined`. */
export type Notes = readonly (readonly [key: string, value: Uint8Array | undefined])[]

/**
 * The last updates whose callers gave them a name, with what came of each. When the process that holds the data ends before it answers, its
 * caller asks the next one again; what was written and noted in one transaction is not written twice then, though it may count something up.
 */
export class NotedUpdates {
  readonly #storage: Storage
  /** Keys, the oldest first. */
  #keys: Promise<Set<string>> | undefined

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Whether a caller may name an update so. */
  isName(name: unknown): name is string {
    return typeof name === 'string' && NAME.test(name)
  }

  /** What came of an update, `undefined` where it is not known. */
  async find(name: string): Promise<UpdateResult | undefined> {
    const noted = await this.#storage.getMeta(PREFIX + name)
    return noted && read(noted)
  }

  /** Makes ready to note an update; gives what notes it, to be called within its commit. */
  async begin(name: string): Promise<(result: UpdateResult) => Notes> {
    this.#keys ??= this.#load()
    const keys = await this.#keys
    const key = PREFIX + name
    return (result) => {
      keys.add(key)
      const notes: [string, Uint8Array | undefined][] = [[key, utf8(JSON.stringify(result))]]
      for (const oldest of keys) {
        if (keys.size <= MAX_NOTED_UPDATES) break
        keys.delete(oldest)
        notes.push([oldest, undefined])
      }
      return notes
    }
  }

  async #load(): Promise<Set<string>> {
    // They are listed by their names, which are random.
    const noted = (await this.#storage.listMeta(PREFIX)).map(([key, value]) => ({ key, at: read(value).at }))
    return new Set(noted.sort((a, b) => a.at - b.at).map(({ key }) => key))
  }
}

function read(noted: Uint8Array): UpdateResult {
  return JSON.parse(new TextDecoder().decode(noted)) as UpdateResult
}
