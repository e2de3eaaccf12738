import { describe, expect } from 'vitest'
import { compareBytes, utf8 } from '../../model/bytes.ts'
import { addNamespace } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { fc } from '../fast-check.ts'
import { samples } from '../samples.ts'

/** Small values and namespaces. */
export function valuesContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('meta', () => {
    test('gives, replaces and removes values, and keeps them', async ({ storage, reopen }) => {
      expect(await storage.getMeta('a')).toBeUndefined()
      await storage.setMeta('a', Uint8Array.of(1, 2, 3))
      await storage.setMeta('b', new Uint8Array())
      await storage.setMeta('c', Uint8Array.of(9), { flushed: true })
      await storage.setMeta('a', Uint8Array.of(4))
      await storage.setMeta('c', undefined)
      await storage.setMeta('never there', undefined)
      const again = await reopen()
      expect(await again.getMeta('a')).toEqual(Uint8Array.of(4))
      expect(await again.getMeta('b')).toEqual(new Uint8Array())
      expect(await again.getMeta('c')).toBeUndefined()
    })

    test('lists by prefix, in order of the UTF-8 of the keys', async ({ storage }) => {
      const keyChar = fc.constantFrom('a', 'b', '/', '%', '_', '*', "'", 'é', '\u{ff5e}', '\u{1f600}')
      const key = fc.array(keyChar, { maxLength: 4 }).map((chars) => chars.join(''))
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), key, async (keys, prefix) => {
          for (const one of keys) await storage.setMeta(one, utf8(one))
          const expected = keys.filter((one) => one.startsWith(prefix)).sort((a, b) => compareBytes(utf8(a), utf8(b)))
          expect(await storage.listMeta(prefix)).toEqual(expected.map((one) => [one, utf8(one)]))
          for (const one of keys) await storage.setMeta(one, undefined)
        }),
        { numRuns: samples(20, 60) },
      )
    })
  })

  describe('namespaces', () => {
    test('get a number each, in the order in which they came', async ({ storage, reopen }) => {
      expect(await storage.namespaces()).toEqual([])
      const places = await addNamespace(storage, 'places')
      const people = await addNamespace(storage, 'people')
      expect(new Set([places, people]).size).toBe(2)
      const again = await reopen()
      expect((await again.namespaces()).map(({ ns, cid }) => [ns, cid])).toEqual([
        [places, 'places'],
        [people, 'people'],
      ])
    })

    test('keep number and genesis when their head is replaced', async ({ storage, reopen }) => {
      const ns = await addNamespace(storage)
      await addNamespace(storage, 'people')
      const head = { head: utf8('second head'), signature: new Uint8Array(64).fill(7) }
      expect(await storage.saveNamespace({ cid: 'places', genesis: utf8('another genesis'), ...head })).toBe(ns)
      const again = await reopen()
      expect((await again.namespaces())[0]).toEqual({ ns, cid: 'places', genesis: utf8('genesis of places'), ...head })
    })
  })
}
