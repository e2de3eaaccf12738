import { DocstoreError } from '../../errors.ts'
import { utf8 } from '../../model/bytes.ts'
import { isOfAuthors } from '../../model/types/collection-type.ts'
import { typeOf } from '../../model/types/type-of.ts'
import type { WritePolicy } from '../../model/namespace/namespace.ts'
import { hasSettings } from '../../model/namespace/head-body.ts'
import { mayWrite } from '../../model/record.ts'
import { keyOf, personOf } from '../../model/people/author.ts'
import { createSeal } from '../../model/seal.ts'
import type { CommitEntry, CommitOutcome } from '../../storage/storage.ts'
import { checkCollection } from '../check-collection.ts'
import type { ReplicaGround } from '../ground.ts'
import { MAX_WRITES } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { OpenNamespace } from '../open-namespace.ts'
import type { People } from '../people/people.ts'
import type { RuledWrites } from '../rules/ruled-writes.ts'
import type { ReplicaWrites, Update, UpdateResult, Write, WriteResult } from '../types.ts'
import type { Expiry } from './expiry.ts'
import { checkExpected } from './expected-version.ts'
import { commitOr } from './commit-or.ts'
import { GroupCommit } from './group-commit.ts'
import { checkedKey } from './checked-key.ts'
import { localWrite } from './local-write.ts'
import type { Updates } from './update/updates.ts'
import type { LazyPending } from './lazy-pending.ts'

/** Local writes: who may make them, and how they are committed. */
export class Writes implements ReplicaWrites {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #pending: LazyPending
  readonly #expiry: Expiry
  readonly #single: GroupCommit
  #updates: Updates | undefined
  #ruled: RuledWrites | undefined

  constructor(ground: ReplicaGround, namespaces: Namespaces, { pending, expiry }: { readonly pending: LazyPending; readonly expiry: Expiry }) {
    this.#expiry = expiry
    this.#ground = ground
    this.#namespaces = namespaces
    this.#pending = pending
    this.#single = new GroupCommit(ground.storage, ground.news)
  }

