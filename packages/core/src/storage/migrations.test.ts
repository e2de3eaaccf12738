import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { seenList } from '../model/edits/seen.ts'
import { encodeCbor } from '../model/encoding/cbor.ts'
import { concatBytes } from '../model/bytes.ts'
import { HashSum } from '../sets/hash-sum.ts'
import { parseFilter } from '../query/index.ts'
import { author, idsOf, put, query, slot } from '../testing/storage/fixtures.ts'
import { MIGRATIONS } from './migrations.ts'
import { openNodeStorage } from './open-node.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { openNodeDriver } from './drivers/sqlite-node.ts'

/** The schema of version 1, as it was. */
const VERSION_1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE namespaces (
  ns INTEGER PRIMARY KEY, cid TEXT NOT NULL UNIQUE, genesis BLOB NOT NULL, head BLOB NOT NULL, signature BLOB NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE authors (author INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE seals (seal INTEGER PRIMARY KEY, author INTEGER NOT NULL, hashes BLOB NOT NULL, signature BLOB NOT NULL, live INTEGER NOT NULL);
CREATE TABLE records (
  rid INTEGER PRIMARY KEY, ns INTEGER NOT NULL, slot BLOB NOT NULL, collection TEXT, id TEXT, at INTEGER NOT NULL, hash BLOB NOT NULL,
  author INTEGER NOT NULL, seal INTEGER, prev BLOB, exp INTEGER, kh BLOB, content_key INTEGER, content TEXT
);
CREATE UNIQUE INDEX records_by_slot ON records (ns, slot);
CREATE INDEX records_by_id ON records (ns, collection, id) WHERE content IS NOT NULL;
CREATE TABLE indexes (name TEXT PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, paths TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE index_paths (ix INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, path TEXT NOT NULL, arrays INTEGER NOT NULL,
  UNIQUE (ns, collection, path));
CREATE TABLE array_entries (ix INTEGER NOT NULL, value NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (ix, value, rid)) WITHOUT ROWID;
CREATE INDEX array_entries_by_rid ON array_entries (rid);
PRAGMA application_id = 1146045267; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
INSERT INTO namespaces VALUES (1, 'a', x'00', x'00', x'00', 0), (2, 'b', x'00', x'00', x'00', 0), (3, 'empty', x'00', x'00', x'00', 0);
`

/** What version 2 added. */
const VERSION_2 = `
ALTER TABLE records ADD COLUMN counted BLOB; CREATE TABLE totals (ns INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL);
PRAGMA user_version = 2;
`

it('there is a migration for every version of the schema', () => {
  expect(MIGRATIONS).toHaveLength(SCHEMA_VERSION - 1)
})

it('a database of version 2 knows how many documents its collections have, those after its stored total too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1 + VERSION_2)
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const insert = driver.prepare(
      'INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, counted, content) VALUES (?,1,?,?,?,1,?,1,?,?)',
    )
    const [stored, all] = [new HashSum(), new HashSum()]
    const row = (seq: number, id: string, { counted, isDocument = true }: { counted?: Uint8Array; isDocument?: boolean } = {}): void => {
      insert.run(2 ** 36 + seq, slot(`cities/${id}`), 'cities', id, sha256(`${seq}`), counted ?? null, isDocument ? `{"_id":"${id}"}` : null)
      all.add(sha256(`${seq}`))
    }
    for (let seq = 2; seq <= 10; seq++) {
      row(seq, `${seq}`)
      stored.add(sha256(`${seq}`))
    }
    // The total counts ten; then one of them was replaced and deleted, and another came.
    stored.add(sha256('1'))
    driver.prepare('INSERT INTO totals VALUES (1, 10, ?)').run(stored.toBytes())
    row(12, '1', { counted: sha256('1'), isDocument: false })
    row(13, 'new')
    driver.close()

    const storage = openNodeStorage(path)
    expect(await storage.total(1)).toEqual({ seq: 13, count: 11, fingerprint: all.fingerprint(), documents: 10 })
    expect(await storage.collections(1)).toEqual([{ collection: 'cities', documents: 10 }])
    await storage.commit(1, [put({ id: '1', at: 5 }), put({ id: '2', at: 5, fields: null }), put({ id: '3', at: 5, fields: null })])
    expect(await storage.collections(1)).toEqual([{ collection: 'cities', documents: 9 }])
    expect(await storage.recount(1)).toBe(true)
    await storage.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a database of version 1 keeps its documents and knows what they add up to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1)
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const insert = driver.prepare('INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, content) VALUES (?,?,?,?,?,?,?,1,?)')
    const sums = new Map([1, 2, 3].map((ns) => [ns, new HashSum()]))
    for (const ns of [1, 2]) {
      // Positions of versions that were replaced are gone.
      for (let seq = 1; seq <= 300; seq += ns) {
        const hash = sha256(`${ns} ${seq}`)
        insert.run(ns * 2 ** 36 + seq, ns, slot(`cities/${seq}`), 'cities', `${seq}`, seq, hash, `{"_id":"${seq}"}`)
        sums.get(ns)?.add(hash)
      }
    }
    driver.exec('UPDATE records SET seal = 1 WHERE ns = 1 AND at <= 250')
    driver.close()

    let storage = openNodeStorage(path)
    for (const [ns, sum] of sums) {
      expect(await storage.total(ns)).toEqual({
        seq: [300, 299, 0][ns - 1],
        count: sum.count,
        fingerprint: sum.fingerprint(),
        documents: sum.count,
      })
      expect(await storage.collections(ns)).toEqual(sum.count === 0 ? [] : [{ collection: 'cities', documents: sum.count }])
      expect(await storage.recount(ns)).toBe(true)
    }
    expect(await storage.get(2, 'cities', '7')).toBe('{"_id":"7"}')
    // Who may have what was signed is not known any more.
    expect(await storage.times(1)).toEqual({ newest: 300, known: 250 })
    expect(await storage.times(3)).toEqual({ newest: 0, known: 0 })
    await storage.commit(2, [put({ id: '7', at: 400 }), put({ id: 'new' })])
    await storage.close()
    storage = openNodeStorage(path)
    expect(await storage.total(2)).toMatchObject({ seq: 301, count: 151, documents: 151 })
    expect(await storage.count(2, 'cities', parseFilter({}))).toBe(151)
    expect(await storage.recount(2)).toBe(true)
    await storage.createIndex(2, 'cities', ['_id'], { text: true })
    expect(await storage.count(2, 'cities', parseFilter({ $text: { $search: '7 9 new' } }))).toBe(3)
    await storage.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('indexes of a database of version 1 lead through arrays once it is open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1)
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const insert = driver.prepare('INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, content) VALUES (?,1,?,?,?,1,?,1,?)')
    const contents = ['{"_id":"1","a":[{"b":5},{"b":7}]}', '{"_id":"2","a":{"b":5}}', '{"_id":"3","a":[5]}']
    for (const [i, content] of contents.entries())
      insert.run(2 ** 36 + i + 1, slot(`cities/${i + 1}`), 'cities', `${i + 1}`, sha256(content), content)
    driver.exec(`INSERT INTO indexes VALUES ('ix/1/cities/["a.b"]', 1, 'cities', '["a.b"]'); INSERT INTO index_paths VALUES (1, 1, 'cities', 'a.b', 0);
      CREATE INDEX "ix/1/cities/[""a.b""]" ON records(json_extract(content, '$."a"."b"'), id)
      WHERE +ns = 1 AND +collection = 'cities' AND content IS NOT NULL`)
    driver.close()

    for (let opened = 0; opened < 2; opened++) {
      const storage = openNodeStorage(path)
      expect(await idsOf(storage, 1, query({ 'a.b': 5 }, { sort: { _id: 1 } }))).toEqual(['1', '2'])
      expect(await idsOf(storage, 1, query({ 'a.b': { $gt: 5 } }))).toEqual(['1'])
      expect(await idsOf(storage, 1, query({ 'a.b': null }))).toEqual([])
      await storage.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a database of before knows the files that documents of later peers have named in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1)
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const insert = driver.prepare('INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, content) VALUES (?,1,?,?,?,1,?,1,?)')
    const cid = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
    const row = (seq: number, id: string, content: string): void => insert.run(2 ** 36 + seq, slot(id), 'files', id, sha256(id), content)
    row(1, cid, `{"_id":"${cid}","size":12}`)
    row(2, 'plain', '{"_id":"plain"}')
    driver.close()
    const storage = openNodeStorage(path)
    const files = await storage.files()
    expect(await files.named(1, cid)).toEqual({ cid, size: 12, id: cid, state: 'partial' })
    expect(await files.partial(0, 10)).toHaveLength(1)
    await storage.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a database of version 12 keeps what few of its records have: what lost and was seen, what has expired, keys of tombstones and CIDs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1)
    for (const migrate of MIGRATIONS.slice(0, 11)) migrate(driver)
    driver.exec('PRAGMA user_version = 12; UPDATE namespaces SET edited = 1 WHERE ns = 1')
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const [all, stored] = [new HashSum(), new HashSum()]
    let seq = 0
    const row = (fields: Record<string, Uint8Array | string | number>): Uint8Array => {
      seq++
      const hash = sha256(`record ${seq}`)
      const columns = { rid: 2 ** 36 + seq, ns: 1, collection: 'cities', at: seq, hash, author: 1, ...fields }
      const names = Object.keys(columns)
      driver.prepare(`INSERT INTO records (${names.join()}) VALUES (${names.map(() => '?').join()})`).run(...Object.values(columns))
      all.add(hash)
      return hash
    }
    const content = '{"_id":"a","n":1}'
    const digest = sha256(content)
    const [a, kh] = [slot('cities/a'), sha256('deleted')]
    const seen = { base: 1, authors: [{ tag: author('bob').slice(-8), to: 2, but: [] }] }
    const key = digest.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0)
    row({ slot: a, id: 'a', at: 50, content, content_key: key, seen: encodeCbor(seenList(seen)) })
    const unit = slot('cities/a n')
    const lost = row({
      slot: new Uint8Array([...a.subarray(0, 8), ...sha256('lost').subarray(0, 8)]),
      id: 'a',
      own: '{"_id":"a","value":2}',
      document: a,
      path: '["n"]',
      unit,
      lost: 7,
    })
    const erased = { digest: sha256('gone'), size: 4 }
    row({ slot: slot('cities/gone'), id: 'gone', exp: 9, erased: new Uint8Array([...erased.digest, 0, 0, 0, 4]) })
    row({ slot: slot('cities/soon'), id: 'soon', exp: 900, content: '{"_id":"soon"}' })
    stored.add(sha256('before'))
    for (let i = 1; i <= 4; i++) stored.add(sha256(`record ${i}`))
    driver.prepare('INSERT INTO totals VALUES (1, 4, ?)').run(stored.toBytes())
    driver.exec("INSERT INTO collections VALUES (1, 'cities', 3)")
    row({ slot: kh.subarray(0, 16), id: 'deleted', kh, counted: sha256('before'), counted_document: 1 })
    driver.close()

    const storage = openNodeStorage(path)
    const records = await storage.recordsSince(1, 0, 10)
    expect(records.map(({ seen, lost, erased, edit }) => ({ seen, lost, erased, path: edit?.path }))).toEqual([
      { seen },
      { lost: { document: a, unit, since: 7 }, path: ['n'] },
      { erased },
      {},
      {},
    ])
    expect(records[1]?.hash).toEqual(lost)
    expect(records[4]?.kh).toEqual(kh)
    expect((await storage.documentByDigest(digest))?.content).toBe(content)
    expect(await storage.nextExpiry()).toBe(900)
    expect(await storage.total(1)).toEqual({ seq: 5, count: 5, fingerprint: all.fingerprint(), documents: 2 })
    expect(await storage.recount(1)).toBe(true)
    await storage.commit(1, [put({ id: 'soon', at: 1000, fields: null }), put({ id: 'other', at: 1000 })])
    expect(await storage.collections(1)).toEqual([{ collection: 'cities', documents: 2 }])
    expect(await storage.recount(1)).toBe(true)
    await storage.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('a database of before takes the log of a person, who writes beside the keys that wrote in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docstore-migration-'))
  try {
    const path = join(folder, 'docstore.sqlite')
    const driver = openNodeDriver(path)
    driver.exec(VERSION_1)
    driver.prepare('INSERT INTO authors VALUES (1, ?)').run(author('ada'))
    const insert = driver.prepare('INSERT INTO records (rid, ns, slot, collection, id, at, hash, author, content) VALUES (?,1,?,?,?,1,?,1,?)')
    insert.run(2 ** 36 + 1, slot('cities/1'), 'cities', '1', sha256('1'), '{"_id":"1"}')
    driver.close()

    const storage = openNodeStorage(path)
    expect(await storage.hasLogs()).toBe(false)
    expect(await storage.addActs({ log: sha256('eve'), genesis: sha256('genesis'), tips: [] }, [], 1)).toEqual([1])
    const person = concatBytes(author('eve'), sha256('eve'))
    await storage.commit(1, [put({ id: '2', at: 5, by: person })])
    expect(await storage.getVersion(1, 'cities', '1')).toMatchObject({ by: author('ada') })
    expect(await storage.getVersion(1, 'cities', '2')).toMatchObject({ by: person })
    expect(await storage.lastSeq(1)).toBe(3)
    expect((await storage.logs()).map(({ log }) => log)).toEqual([sha256('eve')])
    await storage.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})
