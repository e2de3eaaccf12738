import { DocstoreError } from '../../errors.ts'
import { utf8 } from '../../model/bytes.ts'
import type { Document } from '../../model/content.ts'
import { fieldAt, setField } from '../../model/edits/merged.ts'
import type { Json } from '../../model/json/json-value.ts'
import type { CollectionRules } from '../../rules/collection-rules.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { Write, WriteResult } from '../types.ts'
import type { FieldChange } from '../writing/update/changes.ts'
import type { KnownRules } from './known-rules.ts'
import { withDerivedId } from './derived-id.ts'
import { idPrefix, recordFault } from './record-fault.ts'
import { documentError } from './rule-error.ts'
import { type Candidate, UniqueValues } from './unique-values.ts'

/** How often a write is judged again because the head of its namespace changed. */
const MAX_JUDGED_AGAIN = 8

/** Local writes in collections with rules: judged before anything is written, with errors that say what is wrong. Loaded when there are rules. */
export class RuledWrites {
  readonly #storage: Storage
  readonly #known: KnownRules
  readonly #unique: UniqueValues

  constructor({ storage, rules }: Pick<ReplicaGround, 'storage' | 'rules'>) {
    this.#storage = storage
    this.#known = rules
    this.#unique = new UniqueValues(storage)
  }

  /**
   * Writes by the rules of the head that wins when it is written: `allowed` gives the namespace as it is now, `commit` begins at once. Throws
   * `immutable-field`, `against-rules`, `not-unique`.
   */
  async write(
    allowed: () => OpenNamespace,
    collection: string,
    writes: readonly Write[],
    commit: (open: OpenNamespace, writes: readonly Write[]) => Promise<readonly WriteResult[]>,
  ): Promise<readonly WriteResult[]> {
    return this.#byHead(allowed, collection, async (open, rules) => {
      if (rules === undefined) return commit(open, writes)
      const checked = writes.map((write) => checkedWrite(open, collection, rules, write))
      const candidates = async (): Promise<readonly Candidate[]> =>
        checked.map(({ id, content }) => ({ id, document: content === null ? null : (JSON.parse(content) as Document) }))
      const results = await this.#unique.commit(open, collection, rules, candidates, async () =>
        allowed() === open ? commit(open, checked) : undefined,
      )
      return results?.map((result, i) => {
        const { id } = checked[i] ?? {}
        return id === undefined || id === writes[i]?.id ? result : { ...result, id }
      })
    })
  }

  /** The same for an update of fields; `commit` resolves with `undefined` where the head has changed. */
  async update<T>(
    allowed: () => OpenNamespace,
    collection: string,
    { id, changes }: { readonly id: string; readonly changes: readonly FieldChange[] },
    commit: (open: OpenNamespace, rules: CollectionRules | undefined) => Promise<T | undefined>,
  ): Promise<T> {
    return this.#byHead(allowed, collection, async (open, rules) => {
      if (rules === undefined) return commit(open, undefined)
      const candidates = async (): Promise<readonly Candidate[]> => {
        const content = await this.#storage.get(open.ns, collection, id)
        return content === undefined ? [] : [{ id, document: changed(JSON.parse(content) as Document, changes) }]
      }
      return this.#unique.commit(open, collection, rules, candidates, () => commit(open, rules))
    })
  }

  async #byHead<T>(
    allowed: () => OpenNamespace,
    collection: string,
    work: (open: OpenNamespace, rules: CollectionRules | undefined) => Promise<T | undefined>,
  ): Promise<T> {
    for (let again = 0; again < MAX_JUDGED_AGAIN; again++) {
      const open = allowed()
      const rules = await this.#known.of(open.head.head.body.collections)
      const done = allowed() === open ? await work(open, rules?.get(collection)) : undefined
      if (done !== undefined) return done
    }
    throw new DocstoreError('busy', 'The namespace changes faster than documents can be judged')
  }
}

function checkedWrite({ scope: { write: policy } }: OpenNamespace, collection: string, rules: CollectionRules, write: Write): Write {
  if (write.content === null) return write
  const named = write.isNew === true && rules.derivesIds ? { ...write, ...withDerivedId(rules, idPrefix(policy, write.id), write.content) } : write
  const { id, content } = named
  if (content === null) return named
  const fault = recordFault(rules, policy, { id, content, size: utf8(content).length })
  if (fault === undefined) return named
  throw documentError(collection, id, rules, JSON.parse(content) as Document, idPrefix(policy, id), fault)
}

/** A document after changes; what cannot be changed is left alone here, and refused when it is written. */
function changed(document: Document, changes: readonly FieldChange[]): Document {
  const fields: Record<string, Json> & { _id: string } = { ...document }
  for (const { path, apply } of changes) {
    const { value, blockedBy } = fieldAt(fields, path)
    if (blockedBy === undefined) setField(fields, path, apply(value))
  }
  return fields
}
