import { equalBytes } from '../../../model/bytes.ts'
import { keyOf, personOf } from '../../../model/people/author.ts'
import type { RecordScope } from '../../../model/record.ts'
import { ownContent } from '../../../storage/records/own-content.ts'
import { fullError } from '../../../storage/space/room.ts'
import type { CommitEntry, StoredRecord } from '../../../storage/storage.ts'
import type { ReplicaGround } from '../../ground.ts'
import { ADOPT_PAGE } from '../../limits.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import { commitOr } from '../../writing/commit-or.ts'
import type { Fitted } from '../../writing/full-store.ts'
import type { Author } from '../../writing/local-write.ts'
import { writtenAnew } from '../../writing/written-anew.ts'

/** Whose records are written again: those that a key signed for this person, up to a hybrid time. */
export interface Adopted {
  readonly key: Uint8Array
  readonly until: number
}

/**
 * Writes what other devices of this person wrote here once more, under the key of this one: the same content. Afterwards nothing is lost where all that the others
 * signed becomes void. Bounded transactions; again does no harm. Resolves with how many records that was.
 */
export async function adoptRecords(ground: ReplicaGround, open: OpenNamespace, adopted: readonly Adopted[]): Promise<number> {
  const { storage, identity, clock, news, pause } = ground
  if (open.head.head.body.ended !== undefined) return 0
  await storage.readyForEdits()
  let count = 0
  // What is written again lies behind this.
  const last = await storage.lastSeq(open.ns)
  for (let since = 0; since < last; ) {
    const records = await storage.recordsSince(open.ns, since, ADOPT_PAGE)
    since = records.at(-1)?.seq ?? last
    const found = records.filter((record) => adopted.some((one) => isOf(record, one, identity.author)))
    const entries = found.map((record) => adoptedEntry(open.scope, record, { identity, clock }))
    const outcomes = await commitOr<readonly Fitted[], readonly Fitted[]>(
      () => storage.commit(open.ns, entries),
      async () => (await import('../../writing/full-store.ts')).commitWhatFits(storage, open.ns, entries, []),
    )
    news.tellOf(
      open.id,
      outcomes.filter((outcome) => outcome !== 'no-room'),
    )
    if (outcomes.includes('no-room')) throw fullError('what other devices wrote could not be written again')
    count += outcomes.filter((outcome) => outcome !== undefined).length
    await pause()
  }
  return count
}

function isOf({ by, at, lost, erased }: StoredRecord, { key, until }: Adopted, own: Uint8Array): boolean {
  const [person, mine] = [personOf(by), personOf(own)]
  // What lost, and what has expired, says nothing to anybody.
  if (at > until || lost !== undefined || erased !== undefined || person === undefined || mine === undefined) return false
  return equalBytes(keyOf(by), key) && equalBytes(person, mine)
}

function adoptedEntry(scope: RecordScope, record: StoredRecord, { identity, clock }: Author): CommitEntry {
  return {
    slot: record.slot,
    isAnew: true,
    ...(record.edit === undefined ? {} : { document: record.edit.document }),
    build: (old, document) => {
      if (old === undefined || !equalBytes(old.hash, record.hash)) return undefined
      // The entry of a log has its time in its id.
      const isEntry = old.ownSlot === true && ownContent(old) !== null
      const at = isEntry ? old.at : clock.next(Math.max(old.at, document?.newest ?? 0))
      return writtenAnew(scope, old, { at, by: identity.author })
    },
  }
}
