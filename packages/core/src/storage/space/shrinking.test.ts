import { expect, it } from 'vitest'
import { authorTag } from '../../model/edits/seen.ts'
import type { CommitEntry, DocumentView, NewRecord, StoredRecord } from '../storage.ts'
import { shrinkingOnly } from './shrinking.ts'

const slot = new Uint8Array(16)
const [ada, ben] = [new Uint8Array(34).fill(1), new Uint8Array(34).fill(2)]
const stored = (content: string, at: number, by = ada): StoredRecord => ({ content, own: content, at, by }) as unknown as StoredRecord
const put = (content: string, at: number, writer = ada): NewRecord => ({ content, at, by: writer }) as unknown as NewRecord
const view = (base: StoredRecord | undefined, ...edits: readonly StoredRecord[]): DocumentView => ({
  base,
  edits,
  losers: [],
  newest: 9,
  lastSeq: 9,
  content: () => base?.content ?? null,
  digest: () => null,
})

/** Whether a full store takes a record in the place of these. */
function takes(entry: Omit<CommitEntry, 'build'>, record: NewRecord, old: StoredRecord | undefined, document?: DocumentView): boolean {
  const shrinking = shrinkingOnly([{ ...entry, build: () => record }])
  const built = shrinking.entries[0]?.build(old, document, 0)
  expect(shrinking.isLeftOut(0)).toBe(built === undefined)
  return built === record
}

it('a full store takes a whole version that is no larger than the document with the edits that go with it', () => {
  const base = stored('x'.repeat(10), 1)
  const edited = view(base, stored('y'.repeat(50), 2), stored('z'.repeat(40), 9))
  expect(takes({ slot }, put('x'.repeat(60), 5), base, edited)).toBe(true)
  // The later edit stays.
  expect(takes({ slot }, put('x'.repeat(61), 5), base, edited)).toBe(false)
  expect(takes({ slot }, put('x'.repeat(100), 9), base, edited)).toBe(true)
  // What an update writes as a whole lies in the document's slot, too; a field of it does not.
  expect(takes({ slot, document: slot }, put('x'.repeat(60), 5), base, edited)).toBe(true)
  expect(takes({ slot: Uint8Array.of(1), document: slot }, put('x'.repeat(60), 5), stored('y'.repeat(50), 2), edited)).toBe(false)
})

it('a full store takes what settles versions that lost and is no larger than what goes with them, and no more for those that stay', () => {
  const base = stored('x'.repeat(10), 5)
  const loser = { ...stored('y'.repeat(50), 3, ben), lost: { document: slot, unit: slot, since: 1 } }
  const ofField = { ...stored('z'.repeat(40), 2, ben), lost: { document: slot, unit: Uint8Array.of(7), since: 1 } }
  const document = { ...view(base), losers: [loser, ofField] }
  const settling = (length: number, but: readonly number[] = []): NewRecord => ({
    ...put('x'.repeat(length), 9),
    seen: { base: 0, authors: [{ tag: authorTag(ben), to: 9, but }] },
  })
  expect(takes({ slot }, settling(100), base, document)).toBe(true)
  expect(takes({ slot }, settling(101), base, document)).toBe(false)
  // The one that it leaves open stays.
  expect(takes({ slot }, settling(50, [3]), base, document)).toBe(true)
  expect(takes({ slot }, settling(51, [3]), base, document)).toBe(false)
  // A field settles what lost to it alone, whether it stands already or not.
  const field = { slot: Uint8Array.of(7), document: slot }
  expect(takes(field, settling(40), undefined, document)).toBe(true)
  expect(takes(field, settling(41), undefined, document)).toBe(false)
})

it('a full store takes nothing that is new, not even without a content', () => {
  expect(takes({ slot }, put('', 5), undefined)).toBe(false)
  expect(takes({ slot }, put('', 5), undefined, view(undefined))).toBe(false)
  expect(takes({ slot }, put('', 5), stored('', 1))).toBe(true)
})

it('a full store takes nothing that leaves a version of somebody else as a conflict, unless it says nothing', () => {
  expect(takes({ slot }, put('x', 5, ben), stored('x'.repeat(10), 1))).toBe(false)
  expect(takes({ slot }, { ...put('', 5, ben), content: null }, stored('x'.repeat(10), 1))).toBe(true)
})
