import { DocstoreError } from '../errors.ts'
import type { SqlDriver } from './driver.ts'

/** Version of the schema, kept in `user_version`. Raise it together with a migration and a test on an old database. */
export const SCHEMA_VERSION = 1

/** `DOCS`, so that `file` and we tell our databases from others (sqlite.org/fileformat.html#application_id). */
const APPLICATION_ID = 0x444f4353

/**
 * Rows of one namespace lie together: the row id of a record is `namespace * 2^36 + seq`, where `seq` is the namespace's
 * local append order, the cursor of its change feed.
 */
export const SEQ_SPAN: number = 2 ** 36

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE namespaces (
  ns INTEGER PRIMARY KEY, cid TEXT NOT NULL UNIQUE, genesis BLOB NOT NULL, head BLOB NOT NULL, signature BLOB NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0 -- every record up to this row id has its seal
);
CREATE TABLE authors (author INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE seals (seal INTEGER PRIMARY KEY, author INTEGER NOT NULL, hashes BLOB NOT NULL, signature BLOB NOT NULL,
  live INTEGER NOT NULL -- records that still stand under it; the seal goes with the last one
);
CREATE TABLE records (
  rid INTEGER PRIMARY KEY, ns INTEGER NOT NULL, slot BLOB NOT NULL, collection TEXT, id TEXT, at INTEGER NOT NULL, hash BLOB NOT NULL,
  author INTEGER NOT NULL, seal INTEGER, prev BLOB, exp INTEGER,
  kh BLOB, -- of a tombstone: the hash of its key
  content_key INTEGER, -- first 48 bits of the content's sha-256: finds content by CID, with a quarter of the bytes of the digest
  content TEXT -- canonical JSON; NULL for a tombstone
);
CREATE UNIQUE INDEX records_by_slot ON records (slot);
CREATE INDEX records_by_id ON records (ns, collection, id) WHERE content IS NOT NULL;
CREATE TABLE indexes (name TEXT PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, paths TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE index_paths (ix INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, path TEXT NOT NULL, arrays INTEGER NOT NULL,
  UNIQUE (ns, collection, path));
CREATE TABLE array_entries (ix INTEGER NOT NULL, value NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (ix, value, rid)) WITHOUT ROWID;
CREATE INDEX array_entries_by_rid ON array_entries (rid);
`

/** `normal`: safe when the process is killed. `full`: also when the machine loses power, at the price of a disk flush per commit. */
export type Durability = 'normal' | 'full'

/** Makes the schema in a new database; refuses one of a newer version or of another program. */
export function prepareSchema(driver: SqlDriver, durability: Durability): void {
  // One process owns the file: a second one gets "in use" instead of a surprise, and the kernel frees the lock when the owner dies.
  driver.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
  driver.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY`)
  driver.exec('PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000; PRAGMA trusted_schema = OFF')
  const pragma = (name: string): number => Number(driver.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
  const version = pragma('user_version')
  const isEmpty = driver.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isEmpty && pragma('application_id') !== APPLICATION_ID) throw new DocstoreError('data-corrupt', 'The file is a database of another program')
  if (version > SCHEMA_VERSION) {
    throw new DocstoreError(
      'data-too-new',
      `The data was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}). Update the program`,
    )
  }
  if (!isEmpty) return
  driver.exec(`BEGIN EXCLUSIVE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
}
