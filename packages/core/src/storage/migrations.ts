import { fileNamedBy } from '../files/named-file.ts'
import { decodeCbor, encodeCbor } from '../model/encoding/cbor.ts'
import { HashSum } from '../sets/hash-sum.ts'
import type { SqlDriver } from './drivers/driver.ts'
import { FILE_TABLES, FILES_BY_CID } from './files/schema.ts'
import { HISTORY_TABLES } from './history/schema.ts'
import { LOG_TABLES, TOLD_LOGS } from './logs/schema.ts'

/** Brings a database from one version of the schema to the next. */
export type Migration = (driver: SqlDriver) => void

/** What makes a database of version n + 1 from one of version n, at index n - 1. They must not change when the schema does. */
export const MIGRATIONS: readonly Migration[] = [
  addTotals,
  forgetIndexedKinds,
  addDocumentCounts,
  addTimes,
  addTextIndexes,
  addFiles,
  addEdits,
  addExpiry,
  addFilesByCid,
  addHistory,
  addLosers,
  foldColumns,
  addLogs,
  addToldLogs,
]

/** Version 2: what the records of each namespace add up to, which every process added up for itself before. Reads all of them once. */
function addTotals(driver: SqlDriver): void {
  driver.exec('ALTER TABLE records ADD COLUMN counted BLOB; CREATE TABLE totals (ns INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL)')
  const totals = new Map<number, { readonly sum: HashSum; seq: number }>()
  const records = driver.prepare('SELECT ns, rid % 68719476736 AS seq, hash FROM records ORDER BY rid')
  records.each([], ({ ns, seq, hash }) => {
    const total = totals.get(Number(ns)) ?? { sum: new HashSum(), seq: 0 }
    totals.set(Number(ns), total)
    if (hash instanceof Uint8Array) total.sum.add(hash)
    total.seq = Number(seq)
    return true
  })
  records.finalize()
  const insert = driver.prepare('INSERT INTO totals (ns, seq, sum) VALUES (?, ?, ?)')
  for (const [ns, { sum, seq }] of totals) insert.run(ns, seq, sum.toBytes())
  insert.finalize()
}

/** Version 3: indexes lead through arrays and know what kinds of values they hold. They are looked at anew when the database is open. */
function forgetIndexedKinds(driver: SqlDriver): void {
  driver.exec('ALTER TABLE index_paths RENAME COLUMN arrays TO kinds; UPDATE index_paths SET kinds = -1; DELETE FROM array_entries')
}

/** Version 4: how many documents each collection has. Totals are brought up to date with it, so that no version comes after them. */
function addDocumentCounts(driver: SqlDriver): void {
  driver.exec(`ALTER TABLE records ADD COLUMN counted_document INTEGER;
    CREATE TABLE collections (ns INTEGER NOT NULL, collection TEXT NOT NULL, documents INTEGER NOT NULL, PRIMARY KEY (ns, collection)) WITHOUT ROWID;
    INSERT INTO collections SELECT ns, collection, count(*) FROM records WHERE content IS NOT NULL GROUP BY ns, collection`)
  const namespaces = driver.prepare('SELECT n.ns, t.seq, t.sum FROM namespaces n LEFT JOIN totals t ON t.ns = n.ns')
  const versions = driver.prepare('SELECT rid, hash, counted FROM records WHERE rid > ? AND rid < ? ORDER BY rid')
  const insert = driver.prepare('INSERT OR REPLACE INTO totals (ns, seq, sum) VALUES (?, ?, ?)')
  for (const row of namespaces.all()) {
    const first = Number(row['ns']) * 68719476736
    const sum = row['sum'] instanceof Uint8Array ? HashSum.fromBytes(row['sum']) : new HashSum()
    const before = Number(row['seq'] ?? 0)
    let seq = before
    versions.each([first + seq, first + 68719476736], ({ rid, hash, counted }) => {
      if (counted instanceof Uint8Array) sum.subtract(counted)
      if (hash instanceof Uint8Array) sum.add(hash)
      seq = Number(rid) - first
      return true
    })
    if (seq > before) insert.run(Number(row['ns']), seq, sum.toBytes())
  }
  for (const statement of [namespaces, versions, insert]) statement.finalize()
}

