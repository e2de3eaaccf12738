import { expect, it } from 'vitest'
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

it('a full store takes nothing that is new, not even without a content', () => {
  expect(takes({ slot }, put('', 5), undefined)).toBe(false)
  expect(takes({ slot }, put('', 5), undefined, view(undefined))).toBe(false)
  expect(takes({ slot }, put('', 5), stored('', 1))).toBe(true)
})

it('a full store takes nothing that leaves a version of somebody else as a conflict, unless it says nothing', () => {
  expect(takes({ slot }, put('x', 5, ben), stored('x'.repeat(10), 1))).toBe(false)
  expect(takes({ slot }, { ...put('', 5, ben), content: null }, stored('x'.repeat(10), 1))).toBe(true)
})
