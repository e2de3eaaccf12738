import { describe, expect } from 'vitest'
import { errorCode } from '../../errors.ts'
import { utf8 } from '../../model/bytes.ts'
import { parseFilter } from '../../query/index.ts'
import type { Storage } from '../../storage/storage.ts'
import { seededRandom } from '../random.ts'
import { addNamespace, put, query, sealOver, slot, version } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'
import { signerOf } from './plans.ts'

/** Every method of a storage, called in some way. */
const CALLS: { readonly [Method in Exclude<keyof Storage, 'close' | 'onOthers' | 'nostr'>]: (storage: Storage) => unknown } = {
  getMeta: (storage) => storage.getMeta('a'),
  setMeta: (storage) => storage.setMeta('a', undefined),
  listMeta: (storage) => storage.listMeta(''),
  namespaces: (storage) => storage.namespaces(),
  saveNamespace: (storage) => addNamespace(storage),
  forgetNamespace: (storage) => storage.forgetNamespace(1),
  halfForgotten: (storage) => storage.halfForgotten(),
  laterRecords: (storage) => storage.laterRecords(1, { after: 0, since: 0, limit: 1 }),
  recordsOf: (storage) => storage.recordsOf(1, { persons: [new Uint8Array(32)], since: 0, to: 1, limit: 1 }),
  removeLater: (storage) => storage.removeLater(1, { after: 0, since: 0, limit: 1 }),
  moveNamespaces: (storage) => storage.moveNamespaces([], new Map()),
  readyForEdits: (storage) => storage.readyForEdits(),
  commit: (storage) => storage.commit(1, [put()], { sealWith: signerOf({ kind: 'fail' }) }),
  commitShrinking: (storage) => storage.commitShrinking(1, [put()]),
  keepHistory: (storage) => storage.keepHistory(1, true),
  pastRecords: (storage) => storage.pastRecords(1, 'cities', 'a'),
  tidyHistory: (storage) => storage.tidyHistory(1, { before: 1, limit: 1 }),
  historySize: (storage) => storage.historySize(1),
  historyNamespaces: (storage) => storage.historyNamespaces(),
  unsealed: (storage) => storage.unsealed(1, 1),
  attachSeal: (storage) => storage.attachSeal(1, [1], sealOver([])),
  seal: (storage) => storage.seal(1),
  times: (storage) => storage.times(1),
  noteKnown: (storage) => storage.noteKnown(1, 1),
  future: (storage) => storage.future(1, 0, new Uint8Array(34)),
  unknownFuture: (storage) => storage.unknownFuture(1, { after: 0, by: new Uint8Array(34), since: 0, limit: 1 }),
  compactSome: (storage) => storage.compactSome(),
  nextExpiry: (storage) => storage.nextExpiry(),
  expire: (storage) => storage.expire(1, 1),
  takeBackExpired: (storage) => storage.takeBackExpired(1, 1),
  forgetDeleted: (storage) => storage.forgetDeleted(1, { before: 1, since: 0, limit: 1 }),
  giveUp: (storage) => storage.giveUp(1, [1], 1),
  lastSeq: (storage) => storage.lastSeq(1),
  total: (storage) => storage.total(1),
  recount: (storage) => storage.recount(1),
  recordsSince: (storage) => storage.recordsSince(1, 0, 1),
  recordsBySlot: (storage) => storage.recordsBySlot(1, [slot('a')]),
  versionsSince: (storage) => storage.versionsSince(1, 0, 1),
  versionsBetween: (storage) => storage.versionsBetween(1, slot('a'), undefined, 1),
  documentByDigest: (storage) => storage.documentByDigest(new Uint8Array(32)),
  get: (storage) => storage.get(1, 'cities', 'a'),
  getVersion: (storage) => storage.getVersion(1, 'cities', 'a'),
  conflicts: (storage) => storage.conflicts(1, 'cities', { limit: 1 }),
  conflicted: (storage) => storage.conflicted(1, { limit: 1 }),
  find: (storage) => storage.find(1, 'cities', query({ a: 1 }, { sort: { a: 1 } })),
  openReading: (storage) => storage.openReading(1, 'cities', { ...query({ a: 1 }), first: 1 }),
  readOn: (storage) => storage.readOn('a', 0, 1),
  endReading: (storage) => storage.endReading('a'),
  openFeed: (storage) => storage.openFeed(1, 0),
  readFeed: (storage) => storage.readFeed('a', 1),
  distinct: (storage) => storage.distinct(1, 'cities', 'a', parseFilter({})),
  overview: (storage) => storage.overview(1),
  count: (storage) => storage.count(1, 'cities', parseFilter({ a: 1 })),
  explain: (storage) => storage.explain(1, 'cities', query({ a: 1 })),
  collections: (storage) => storage.collections(1),
  createIndex: (storage) => storage.createIndex(1, 'cities', ['a']),
  dropIndex: (storage) => storage.dropIndex(1, 'cities', ['a']),
  indexes: (storage) => storage.indexes(1, 'cities'),
  files: (storage) => storage.files(),
  hasFilesToClear: (storage) => storage.hasFilesToClear(),
  hasLogs: (storage) => storage.hasLogs(),
  logs: (storage) => storage.logs(),
  logNeeds: (storage) => storage.logNeeds(),
  acts: (storage) => storage.acts(new Uint8Array(32)),
  addActs: (storage) => storage.addActs({ log: new Uint8Array(32), genesis: undefined, tips: [] }, []),
  dropActs: (storage) => storage.dropActs({ log: new Uint8Array(32), genesis: undefined, tips: [] }, []),
  dropLog: (storage) => storage.dropLog(new Uint8Array(32)),
  isInPlace: (storage) => storage.isInPlace(),
  findDamage: (storage) => storage.findDamage(),
  rebuildIndexes: (storage) => storage.rebuildIndexes(),
  // Where nobody can make a file.
  backup: (storage) => storage.backup('/dev/null/nowhere'),
  isAuthor: (storage) => storage.isAuthor(new Uint8Array(34)),
  scrub: (storage) => storage.scrub(),
}

