import { DocstoreError, errorCode } from '../../errors.ts'
import { canonicalJson, type Document } from '../../model/content.ts'
import { fieldAt } from '../../model/edits/merged.ts'
import type { Json } from '../../model/json/json-value.ts'
import { pathFault } from '../../query/index.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import { Turns } from '../turns.ts'
import { ruleError } from './rule-error.ts'

/** Documents with one value that are looked at: those of a write may give theirs up. More have it only where it was not unique before. */
const MAX_HOLDERS = 64

/** A document as it is to be. */
export interface Candidate {
  readonly id: string
  /** `null`: it is deleted. */
  readonly document: Document | null
}

/**
 * Keeps values unique where one writer writes: on this peer, before the write. Which of two documents has a value first is nothing that follows from
 * either of them, so other peers cannot judge it: a second device of the owner, which does not see the first one, can take a value too.
 */
export class UniqueValues {
  readonly #storage: Storage
  /** A value must not be taken between the look at it and the commit. */
  readonly #turns = new Turns()
  readonly #indexed = new Set<string>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Commits what gives no value to two documents. Throws `not-unique`, and `against-rules` for a value that is no text, number or boolean. */
  commit<T>(
    open: OpenNamespace,
    collection: string,
    rules: CollectionRules,
    candidates: () => Promise<readonly Candidate[]>,
    commit: () => Promise<T>,
  ): Promise<T> {
    const { unique } = rules.settings
    if (unique === undefined) return commit()
    return this.#turns.take(async () => {
      // Of several writes of one document the last counts.
      const documents = new Map((await candidates()).map(({ id, document }) => [id, document]))
      for (const path of unique) await this.#check(open, collection, path, documents)
      return commit()
    })
  }

  async #check({ ns }: OpenNamespace, collection: string, path: string, documents: ReadonlyMap<string, Document | null>): Promise<void> {
    const names = path.split('.')
    const indexPath = pathFault(path) === undefined ? path : names.map((name) => JSON.stringify(name)).join('.')
    const taken = new Map<string, string>()
    for (const [id, document] of documents) {
      const value = document === null ? undefined : fieldAt(document, names).value
      // What is not there is not the same as anything.
      if (value === undefined || value === null) continue
      if (typeof value === 'object') throw ruleError(collection, id, { path: names, rule: 'unique', expected: path })
      const text = canonicalJson(value)
      const holder = taken.get(text) ?? (await this.#holder(ns, collection, indexPath, value, documents))
      if (holder !== undefined) throw notUnique(collection, path, value, id, holder)
      taken.set(text, id)
    }
  }

  /** A document with this value that is not about to be written anew. */
  async #holder(ns: number, collection: string, path: string, value: Json, documents: ReadonlyMap<string, unknown>): Promise<string | undefined> {
    await this.#index(ns, collection, path)
    const { contents } = await this.#storage.find(ns, collection, { filter: { kind: 'equals', path, values: [value] }, sort: [], limit: MAX_HOLDERS })
    return contents.map((content) => (JSON.parse(content) as Document)._id).find((id) => !documents.has(id))
  }

  /** Without an index each write would read the collection. */
  async #index(ns: number, collection: string, path: string): Promise<void> {
    const key = `${ns}/${collection}/${path}`
    if (this.#indexed.has(key)) return
    try {
      await this.#storage.createIndex(ns, collection, [path])
    } catch (error) {
      // Slow is better than not at all.
      if (errorCode(error) !== 'too-many-indexes') throw error
    }
    this.#indexed.add(key)
  }
}

function notUnique(collection: string, path: string, value: Json, id: string, holder: string): DocstoreError {
  return new DocstoreError(
    'not-unique',
    `In the collection "${collection}" no two documents have the same ${JSON.stringify(path)}, and ${JSON.stringify(holder.slice(0, 80))} has ${canonicalJson(value).slice(0, 80)} already. Nothing was written`,
    { details: { collection, _id: id, path, holder } },
  )
}