/** Version 5: the latest times of each namespace, see times.ts. Who may have the records of before is not known, so all that are signed count as known to others. */
function addTimes(driver: SqlDriver): void {
  driver.exec(`
ALTER TABLE namespaces ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE namespaces ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
UPDATE namespaces SET
  newest = coalesce((SELECT max(at) FROM records WHERE records.ns = namespaces.ns), 0),
  known = coalesce((SELECT max(at) FROM records WHERE records.ns = namespaces.ns AND seal IS NOT NULL), 0)`)
}

/** Version 6: there can be text indexes. */
function addTextIndexes(driver: SqlDriver): void {
  driver.exec(`
    CREATE TABLE text_indexes (tx INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, paths TEXT NOT NULL, UNIQUE (ns, collection));
    CREATE TABLE text_moved (tx INTEGER NOT NULL, row INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (tx, row)) WITHOUT ROWID;
    CREATE INDEX text_moved_by_rid ON text_moved (rid);
  `)
}

/** Version 7: documents of the collection `files` can name files. Those that peers of later versions had sent do already. */
function addFiles(driver: SqlDriver): void {
  driver.exec(FILE_TABLES)
  const documents = driver.prepare("SELECT ns, id, content FROM records WHERE collection = 'files' AND content IS NOT NULL")
  const use = driver.prepare('INSERT INTO files (cid, size, uses) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET uses = uses + 1')
  const refer = driver.prepare('INSERT INTO file_references (ns, id, file) SELECT ?, ?, file FROM files WHERE cid = ? AND size = ?')
  for (const { ns, id, content } of documents.all()) {
    const file = fileNamedBy({ collection: 'files', id: String(id), content: String(content) })
    if (file === undefined) continue
    use.run(file.cid, file.size)
    refer.run(Number(ns), String(id), file.cid, file.size)
  }
  for (const statement of [documents, use, refer]) statement.finalize()
}

/** Version 8: fields of documents can be edited by themselves. */
function addEdits(driver: SqlDriver): void {
  driver.exec(`
    ALTER TABLE records ADD COLUMN document BLOB;
    ALTER TABLE records ADD COLUMN path TEXT;
    ALTER TABLE records ADD COLUMN own TEXT;
    ALTER TABLE namespaces ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
  `)
}

/** Version 9: records can expire, and what was deleted long ago is remembered by its slot alone. */
function addExpiry(driver: SqlDriver): void {
  driver.exec(`
    ALTER TABLE records ADD COLUMN erased BLOB;
    CREATE INDEX records_by_exp ON records (exp) WHERE exp IS NOT NULL AND erased IS NULL AND kh IS NULL;
    CREATE TABLE forgotten (ns INTEGER NOT NULL, slot BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (ns, slot)) WITHOUT ROWID;
  `)
}

/** Version 10: files of one CID are found by their state. */
function addFilesByCid(driver: SqlDriver): void {
  driver.exec(FILES_BY_CID)
}

/** Version 11: what documents were before. Of the time before that nothing is known. */
function addHistory(driver: SqlDriver): void {
  driver.exec(HISTORY_TABLES)
}

/** Version 12: versions that lost are kept, until somebody says that he has seen them. */
function addLosers(driver: SqlDriver): void {
  driver.exec(`
    ALTER TABLE records ADD COLUMN seen BLOB;
    ALTER TABLE records ADD COLUMN unit BLOB;
    ALTER TABLE records ADD COLUMN lost INTEGER;
    CREATE INDEX records_lost ON records (ns, collection, id) WHERE lost IS NOT NULL;
  `)
}