/** Closing, and what is left on the disk. */
export function lifeContract(open: OpenStorage): void {
  const test = testOn(open)

  describe('close', () => {
    test('can be called twice; everything else then says storage-closed', async ({ storage }) => {
      const ns = await addNamespace(storage)
      await storage.createIndex(ns, 'cities', ['a'])
      await storage.commit(ns, [put({ id: 'a' })])
      for (const call of Object.values(CALLS)) {
        await Promise.resolve()
          .then(() => call(storage))
          .catch(() => undefined)
      }
      await storage.close()
      await storage.close()
      for (const [name, call] of Object.entries(CALLS)) {
        const code = await Promise.resolve()
          .then(() => call(storage))
          .then(() => 'answered', errorCode)
        expect(code, name).toBe('storage-closed')
      }
    })
  })

  describe('scrub', () => {
    test('removes the bytes of replaced and deleted content, and of values', async ({ storage, files }) => {
      const ns = await addNamespace(storage)
      const secret = (what: string, i: number): string => `secret ${what} number ${i}`
      await storage.createIndex(ns, 'cities', ['text'])
      await storage.createIndex(ns, 'cities', ['list'])
      await storage.documentByDigest(new Uint8Array(32))
      const count = 40
      for (let i = 0; i < count; i++) {
        await storage.commit(ns, [
          put({ id: `${i}`, fields: { text: secret('text', i), list: [secret('item', i)], long: secret('long', i).repeat(400) } }),
        ])
        await storage.setMeta(`${i}`, utf8(secret('value', i)))
      }
      for (let i = 0; i < count; i++) {
        const at = 2
        await storage.commit(ns, [put(i % 2 === 0 ? { id: `${i}`, at, fields: null } : { id: `${i}`, at, fields: { text: 'public' } })])
        await storage.setMeta(`${i}`, i % 2 === 0 ? undefined : utf8('public'))
      }
      await storage.scrub()
      expect(await storage.get(ns, 'cities', '1')).toBe(version({ id: '1', fields: { text: 'public' } }).content)
      for (const text of await texts(files)) expect(text).not.toMatch(/secret (text|item|long|value) number/)
    })

    test('removes the words of replaced and deleted content from text indexes, and those of an index that is dropped', async ({ storage, files }) => {
      const ns = await addNamespace(storage)
      const random = seededRandom(43)
      // Documents have them in capitals, so that what is in small letters is the index's. It has what words begin with only once.
      const words = Array.from({ length: 600 }, () => Array.from({ length: 16 }, () => String.fromCharCode(65 + random.below(26))).join(''))
      const wordsOf = (i: number): string => words.slice(i * 15, i * 15 + 15).join(' ')
      const indexed = async (): Promise<boolean[]> => {
        const found = new Set((await texts(files)).flatMap((text) => [...text.matchAll(/(?=([a-z]{10}))/g)].map(([, tail]) => tail)))
        return words.map((word) => found.has(word.slice(6).toLowerCase()))
      }
      await storage.createIndex(ns, 'cities', ['text', 'list'], { text: true })
      for (let i = 0; i < 40; i++)
        await storage.commit(ns, [put({ id: `${i}`, fields: i % 3 === 0 ? { list: [wordsOf(i)] } : { text: wordsOf(i) } })])
      await storage.scrub()
      if (files !== undefined) expect((await indexed()).filter(Boolean).length).toBeGreaterThan(590)
      // Another version with the same words, of one in five.
      for (let i = 0; i < 30; i += 5) await storage.commit(ns, [put({ id: `${i}`, at: 2, fields: { text: wordsOf(i), more: true } })])
      for (let i = 0; i < 30; i++) await storage.commit(ns, [put({ id: `${i}`, at: 3, fields: i % 2 === 0 ? null : { text: 'public' } })])
      await storage.scrub()
      // One in two hundred may be left for a while, see `scrub`; without FTS5's secure-delete a fifth is, for good.
      expect((await indexed()).slice(0, 450).filter(Boolean).length).toBeLessThanOrEqual(2)
      expect(await storage.count(ns, 'cities', parseFilter({ $text: { $search: words[599] } }))).toBe(1)
      await storage.dropIndex(ns, 'cities', ['text', 'list'], { text: true })
      await storage.scrub()
      expect(await indexed()).not.toContain(true)
    })
  })
}

/** The files of a storage as text, a character for each byte. */
async function texts(files: (() => Promise<readonly Uint8Array[]>) | undefined): Promise<string[]> {
  return ((await files?.()) ?? []).map((bytes) => new TextDecoder('latin1').decode(bytes))
}
