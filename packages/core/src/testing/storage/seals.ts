import { describe, expect } from 'vitest'
import { concatBytes } from '../../model/bytes.ts'
import { errorCode } from '../../errors.ts'
import { RECORDS_PER_SEAL } from '../../model/limits.ts'
import type { NewRecord, Storage } from '../../storage/storage.ts'
import { addNamespace, author, compete, entry, keep, put, sealOver, snapshot, version } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { PLANNED_FAILURE, signerOf } from './plans.ts'

const ada = author('ada')
const sealWith = signerOf({ kind: 'sign', by: ada })

/** How records and seals belong together. */
export function sealsContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('seals that arrive with records', () => {
    test('are given back, and go with the last record under them', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      const records = [version({ id: 'a' }), version({ id: 'b' })]
      const seal = sealOver(records)
      await storage.commit(
        ns,
        records.map((record) => entry(record, 0)),
        { seals: [seal] },
      )
      const again = await reopen()
      const number = await sealOf(again, ns, 'a')
      expect(await sealOf(again, ns, 'b')).toBe(number)
      expect(await again.seal(number)).toEqual(seal)
      await again.commit(ns, [put({ id: 'a', at: 2 })])
      expect(await again.seal(number)).toEqual(seal)
      await again.commit(ns, [put({ id: 'b', at: 2, fields: null })])
      expect(await again.seal(number)).toBeUndefined()
    })

    test('are many in one commit, some of them for nothing', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put({ id: 'held', at: 9 })])
      const [a, b, held] = [version({ id: 'a' }), version({ id: 'b', by: author('bob') }), version({ id: 'held' })]
      const seals = [sealOver([a]), sealOver([b], author('bob')), sealOver([held]), sealOver([])]
      await storage.commit(ns, [compete({ id: 'b', by: author('bob') }, 1), compete({ id: 'held' }, 2), compete({ id: 'a' }, 0)], { seals })
      expect(await storage.seal(await sealOf(storage, ns, 'a'))).toEqual(seals[0])
      expect(await storage.seal(await sealOf(storage, ns, 'b'))).toEqual(seals[1])
      const numbers = [await sealOf(storage, ns, 'a'), await sealOf(storage, ns, 'b')]
      const others = [0, 1, 2, 3, 4, 5].filter((number) => !numbers.includes(number))
      for (const number of others) expect(await storage.seal(number)).toBeUndefined()
    })

    test('go where the same commit replaces their records', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const [first, second, third] = [version({ at: 1 }), version({ at: 2 }), version({ at: 3 })]
      const seals = [sealOver([first]), sealOver([second, third])]
      const outcomes = await storage.commit(ns, [entry(first, 0), entry(second, 1), entry(third, 1)], { seals })
      const gone = outcomes[1]?.replaced?.seal
      expect(gone).toBeTypeOf('number')
      expect(await storage.seal(gone ?? 0)).toBeUndefined()
      const number = await sealOf(storage, ns, 'lyon')
      expect(await storage.seal(number)).toEqual(seals[1])
      await storage.commit(ns, [put({ at: 4 })])
      expect(await storage.seal(number)).toBeUndefined()
    })

    test('must be there', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const before = await snapshot(storage, ns)
      const error = await Promise.resolve()
        .then(() => storage.commit(ns, [put({ id: 'a' }), entry(version({ id: 'b' }), 1)], { seals: [sealOver([])] }))
        .catch((error: unknown) => error)
      expect(errorCode(error)).toBe('internal')
      expect(await snapshot(storage, ns)).toEqual(before)
    })
  })

  describe('sealWith', () => {
    test('signs groups of what is stored, in order', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      const records = Array.from({ length: 150 }, (_, i) => version({ id: `${i}` }))
      const entries = records.flatMap((record, i) => (i % 10 === 0 ? [keep(`kept ${i}`), entry(record)] : [entry(record)]))
      await storage.commit(ns, entries, { sealWith })
      const again = await reopen()
      const groups = [0, 1, 2].map((i) => records.slice(i * RECORDS_PER_SEAL, (i + 1) * RECORDS_PER_SEAL))
      for (const group of groups) {
        const numbers = new Set<number>()
        for (const { id } of group) numbers.add(await sealOf(again, ns, id ?? ''))
        expect(numbers.size).toBe(1)
        const [number = 0] = numbers
        expect(await again.seal(number)).toEqual(sealOver(group))
      }
      expect(await again.unsealed(ns, 10)).toEqual([])
    })

    test('counts the records that live under each seal', async ({ storage }) => {
      const ns = await addNamespace(storage)
      const ids = Array.from({ length: RECORDS_PER_SEAL + 1 }, (_, i) => `${i}`)
      await storage.commit(
        ns,
        ids.map((id) => put({ id })),
        { sealWith },
      )
      const number = await sealOf(storage, ns, '0')
      const last = await sealOf(storage, ns, ids.at(-1) ?? '')
      for (const id of ids.slice(0, -2)) await storage.commit(ns, [put({ id, at: 2 })], { sealWith })
      expect(await storage.seal(number)).toBeDefined()
      await storage.commit(ns, [put({ id: ids.at(-2) ?? '', at: 2 })], { sealWith })
      expect(await storage.seal(number)).toBeUndefined()
      expect(await storage.seal(last)).toBeDefined()
    })

    test('is not asked where nothing changes', async ({ storage }) => {
      const ns = await addNamespace(storage)
      expect(await storage.commit(ns, [keep()], { sealWith: signerOf({ kind: 'fail' }) })).toEqual([undefined])
    })

    test('that throws undoes the commit', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put()])
      const before = await snapshot(storage, ns)
      await expect(async () => storage.commit(ns, [put({ at: 2 })], { sealWith: signerOf({ kind: 'fail' }) })).rejects.toThrow(PLANNED_FAILURE)
      expect(await snapshot(storage, ns)).toEqual(before)
    })
  })

  describe('attachSeal', () => {
    test('puts a seal on records that wait for one', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      const other = await addNamespace(storage, 'other')
      await storage.commit(other, [put({ id: 'elsewhere' })])
      const records = ['a', 'b', 'c', 'd'].map((id) => version({ id }))
      for (const record of records) {
        await storage.commit(ns, [entry(record)])
        await storage.commit(ns, [put({ id: `sealed beside ${record.id ?? ''}` })], { sealWith })
      }
      expect((await storage.unsealed(ns, 3)).map(({ id, seq }) => [id, seq])).toEqual([
        ['a', 1],
        ['b', 3],
        ['c', 5],
      ])
      await attach(storage, ns, records.slice(1, 3))
      const again = await reopen()
      expect((await again.unsealed(ns, 10)).map(({ id }) => id)).toEqual(['a', 'd'])
      expect(await again.seal(await sealOf(again, ns, 'b'))).toEqual(sealOver(records.slice(1, 3)))
      await attach(
        again,
        ns,
        [records[0], records[3]].flatMap((record) => record ?? []),
      )
      expect(await again.unsealed(ns, 10)).toEqual([])
      expect((await again.unsealed(other, 10)).map(({ id }) => id)).toEqual(['elsewhere'])
    })

    test('passes over records that were replaced, or got a seal meanwhile', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(
        ns,
        ['a', 'b', 'c'].map((id) => put({ id })),
      )
      await storage.attachSeal(ns, [2], sealOver([version({ id: 'b' })]))
      const early = await sealOf(storage, ns, 'b')
      await storage.commit(ns, [put({ id: 'a', at: 2 })])
      await storage.attachSeal(ns, [1, 2, 3], sealOver(['a', 'b', 'c'].map((id) => version({ id }))))
      expect(await sealOf(storage, ns, 'b')).toBe(early)
      expect((await storage.unsealed(ns, 10)).map(({ id, at }) => [id, at])).toEqual([['a', 2]])
      const number = await sealOf(storage, ns, 'c')
      await storage.commit(ns, [put({ id: 'c', at: 2 })])
      expect(await storage.seal(number)).toBeUndefined()
    })

    test('keeps no seal that covers nothing', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.commit(ns, [put({ at: 1 })])
      await storage.commit(ns, [put({ at: 2 })])
      await storage.attachSeal(ns, [1], sealOver([version({ at: 1 })]))
      await storage.attachSeal(ns, [], sealOver([]))
      for (let number = 0; number < 5; number++) expect(await storage.seal(number)).toBeUndefined()
      expect(await storage.unsealed(ns, 10)).toHaveLength(1)
    })
  })
}

async function sealOf(storage: Storage, ns: number, id: string): Promise<number> {
  const record = (await storage.recordsSince(ns, 0, 1000)).find((one) => one.id === id)
  if (typeof record?.seal !== 'number') throw new Error(`${id} has no seal`)
  return record.seal
}

async function attach(storage: Storage, ns: number, records: readonly NewRecord[]): Promise<void> {
  const waiting = await storage.unsealed(ns, 100)
  const seqs = records.flatMap(({ id }) => waiting.find((one) => one.id === id)?.seq ?? [])
  const seal = sealOver(records)
  expect(seal.hashes).toEqual(concatBytes(...records.map(({ hash }) => hash)))
  await storage.attachSeal(ns, seqs, seal)
}