/**
 * Version 13: what few records have lies in one column. The former ones stay in a database of before, empty: to take them away would write every row anew,
 * for which there may be no room. Totals are brought up to date, so that no version comes after them.
 */
function foldColumns(driver: SqlDriver): void {
  addUpTotals(driver)
  driver.exec('ALTER TABLE records ADD COLUMN more BLOB')
  const which = 'erased IS NOT NULL OR seen IS NOT NULL OR unit IS NOT NULL'
  const rows = driver.prepare(`SELECT rid, erased, seen, unit FROM records WHERE rid > ? AND (${which}) ORDER BY rid LIMIT 1000`)
  const fold = driver.prepare('UPDATE records SET more = ?, erased = NULL, seen = NULL, unit = NULL WHERE rid = ?')
  for (let page = rows.all(0); page.length > 0; page = rows.all(Number(page.at(-1)?.['rid']))) {
    for (const { rid, erased, seen, unit } of page) {
      const known = seen instanceof Uint8Array ? decodeCbor(seen, seen.length) : undefined
      const isErased = erased instanceof Uint8Array
      const more = [
        isErased ? erased.slice(0, 32) : null,
        isErased ? new DataView(erased.buffer, erased.byteOffset).getUint32(32) : null,
        known?.ok === true ? known.value : null,
        unit instanceof Uint8Array ? unit : null,
      ]
      fold.run(encodeCbor(more), Number(rid))
    }
  }
  for (const statement of [rows, fold]) statement.finalize()
  driver.exec(`DROP INDEX records_by_exp; CREATE INDEX records_by_exp ON records (exp) WHERE exp IS NOT NULL AND coalesce(own, content, '') <> ''`)
}

function addUpTotals(driver: SqlDriver): void {
  const namespaces = driver.prepare('SELECT n.ns, t.seq, t.sum FROM namespaces n LEFT JOIN totals t ON t.ns = n.ns')
  const versions = driver.prepare(
    'SELECT rid, hash, counted, counted_document, collection, content IS NOT NULL AS document FROM records WHERE rid > ? AND rid < ? ORDER BY rid',
  )
  const store = driver.prepare('INSERT OR REPLACE INTO totals (ns, seq, sum) VALUES (?, ?, ?)')
  const count = driver.prepare(
    'INSERT INTO collections (ns, collection, documents) VALUES (?, ?, ?) ON CONFLICT (ns, collection) DO UPDATE SET documents = documents + excluded.documents',
  )
  for (const row of namespaces.all()) {
    const ns = Number(row['ns'])
    const first = ns * 68719476736
    const sum = row['sum'] instanceof Uint8Array ? HashSum.fromBytes(row['sum']) : new HashSum()
    const before = Number(row['seq'] ?? 0)
    let seq = before
    const documents = new Map<string, number>()
    versions.each([first + before, first + 68719476736], ({ rid, hash, counted, counted_document, collection, document }) => {
      if (counted instanceof Uint8Array && counted.length === 32) sum.subtract(counted)
      else if (counted instanceof Uint8Array) sum.subtractAll(HashSum.fromBytes(counted))
      if (hash instanceof Uint8Array) sum.add(hash)
      const by = Number(document) - Number(counted_document ?? 0)
      if (typeof collection === 'string') documents.set(collection, (documents.get(collection) ?? 0) + by)
      seq = Number(rid) - first
      return true
    })
    if (seq > before) store.run(ns, seq, sum.toBytes())
    for (const [collection, by] of documents) if (by !== 0) count.run(ns, collection, by)
  }
  driver.exec('DELETE FROM collections WHERE documents = 0')
  for (const statement of [namespaces, versions, store, count]) statement.finalize()
}

/** Version 14: logs of persons and roles. */
function addLogs(driver: SqlDriver): void {
  driver.exec(LOG_TABLES)
}

/** Version 15: logs that nobody who wrote here needs are told from others. Of those of before all count as needed. */
function addToldLogs(driver: SqlDriver): void {
  driver.exec(TOLD_LOGS)
}
