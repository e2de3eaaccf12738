import { DocstoreError } from '../../errors.ts'
import { utf8 } from '../../model/bytes.ts'
import { MAX_CONTENT_BYTES } from '../../model/limits.ts'
import { mayWrite } from '../../model/record.ts'
import { createSeal } from '../../model/seal.ts'
import type { CommitEntry, CommitOutcome } from '../../storage/storage.ts'
import { checkCollection } from '../check-collection.ts'
import type { ReplicaGround } from '../ground.ts'
import { MAX_WRITES } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { ReplicaWrites, Update, UpdateResult, Write, WriteResult } from '../types.ts'
import { checkExpected } from './expected-version.ts'
import { commitOr, commitWhole } from './full-store.ts'
import { GroupCommit } from './group-commit.ts'
import { checkedKey } from './checked-key.ts'
import { type LocalWrite, localWrite } from './local-write.ts'
import { parseChanges } from './update/changes.ts'
import { NotedUpdates } from './update/noted-updates.ts'
import { LocalUpdate } from './update/local-update.ts'
import type { LazyPending } from './lazy-pending.ts'

/** Local writes: who may make them, and how they are committed. */
export class Writes implements ReplicaWrites {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #pending: LazyPending
  readonly #single: GroupCommit
  readonly #noted: NotedUpdates

  constructor(ground: ReplicaGround, namespaces: Namespaces, pending: LazyPending) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#noted = new NotedUpdates(ground.storage)
    this.#pending = pending
    this.#single = new GroupCommit(ground.storage, ground.news)
  }

  async write(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    checkCollection(collection)
    if (writes.length > MAX_WRITES) throw new DocstoreError('too-many-writes', `One call writes at most ${MAX_WRITES} documents`)
    const known = this.#namespaces.get(id)
    if (known === undefined) {
      const kept = await this.#keepEarly(id, collection, writes)
      if (kept !== undefined) return kept
    }
    const open = known ?? this.#namespaces.open(id)
    const { identity, clock } = this.#ground
    const author = { identity, clock }
    const entries: LocalWrite[] = []
    for (const write of writes) {
      this.#checkAllowed(open, write.id)
      this.#checkSize(write)
      checkExpected(write.if)
      if (write.if !== undefined && writes.length > 1) throw new DocstoreError('bad-option', 'if is for a write of one document')
      entries.push(localWrite(open.scope, collection, write, author))
    }
    const outcomes = writes.length > 1 ? await this.#commitBulk(open, entries, writes) : await this.#single.commit(open, entries)
    const current = await this.#ground.storage.lastSeq(open.ns)
    return outcomes.map((outcome, i) =>
      outcome === undefined
        ? { status: 'unchanged', seq: current, at: entries[i]?.keptAt() ?? 0 }
        : { status: 'written', seq: outcome.seq, at: outcome.record.at },
    )
  }

  async update(id: string, collection: string, { id: documentId, changes, if: expected, once }: Update): Promise<UpdateResult> {
    const open = this.#namespaces.open(id)
    checkCollection(collection)
    this.#checkAllowed(open, documentId)
    checkExpected(expected)
    const { storage, network, identity, clock } = this.#ground
    const update = new LocalUpdate({
      scope: open.scope,
      collection,
      id: documentId,
      changes: parseChanges(changes),
      expected,
      maxBytes: Math.min(network.descriptor.limits.content, MAX_CONTENT_BYTES),
      author: { identity, clock },
    })
    if (once === undefined) {
      await this.#single.commit(open, update.entries)
    } else {
      if (!this.#noted.isName(once)) throw new DocstoreError('bad-option', 'once is a name of 16 to 64 letters, digits, "_" or "-"')
      const known = await this.#noted.find(once)
      if (known !== undefined) return known
      const note = await this.#noted.begin(once)
      await this.#single.commit(open, update.entries, () => (update.isWritten ? note(update.result()) : []))
    }
    const result = update.result()
    return result.status === 'written' ? result : { ...result, seq: await storage.lastSeq(open.ns) }
  }

  #checkAllowed(open: OpenNamespace, id: string): void {
    const { write, owner } = open.genesis.genesis
    if (mayWrite(write, owner, this.#ground.identity.author, id)) return
    const reason = write === 'author' ? 'the document belongs to another author' : 'only its owner writes there'
    throw new DocstoreError('not-allowed', `You cannot write this document in "${open.head.head.body.title}": ${reason}`)
  }

  /** Their policy is not known yet: what can be refused whatever that is, is. `undefined` where the namespace has arrived meanwhile. */
  async #keepEarly(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[] | undefined> {
    for (const write of writes) {
      checkedKey(collection, write.id)
      if (write.if !== undefined) throw new DocstoreError('unknown-namespace', `The namespace ${id} is not here yet: nobody can say whether the document is what "if" expects`)
      this.#checkSize(write)
    }
    return this.#pending.keepWrites(id, collection, writes)
  }

  #checkSize({ id, content }: Write): void {
    const max = this.#ground.network.descriptor.limits.content
    // No UTF-16 unit takes more than three bytes, so that hardly any content is encoded here.
    if (content !== null && content.length * 3 > max && utf8(content).length > max)
      throw new DocstoreError('document-too-large', `The document ${JSON.stringify(id)} has more than ${max} bytes as JSON`)
  }

  /** One transaction, sealed right away where each document is written once. */
  async #commitBulk(open: OpenNamespace, entries: readonly CommitEntry[], writes: readonly Write[]): Promise<readonly (CommitOutcome | undefined)[]> {
    const { storage, network, identity, news } = this.#ground
    const isDistinct = new Set(writes.map((write) => write.id)).size === writes.length
    const sealWith = (hashes: Uint8Array) => createSeal(network.cid, hashes, identity)
    const outcomes = await commitOr(
      () => storage.commit(open.ns, entries, isDistinct ? { sealWith } : {}),
      () => commitWhole(storage, open.ns, entries),
    )
    news.tellOf(open.id, outcomes)
    return outcomes
  }
}
