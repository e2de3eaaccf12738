import { DocstoreError } from '../../../errors.ts'
import { isOfAuthors } from '../../../model/types/collection-type.ts'
import { typeOf } from '../../../model/types/type-of.ts'
import { wrongType } from '../typed/wrong-type.ts'
import { hasSettings } from '../../../model/namespace/head-body.ts'
import { MAX_CONTENT_BYTES } from '../../../model/limits.ts'
import type { CollectionRules } from '../../../rules/collection-rules.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import type { RuledWrites } from '../../rules/ruled-writes.ts'
import type { Update, UpdateResult } from '../../types.ts'
import type { GroupCommit } from '../group-commit.ts'
import { parseChanges } from './changes.ts'
import { LocalUpdate } from './local-update.ts'
import { NotedUpdates } from './noted-updates.ts'

/** Updates of documents, by somebody who may write them. */
export class Updates {
  readonly #ground: ReplicaGround
  readonly #commits: GroupCommit
  readonly #noted: NotedUpdates
  readonly #ruled: () => Promise<RuledWrites>

  constructor(ground: ReplicaGround, commits: GroupCommit, ruled: () => Promise<RuledWrites>) {
    this.#ruled = ruled
    this.#ground = ground
    this.#commits = commits
    this.#noted = new NotedUpdates(ground.storage)
  }

  /** What came of an update that was made before under this name. Throws `bad-option` for what is no name. */
  async known(once: string): Promise<UpdateResult | undefined> {
    if (!this.#noted.isName(once)) throw new DocstoreError('bad-option', 'once is a name of 16 to 64 letters, digits, "_" or "-"')
    return this.#noted.find(once)
  }

  /** `allowed` gives the namespace, or throws where nothing may be written there: it can end, change or go while the update is made ready. */
  async update(allowed: () => OpenNamespace, collection: string, { id, changes: given, if: expected, once, settles }: Update): Promise<UpdateResult> {
    const { storage, network, identity, clock } = this.#ground
    const changes = parseChanges(given)
    const maxBytes = Math.min(network.descriptor.limits.content, MAX_CONTENT_BYTES)
    const attempt = async (open: OpenNamespace, rules?: CollectionRules): Promise<UpdateResult | undefined> => {
      const type = typeOf(open.head.head.body, collection)
      if (isOfAuthors(type)) throw wrongType(collection, type, 'no fields of its documents are changed')
      const map = type === 'map' ? { map: { mayMake: false } } : {}
      const author = { identity, clock }
      const update = new LocalUpdate({ scope: open.scope, collection, id, changes, expected, settles, maxBytes, rules, author, ...map })
      await storage.readyForEdits()
      const known = once === undefined ? undefined : await this.#noted.find(once)
      if (known !== undefined) return known
      const note = once === undefined ? undefined : await this.#noted.begin(once)
      if (allowed() !== open) return undefined
      await this.#commits.commit(open, update.entries, note && (() => (update.isWritten ? note(update.result()) : [])))
      const result = update.result()
      return result.status === 'written' ? result : { ...result, seq: await storage.lastSeq(open.ns) }
    }
    const open = allowed()
    const isRuled = hasSettings(open.head.head.body, collection)
    // Where the head changes meanwhile, it may have rules now.
    const result = isRuled ? undefined : await attempt(open)
    return result ?? (await this.#ruled()).update(allowed, collection, { id, changes }, attempt)
  }
}
