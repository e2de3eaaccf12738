import { describe, expect } from 'vitest'
import { sha256 } from '#crypto'
import { compareBytes } from '../../model/bytes.ts'
import { MAX_CONTENT_BYTES } from '../../model/limits.ts'
import type { Version } from '../../storage/storage.ts'
import { addNamespace, author, compete, entry, FAIL, keep, put, query, slot, slotOf, snapshot, version } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { buildOf, PLANNED_FAILURE } from './plans.ts'

/** What a commit stores, and what it tells. */
export function commitsContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('commit', () => {
    test('stores what build returns and tells what it replaced', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const [first] = await storage.commit(ns, [put({ at: 1 })])
      expect(first).toEqual({ seq: 1, record: version({ at: 1 }), replaced: undefined })
      const [second, none] = await storage.commit(ns, [put({ at: 2 }), keep('nice')])
      expect(second?.seq).toBe(2)
      expect(second?.replaced).toMatchObject({ seq: 1, slot: slot('cities/lyon'), at: 1, hash: version({ at: 1 }).hash })
      expect(none).toBeUndefined()
      expect(await storage.recordsSince(ns, 0, 10)).toHaveLength(1)
    })

    test('gives every field back as it was', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      const at = 2 ** 53 - 1
      const full = {
        ...version({ id: 'a/ü/\u{1f600}', at, fields: { text: 'é\u0000\u2028"\\', n: 1e300, big: 2 ** 60 } }),
        prev: sha256('prev'),
        exp: at,
      }
      const known = version({ id: 'gone', fields: null })
      const unknown = { ...version({ id: 'never here', fields: null, by: author('bob') }), collection: null, id: null }
      await storage.commit(ns, [entry(full), entry(known), { slot: slot('unknown'), build: buildOf({ kind: 'put', record: unknown }) }])
      const again = await reopen()
      const expected = [full, known, unknown].map((record, i) => ({ ...record, seq: i + 1, seal: null }))
      const stored = (await again.recordsSince(ns, 0, 10)).map((record, i) => ({ ...record, digest: expected[i]?.digest }))
      expect(stored).toEqual([
        { ...expected[0], slot: slotOf(full) },
        { ...expected[1], slot: slotOf(known) },
        { ...expected[2], slot: slot('unknown') },
      ])
      expect(await again.get(ns, 'cities', 'a/ü/\u{1f600}')).toBe(full.content)
    })

    test('takes a document of the largest size', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const text = '\u2713'.repeat((MAX_CONTENT_BYTES - 64) / 3)
      await storage.commit(ns, [put({ fields: { text } })])
      expect(await storage.get(ns, 'cities', 'lyon')).toBe(version({ fields: { text } }).content)
    })

    test('lets entries for one slot compete with each other, in order', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const outcomes = await storage.commit(ns, [compete({ at: 2 }), compete({ at: 1 }), compete({ at: 3 }), compete({ at: 3 })])
      expect(outcomes.map((outcome) => outcome?.seq)).toEqual([1, undefined, 2, undefined])
      expect(outcomes[2]?.replaced?.at).toBe(2)
      expect((await storage.recordsSince(ns, 0, 10)).map(({ seq, at }) => [seq, at])).toEqual([[2, 3]])
    })

    test('never gives a position twice, also not right after opening or after a commit that failed', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put({ at: 1 })])
      const again = await reopen()
      expect((await again.commit(ns, [put({ at: 2 })]))[0]?.seq).toBe(2)
      await expect(async () => again.commit(await addNamespace(again, 'other'), [FAIL])).rejects.toThrow(PLANNED_FAILURE)
      expect((await again.commit(ns, [put({ at: 3 })]))[0]?.seq).toBe(3)
    })

    test('of nothing changes nothing', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put()])
      const before = await snapshot(storage, ns)
      expect(await storage.commit(ns, [])).toEqual([])
      expect(await storage.commit(ns, [keep()])).toEqual([undefined])
      expect(await snapshot(storage, ns)).toEqual(before)
    })

    test('that throws leaves everything as it was, and the next one goes on from there', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      await storage.createIndex(ns, 'cities', ['tags'])
      await storage.commit(ns, [put(), put({ id: 'nice', fields: { tags: 'x' } })])
      const before = await snapshot(storage, ns)
      const bob = author('bob')
      const failing = [put({ at: 2, by: bob }), put({ id: 'paris', by: bob, fields: { tags: ['x', 'y'] } }), FAIL]
      await expect(async () => storage.commit(ns, failing)).rejects.toThrow(PLANNED_FAILURE)
      expect(await snapshot(storage, ns)).toEqual(before)

      const [outcome] = await storage.commit(ns, [put({ id: 'rome', by: author('carl'), fields: { tags: ['x'] } })])
      expect(outcome?.seq).toBe(3)
      await storage.commit(ns, [put({ id: 'oslo', by: bob })])
      const again = await reopen()
      expect((await again.recordsSince(ns, 2, 10)).map(({ id, by }) => [id, by])).toEqual([
        ['rome', author('carl')],
        ['oslo', bob],
      ])
      expect((await again.find(ns, 'cities', query({ tags: 'x' }))).contents).toHaveLength(2)
    })

    test('keeps namespaces apart, also where they use the same slots', async ({ storage, reopen }) => {
      const a = await addNamespace(storage, 'a')
      const b = await addNamespace(storage, 'b')
      for (let i = 1; i <= 10; i++) {
        await storage.commit(a, [put({ id: `${i}`, at: i })])
        await storage.commit(b, [put({ id: `${i}`, at: i }), put({ id: `only ${i}`, at: i })])
      }
      await storage.commit(a, [put({ id: '1', at: 11, fields: null })])
      const again = await reopen()
      expect([await again.lastSeq(a), await again.lastSeq(b)]).toEqual([11, 20])
      expect((await again.recordsSince(a, 0, 100)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      expect((await again.recordsSince(b, 0, 100)).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
      expect(await again.get(a, 'cities', '1')).toBeUndefined()
      expect(await again.get(b, 'cities', '1')).toBeDefined()
    })
  })

  describe('records', () => {
    test('come in append order, in pages', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await addNamespace(storage, 'empty')
      expect(await storage.lastSeq(ns)).toBe(0)
      for (let at = 1; at <= 5; at++) await storage.commit(ns, [put({ id: 'a', at }), put({ id: `b${at}`, at })])
      const seqs = (page: readonly { seq: number }[]): number[] => page.map(({ seq }) => seq)
      expect(seqs(await storage.recordsSince(ns, 0, 3))).toEqual([2, 4, 6])
      expect(seqs(await storage.recordsSince(ns, 6, 3))).toEqual([8, 9, 10])
      expect(seqs(await storage.recordsSince(ns, 10, 3))).toEqual([])
      expect(seqs(await storage.versionsSince(ns, 4, 2))).toEqual([6, 8])
      const versions = (await storage.recordsSince(ns, 0, 10)).map(({ seq, slot, hash, at }) => ({ seq, slot, hash, at }))
      expect(await storage.versionsSince(ns, 0, 10)).toEqual(versions)
    })

    test('are found between slots, in their order', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      const ids = Array.from({ length: 30 }, (_, i) => `${i}`)
      await storage.commit(
        ns,
        ids.map((id) => put({ id })),
      )
      await storage.commit(other, [put({ id: 'elsewhere' })])
      await storage.commit(ns, [put({ id: '3', at: 2 })])
      const sorted = [...(await storage.versionsSince(ns, 0, 100))].sort((a, b) => compareBytes(a.slot, b.slot))
      const slots = sorted.map((version) => version.slot)
      const between = async (low: Uint8Array, high: Uint8Array | undefined, limit = 100): Promise<readonly Version[]> =>
        storage.versionsBetween(ns, low, high, limit)
      const none = new Uint8Array()
      expect(await between(none, undefined)).toEqual(sorted)
      expect(await between(none, undefined, 7)).toEqual(sorted.slice(0, 7))
      const [from = none, to = none] = [slots[10], slots[20]]
      expect(await between(from, to)).toEqual(sorted.slice(10, 20))
      // Short bounds are compared as if zeros followed.
      const short = from.slice(0, 1)
      const first = slots.findIndex((slot) => compareBytes(slot, short) >= 0)
      expect(await between(short, undefined)).toEqual(sorted.slice(first))
      expect(await between(none, short)).toEqual(sorted.slice(0, first))
      expect(await between(to, from)).toEqual([])
    })

    test('are found by slot, in the order that was asked for', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      await storage.commit(ns, [put({ id: 'a' }), put({ id: 'b' }), put({ id: 'c', fields: null })])
      const slots = ['c', 'unknown', 'a'].map((id) => slot(`cities/${id}`))
      expect((await storage.recordsBySlot(ns, slots)).map(({ id }) => id)).toEqual(['c', 'a'])
      expect(await storage.recordsBySlot(other, slots)).toEqual([])
      expect(await storage.recordsBySlot(ns, [])).toEqual([])
    })
  })

  describe('documentByDigest', () => {
    test('finds content for as long as a document has it', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      const record = version({ fields: { name: 'Lyon' } })
      const digest = sha256(record.content ?? '')
      expect(await storage.documentByDigest(digest)).toBeUndefined()
      await storage.commit(ns, [entry(record)])
      await storage.commit(other, [entry(record)])
      const { collection, id, content } = record
      expect(await storage.documentByDigest(digest)).toEqual({ ns, collection, id, content })
      await storage.commit(ns, [put({ at: 2 })])
      expect(await storage.documentByDigest(digest)).toEqual({ ns: other, collection, id, content })
      await storage.commit(other, [put({ at: 2, fields: null })])
      expect(await storage.documentByDigest(digest)).toBeUndefined()
    })

    test('is not led astray by digests that start alike', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const wanted = version({ fields: { name: 'Lyon' } })
      const digest = sha256(wanted.content ?? '')
      const alike = Array.from({ length: 5 }, (_, i) =>
        entry({ ...version({ id: `${i}` }), digest: Uint8Array.from(digest, (byte, at) => (at < 8 ? byte : i)) }),
      )
      await storage.commit(ns, [...alike, entry(wanted)])
      expect(await storage.documentByDigest(digest)).toMatchObject({ content: wanted.content })
    })
  })
}
