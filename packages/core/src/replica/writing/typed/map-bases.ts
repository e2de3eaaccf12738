import { sha256 } from '#crypto'
import { equalBytes, utf8 } from '../../../model/bytes.ts'
import { canonicalJson } from '../../../model/content.ts'
import { type PutRecord, type RecordScope, recordHash, recordKey } from '../../../model/record.ts'
import { typeOf } from '../../../model/types/type-of.ts'
import { ownContent } from '../../../storage/records/own-content.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../../../storage/storage.ts'
import type { ReplicaGround } from '../../ground.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import { commitOr } from '../commit-or.ts'
import { seenByWriter } from '../seen-by-writer.ts'

/** What is written beneath the fields of a map whose beginning others refuse. */
interface Restated {
  readonly id: string
  readonly collection: string
  /** Latest hybrid time that it may have. */
  readonly latest: number
  /** Positions of records that are refused. */
  readonly refused: ReadonlySet<number>
}

/**
 * Documents of a map begin with nothing but their `_id`, at the lowest time, so that everybody's fields are later. Where a document of that name was
 * deleted long ago, others refuse that beginning, and with it a whole document which they would have to take. So it is written anew at `latest`, a time that
 * those cannot refuse: by whoever wrote it, or fields of it, where none of the document's fields is refused too. Resolves with the positions,
 * among those that are refused, of what is not to be given up: it was written anew, or finds no room now.
 */
export async function restateMapBases(
  { storage, identity, clock, news }: ReplicaGround,
  open: OpenNamespace,
  seqs: readonly number[],
  latest: number,
): Promise<ReadonlySet<number>> {
  const { body } = open.head.head
  const refused = new Set(seqs)
  const entries: CommitEntry[] = []
  const positions: number[] = []
  for (const seq of seqs) {
    const [record] = await storage.recordsSince(open.ns, seq - 1, 1)
    if (record?.seq !== seq || record.edit !== undefined || record.lost !== undefined) continue
    const { collection, id, slot } = record
    if (collection === null || id === null || typeOf(body, collection) !== 'map' || ownContent(record) !== canonicalJson({ _id: id })) continue
    const restated = { id, collection, latest: Math.min(latest, body.ended ?? latest), refused }
    const author = { by: identity.author, clock }
    entries.push({
      slot,
      document: slot,
      build: (old, view) => (old?.seq === seq && view ? baseOf(open.scope, restated, { old, view }, author) : undefined),
    })
    positions.push(seq)
  }
  if (entries.length === 0) return new Set()
  await storage.readyForEdits()
  const outcomes = await commitOr(
    () => storage.commit(open.ns, entries),
    async () => (await import('../full-store.ts')).commitWhatFits(storage, open.ns, entries, []),
  )
  news.tellOf(
    open.id,
    outcomes.map((outcome) => (outcome === 'no-room' ? undefined : outcome)),
  )
  return new Set(positions.filter((_, i) => outcomes[i] !== undefined))
}

function baseOf(
  scope: RecordScope,
  { id, collection, latest, refused }: Restated,
  { old, view: { edits, base } }: { readonly old: StoredRecord; readonly view: DocumentView },
  { by, clock }: { readonly by: Uint8Array; readonly clock: ReplicaGround['clock'] },
): NewRecord | undefined {
  const k = recordKey(collection, id)
  const isOurs = [old, ...edits].some((one) => equalBytes(one.by, by))
  if (k === undefined || !isOurs || edits.length === 0 || edits.some(({ seq }) => refused.has(seq))) return undefined
  // Before all fields, those of others too who made the document at the same time.
  const at = Math.min(latest, ...edits.map((edit) => edit.at - 1))
  if (at <= old.at) return undefined
  const content = canonicalJson({ _id: id })
  const bytes = utf8(content)
  const digest = sha256(bytes)
  const prev = old.hash
  const seen = seenByWriter({ at, by }, { old, document: { base, edits: [], losers: [] } }, clock)
  const put: PutRecord = { at, by, del: false, k, prev, digest, size: bytes.length, ...seen }
  return { collection, id, at, by, prev, exp: null, content, kh: null, digest, hash: recordHash(scope, put), ...seen }
}
