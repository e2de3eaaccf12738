import { DocstoreError } from '../../errors.ts'
import { isOwnAuthor, isSamePrincipal } from '../../model/people/author.ts'
import { fullError } from '../../storage/space/room.ts'
import type { CommitEntry, StoredRecord } from '../../storage/storage.ts'
import type { ReplicaGround } from '../ground.ts'
import { ERASE_PAGE } from '../limits.ts'
import type { Namespaces } from '../namespaces.ts'
import type { ErasedPage } from '../types.ts'
import { commitOr } from './commit-or.ts'
import type { Fitted } from './full-store.ts'
import { withdrawnEntries } from './withdrawn-entry.ts'
import type { Writes } from './writes.ts'

/** Deletes what this person wrote, on whichever device, or this key. */
export class Erasing {
  readonly #ground: ReplicaGround
  readonly #namespaces: Namespaces
  readonly #writes: Writes

  constructor(ground: ReplicaGround, namespaces: Namespaces, writes: Writes) {
    this.#ground = ground
    this.#namespaces = namespaces
    this.#writes = writes
  }

  /**
   * Deletes the documents of one page of the local order whose whole version is ours, and takes back what lost to versions of others; what was written into
   * those of others, and stands there, stays and is counted, and so does what others wrote and lost to ours, as conflicts.
   */
  async eraseOwn(id: string, since: number): Promise<ErasedPage> {
    const { storage, identity } = this.#ground
    const { ns, scope } = this.#namespaces.open(id)
    const records = await storage.recordsSince(ns, since, ERASE_PAGE)
    const ours = records.filter(({ by, kh, erased }) => kh === null && erased === undefined && isOwnAuthor(by, identity.author))
    // What was the key's alone, before it signed for a person, is nobody's to delete now.
    const all = ours.filter(({ by, ownSlot }) => isSamePrincipal(by, identity.author) || !(scope.write === 'author' || ownSlot === true))
    const own = all.filter(({ lost }) => lost === undefined)
    const byCollection = new Map<string, string[]>()
    for (const { edit, collection, id: document } of own) {
      if (edit !== undefined || collection === null || document === null) continue
      byCollection.set(collection, [...(byCollection.get(collection) ?? []), document])
    }
    let documents = 0
    for (const [collection, ids] of byCollection) {
      const results = await this.#writes.write(
        id,
        collection,
        ids.map((document) => ({ id: document, content: null, settles: false, isErasing: true })),
      )
      documents += results.filter(({ status }) => status === 'written').length
    }
    const conflicts = await this.#withdraw(
      id,
      all.filter(({ lost, edit }) => lost !== undefined || edit !== undefined),
    )
    return { documents, conflicts, edits: (await this.#foreignEdits(ns, own)) + ours.length - all.length, next: records.at(-1)?.seq }
  }

  /** Takes back versions of ours that lost to those of others, edits that others' deletes hide among them; gives how many. */
  async #withdraw(id: string, lost: readonly StoredRecord[]): Promise<number> {
    const { storage, identity, news, people, rules: known } = this.#ground
    const open = this.#namespaces.open(id)
    const { title, ended, collections } = open.head.head.body
    if (lost.length === 0) return 0
    if (ended !== undefined) throw new DocstoreError('ended', `The namespace "${title}" has ended: nothing is written there any more`)
    const rules = await known.of(collections)
    const entries = (isSmall: boolean): CommitEntry[] =>
      lost.flatMap((record) => withdrawnEntries({ scope: open.scope, by: identity.author, rules, isSmall }, record))
    await (await people.of(open, [identity.author]))?.need(open, [identity.author])
    await storage.readyForEdits()
    const outcomes = await commitOr<readonly Fitted[], readonly Fitted[]>(
      () => storage.commit(open.ns, entries(false)),
      async () => (await import('./full-store.ts')).commitWhatFits(storage, open.ns, entries(true), []),
    )
    const written = outcomes.filter((outcome) => outcome !== undefined && outcome !== 'no-room')
    news.tellOf(id, written)
    if (outcomes.includes('no-room')) throw fullError('what lost could not be taken back')
    return written.length
  }

  /** How many of these records change documents that somebody else wrote, and are still there. */
  async #foreignEdits(ns: number, own: readonly StoredRecord[]): Promise<number> {
    const { storage } = this.#ground
    let count = 0
    for (const { edit, slot } of own) {
      if (edit === undefined) continue
      const [base, same] = await Promise.all([storage.recordsBySlot(ns, [edit.document]), storage.recordsBySlot(ns, [slot])])
      if (same.length > 0 && base[0]?.kh === null) count++
    }
    return count
  }
}
