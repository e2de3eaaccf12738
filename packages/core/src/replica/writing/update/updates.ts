import { DocstoreError } from '../../../errors.ts'
import { isOfAuthors } from '../../../model/types/collection-type.ts'
import { typeOf } from '../../../model/types/type-of.ts'
import { wrongType } from '../typed/wrong-type.ts'
import { MAX_CONTENT_BYTES } from '../../../model/limits.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
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

  constructor(ground: ReplicaGround, commits: GroupCommit) {
    this.#ground = ground
    this.#commits = commits
    this.#noted = new NotedUpdates(ground.storage)
  }

  /** `allowed` gives the namespace, or throws where nothing may be written there: it can end or go while the update is made ready. */
  async update(allowed: () => OpenNamespace, collection: string, { id, changes, if: expected, once }: Update): Promise<UpdateResult> {
    const { storage, network, identity, clock } = this.#ground
    const { ns, scope, head } = allowed()
    const type = typeOf(head.head.body, collection)
    if (isOfAuthors(type)) throw wrongType(collection, type, 'no fields of its documents are changed')
    const update = new LocalUpdate({
      scope,
      collection,
      id,
      changes: parseChanges(changes),
      expected,
      maxBytes: Math.min(network.descriptor.limits.content, MAX_CONTENT_BYTES),
      author: { identity, clock },
      ...(type === 'map' ? { map: { mayMake: false } } : {}),
    })
    await storage.readyForEdits()
    if (once === undefined) await this.#commits.commit(allowed(), update.entries)
    else {
      if (!this.#noted.isName(once)) throw new DocstoreError('bad-option', 'once is a name of 16 to 64 letters, digits, "_" or "-"')
      const known = await this.#noted.find(once)
      if (known !== undefined) return known
      const note = await this.#noted.begin(once)
      await this.#commits.commit(allowed(), update.entries, () => (update.isWritten ? note(update.result()) : []))
    }
    const result = update.result()
    return result.status === 'written' ? result : { ...result, seq: await storage.lastSeq(ns) }
  }
}
