import { DocstoreError } from '../../../errors.ts'
import { canonicalJson, isPlainObject } from '../../../model/content.ts'
import { type EditPath, isEditPath } from '../../../model/edits/edit-path.ts'
import type { Json } from '../../../model/json/json-value.ts'
import { MAX_CONTENT_BYTES } from '../../../model/limits.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import type { Write, WriteResult } from '../../types.ts'
import type { GroupCommit } from '../group-commit.ts'
import { type LocalWrite, localWrite } from '../local-write.ts'
import { isSettling } from '../seen-by-writer.ts'
import type { FieldChange } from '../update/changes.ts'
import { LocalUpdate } from '../update/local-update.ts'

/** How often puts are made ready again because their documents got other fields meanwhile. */
const MAX_AGAIN = 8

type Fields = Readonly<Record<string, Json>>

/** Puts of documents of a map: of each only those fields are written that it changes. */
export class MapPuts {
  readonly #ground: ReplicaGround
  readonly #commits: GroupCommit

  constructor(ground: ReplicaGround, commits: GroupCommit) {
    this.#ground = ground
    this.#commits = commits
  }

  /** `allowed` gives the namespace, or throws where nothing may be written there. Throws `conflict`, `map-full`, `bad-document`, `document-too-large`. */
  async write(allowed: () => OpenNamespace, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const { storage } = this.#ground
    const results: WriteResult[] = []
    await storage.readyForEdits()
    let waiting = writes.map((write, i) => ({ write, i }))
    for (let again = 0; waiting.length > 0; again++) {
      if (again === MAX_AGAIN) throw new DocstoreError('busy', 'The documents get other fields faster than they can be written')
      const { ns } = allowed()
      const made = []
      for (const { write, i } of waiting) made.push({ write, i, entry: await this.#entry(allowed(), collection, write) })
      const outcomes = await this.#commits.commit(
        allowed(),
        made.flatMap(({ entry }) => (entry instanceof LocalUpdate ? entry.entries : [entry])),
      )
      const seq = await storage.lastSeq(ns)
      let at = 0
      waiting = []
      for (const { write, i, entry } of made) {
        const outcome = outcomes[at]
        at += entry instanceof LocalUpdate ? entry.entries.length : 1
        if (!(entry instanceof LocalUpdate))
          results[i] =
            outcome === undefined ? { status: 'unchanged', seq, at: entry.keptAt() } : { status: 'written', seq: outcome.seq, at: outcome.record.at }
        else if (entry.isStale) waiting.push({ write, i })
        else {
          const result = entry.result()
          results[i] = { status: result.status, seq: result.status === 'written' ? result.seq : seq, at: result.at }
        }
      }
    }
    return results
  }

  async #entry({ ns, scope }: OpenNamespace, collection: string, write: Write): Promise<LocalWrite | LocalUpdate> {
    const { storage, network, identity, clock } = this.#ground
    const author = { identity, clock }
    const { id, content, was, if: expected } = write
    // Only a whole version settles what lost to whole versions.
    if (content === null || isSettling(write.settles)) return localWrite(scope, collection, write, author)
    if (write.exp !== undefined) throw new DocstoreError('bad-option', 'Documents of a map are written by field, and do not expire')
    const maxBytes = Math.min(network.descriptor.limits.content, MAX_CONTENT_BYTES)
    const before = (was === undefined ? await storage.get(ns, collection, id) : was) ?? '{}'
    const changes = changesBetween(fieldsOf(before), fieldsOf(content))
    const map = { mayMake: was === undefined || was === null, ...(was === undefined ? { becomes: content } : {}) }
    return new LocalUpdate({ scope, collection, id, changes, expected, maxBytes, author, map })
  }
}

function fieldsOf(content: string): Fields {
  const { _id, ...fields } = JSON.parse(content) as Fields
  return fields
}

/** One change for each field that differs. An object is no field but what is in it, so that two who add to it both do. */
function changesBetween(before: Fields, next: Fields): readonly FieldChange[] {
  const changes: FieldChange[] = []
  for (const name of new Set([...Object.keys(before), ...Object.keys(next)])) {
    if (!isEditPath([name]))
      throw new DocstoreError(
        'bad-document',
        `In a map the name of a field has 1 to 196 bytes, and is not reserved: ${JSON.stringify(name.slice(0, 80))} cannot be one`,
      )
    addChanges(changes, [name], valueIn(before, name), valueIn(next, name))
  }
  return changes
}

function addChanges(changes: FieldChange[], path: EditPath, before: Json | undefined, next: Json | undefined): void {
  if (before !== undefined && next !== undefined && canonicalJson(before) === canonicalJson(next)) return
  const inside = isPlainObject(before) ? before : {}
  const canEnter = isPlainObject(next) && (before === undefined ? Object.keys(next).length > 0 : isPlainObject(before))
  const names = canEnter ? [...new Set([...Object.keys(inside), ...Object.keys(next)])] : []
  // A name that no path can have is written with what it is in.
  if (!canEnter || !names.every((name) => isEditPath([...path, name]))) changes.push({ path, name: path.join('.'), apply: () => next })
  else for (const name of names) addChanges(changes, [...path, name], valueIn(inside, name), valueIn(next, name))
}

function valueIn(fields: Readonly<Record<string, unknown>>, name: string): Json | undefined {
  return Object.hasOwn(fields, name) ? (fields[name] as Json) : undefined
}