  async write(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    checkCollection(collection)
    if (writes.length > MAX_WRITES) throw new DocstoreError('too-many-writes', `One call writes at most ${MAX_WRITES} documents`)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const known = this.#namespaces.get(id)
    if (known === undefined) {
      const kept = await this.#keepEarly(id, collection, writes)
      if (kept !== undefined) return kept
    }
    const open = known ?? this.#namespaces.open(id)
    const people = await this.#people(open)
    for (const write of writes) {
      this.#checkAllowed(open, collection, write.id)
      this.#checkSize(write)
      checkExpected(write.if)
      this.#checkExpiry(write)
      if (write.if !== undefined && writes.length > 1) throw new DocstoreError('bad-option', 'if is for a write of one document')
      if (write.was !== undefined && typeOf(open.head.head.body, collection) !== 'map')
        throw new DocstoreError('bad-option', 'was is for documents of a map; others are written whole')
    }
    // Their log has to travel before what they write.
    await people?.need(open, [this.#ground.identity.author])
    return hasSettings(open.head.head.body, collection) ? this.#writeByRules(id, collection, writes) : this.#commit(open, collection, writes)
  }

  async #commit(open: OpenNamespace, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const { identity, clock } = this.#ground
    const author = { identity, clock }
    const type = typeOf(open.head.head.body, collection)
    if (type === 'map') {
      const { MapPuts } = await import('./typed/map-puts.ts')
      return new MapPuts(this.#ground, this.#single).write(() => this.#allowed(open.id, collection, writes), collection, writes)
    }
    const own = isOfAuthors(type) ? await import('./typed/own-writes.ts') : undefined
    const entries =
      isOfAuthors(type) && own !== undefined
        ? own.ownWrites({ open: this.#allowed(open.id, collection, writes), collection, type }, writes, this.#ground)
        : writes.map((write) => localWrite(open.scope, collection, write, author))
    const outcomes = writes.length > 1 ? await this.#commitBulk(open, entries, writes) : await this.#single.commit(open, entries)
    const current = outcomes.includes(undefined) ? await this.#ground.storage.lastSeq(open.ns) : 0
    return outcomes.map((outcome, i) =>
      outcome === undefined
        ? { status: 'unchanged', seq: current, at: entries[i]?.keptAt() ?? 0 }
        : { status: 'written', seq: outcome.seq, at: outcome.record.at },
    )
  }

  async #writeByRules(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const ruled = await this.#ruledWrites()
    return ruled.write(
      () => this.#allowed(id, collection, writes),
      collection,
      writes,
      (open, checked) => this.#commit(open, collection, checked),
    )
  }

  /** What judges writes by rules, loaded when a collection has some. */
  async #ruledWrites(): Promise<RuledWrites> {
    if (this.#ruled !== undefined) return this.#ruled
    const { RuledWrites } = await import('../rules/ruled-writes.ts')
    return (this.#ruled ??= new RuledWrites(this.#ground))
  }

  async update(id: string, collection: string, update: Update): Promise<UpdateResult> {
    checkCollection(collection)
    const allowed = (): OpenNamespace => this.#allowed(id, collection, [update])
    // Whoever asks again what came of one that was written is told, whatever has become of the namespace.
    if (update.once !== undefined) {
      const known = await (await this.#loaded()).known(update.once)
      if (known !== undefined) return known
    }
    const people = await this.#people(this.#namespaces.open(id))
    await people?.need(allowed(), [this.#ground.identity.author])
    checkExpected(update.if)
    if (this.#expiry.isDue) await this.#expiry.sweep()
    const updates = await this.#loaded()
    return updates.update(allowed, collection, update)
  }

  async entryTime(id: string, collection: string, count: number): Promise<number> {
    const { ns } = this.#namespaces.open(id)
    if (!(count >= 1 && count <= MAX_WRITES)) throw new DocstoreError('too-many-writes', `One call writes at most ${MAX_WRITES} documents`)
    return (await import('./typed/entry-time.ts')).entryTime(this.#ground, ns, collection, count)
  }

  /** What updates documents, loaded when it is first needed: many a tab is closed before that. */
  async #loaded(): Promise<Updates> {
    if (this.#updates !== undefined) return this.#updates
    const { Updates } = await import('./update/updates.ts')
    return (this.#updates ??= new Updates(this.#ground, this.#single, () => this.#ruledWrites()))
  }

  /** The namespace as it is now. Throws where these documents may not be written. */
  #allowed(id: string, collection: string, writes: readonly Pick<Write, 'id'>[]): OpenNamespace {
    const open = this.#namespaces.open(id)
    for (const write of writes) this.#checkAllowed(open, collection, write.id)
    return open
  }

  #checkAllowed(open: OpenNamespace, collection: string, id: string): void {
    const { title, ended } = open.head.head.body
    if (ended !== undefined) throw new DocstoreError('ended', `The namespace "${title}" has ended: nothing is written there any more`)
    const { write, owner } = open.genesis.genesis
    // Where each record is its author's own, its id says whose it is in another way.
    const isOwn = isOfAuthors(typeOf(open.head.head.body, collection))
    const { identity, people, clock } = this.#ground
    const isAllowed =
      write === 'members'
        ? people.loaded?.lastRoles(open.id)?.may(identity.author, clock.wall(), 'write', { collection, ...(isOwn && { ownSlot: true }) }) === 'yes'
        : mayWrite(write, owner, identity.author, isOwn ? undefined : id)
    if (isAllowed) return
    const reasons: Partial<Record<WritePolicy, string>> = {
      author: 'the document belongs to another author',
      members: 'you have no role there that allows it',
      nostr: 'events are signed by their own keys',
    }
    const reason = reasons[write] ?? 'only its owner writes there'
    throw new DocstoreError('not-allowed', `You cannot write this document in "${title}": ${reason}`)
  }

  /** Those by whose logs it is judged what is written here; `undefined` where a key writes, which needs none. Throws `revoked`. */
  async #people(open: OpenNamespace): Promise<People | undefined> {
    const { identity, clock } = this.#ground
    const people = await this.#ground.people.of(open, [identity.author])
    const authority = await people?.authority(open, [identity.author])
    const person = personOf(identity.author)
    if (authority !== undefined && person !== undefined && authority.person(person)?.acts(keyOf(identity.author), clock.wall()) !== 'yes')
      throw new DocstoreError('revoked', 'This device was taken from its person: what it writes would be accepted by nobody')
    return people
  }

  /** Their policy is not known yet: what can be refused whatever that is, is. `undefined` where the namespace has arrived meanwhile. */
  async #keepEarly(id: string, collection: string, writes: readonly Write[]): Promise<readonly WriteResult[] | undefined> {
    for (const write of writes) {
      checkedKey(collection, write.id)
      if (write.if !== undefined)
        throw new DocstoreError('unknown-namespace', `The namespace ${id} is not here yet: nobody can say whether the document is what "if" expects`)
      this.#checkSize(write)
      this.#checkExpiry(write)
    }
    return this.#pending.keepWrites(id, collection, writes)
  }

  /** A time that has passed is none of this one's business: the write may have been under way for longer than the document was to live. */
  #checkExpiry({ exp, content }: Write): void {
    if (exp === undefined || (content !== null && Number.isSafeInteger(exp) && exp >= 0)) return
    throw new DocstoreError('bad-expiry', content === null ? 'A delete does not expire' : 'That is no time at which a document can expire')
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
      async () => (await import('./full-store.ts')).commitWhole(storage, open.ns, entries),
    )
    news.tellOf(open.id, outcomes)
    return outcomes
  }
}
