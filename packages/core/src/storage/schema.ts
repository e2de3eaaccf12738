import { DocstoreError, errorCode } from '../errors.ts'
import type { SqlDriver } from './drivers/driver.ts'
import { FILE_TABLES, FILES_BY_CID } from './files/schema.ts'
import { HISTORY_TABLES } from './history/schema.ts'
import { LOG_TABLES, TOLD_LOGS } from './logs/schema.ts'
import type { Migration } from './migrations.ts'
import type { DiskReserve } from './space/room.ts'

/** Version of the schema, kept in `user_version`. A change of the schema brings a migration and a test on an old database. */
export const SCHEMA_VERSION = 15
/** The same with tables for events of Nostr, which are made with the first namespace of them: databases without stay of the version before. */
export const NOSTR_SCHEMA_VERSION = 16

/** `DOCS`, so that `file` and we tell our databases from others (sqlite.org/fileformat.html#application_id). */
const APPLICATION_ID = 0x444f4353

export { SEQ_SPAN } from '../query/index.ts'

/** Which rows can expire: those of the index `records_by_exp`. */
export const CAN_EXPIRE = `exp IS NOT NULL AND coalesce(own, content, '') <> ''`

/** Tables that every storage on a SQL database has. */
export const TABLES: string = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE namespaces (
  ns INTEGER PRIMARY KEY, cid TEXT NOT NULL UNIQUE, genesis BLOB NOT NULL, head BLOB NOT NULL, signature BLOB NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0, -- position up to which every record has its seal
  newest INTEGER NOT NULL DEFAULT 0, -- no record has a later time
  known INTEGER NOT NULL DEFAULT 0, -- nobody else has a record of a later time
  edited INTEGER NOT NULL DEFAULT 0 -- whether it has ever had edits, or versions that lost
);
CREATE TABLE authors (author INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
CREATE TABLE seals (seal INTEGER PRIMARY KEY, author INTEGER NOT NULL, hashes BLOB NOT NULL, signature BLOB NOT NULL,
  live INTEGER NOT NULL -- records that still stand under it; the seal goes with the last one
);
CREATE TABLE records (
  rid INTEGER PRIMARY KEY, ns INTEGER NOT NULL, slot BLOB NOT NULL, collection TEXT, id TEXT, at INTEGER NOT NULL, hash BLOB NOT NULL,
  author INTEGER NOT NULL, seal INTEGER, prev BLOB, exp INTEGER,
  kh BLOB, -- of a tombstone: the hash of its key, without what is its slot
  counted BLOB, -- of a version that came after the stored total: what the total counts in its slot, see totals.ts
  content_key INTEGER, -- first 32 bits of the content's sha-256, with a sign: finds content by CID, with an eighth of the bytes of the digest
  content TEXT, -- canonical JSON of the document; NULL for a tombstone, and see edited-documents.ts
  document BLOB, -- of an edit, and of a version that lost: the slot of its document; empty where the slot of the record is its author's own
  path TEXT, -- of an edit: its field, a JSON list of names
  own TEXT, -- what the record says itself, where that is not its content; empty for an edit that has expired
  more BLOB, -- what few records have, see more-column.ts
  lost INTEGER -- of a version that lost: when it did here, Unix milliseconds
);
-- By namespace too: a tombstone says which slot it is for, and must not reach into another namespace.
CREATE UNIQUE INDEX records_by_slot ON records (ns, slot);
CREATE INDEX records_by_id ON records (ns, collection, id) WHERE content IS NOT NULL;
CREATE INDEX records_lost ON records (ns, collection, id) WHERE lost IS NOT NULL;
-- What expires next: tombstones, and what has expired, say nothing that could.
CREATE INDEX records_by_exp ON records (exp) WHERE ${CAN_EXPIRE};
-- Documents whose tombstones were kept for long enough, by the first 8 bytes of their slots: nothing of up to this time comes back; see forgotten-slots.ts.
CREATE TABLE forgotten (ns INTEGER NOT NULL, slot BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (ns, slot)) WITHOUT ROWID;
-- How many records a namespace has and what their hashes add up to, as of a position; see totals.ts.
CREATE TABLE totals (ns INTEGER PRIMARY KEY, seq INTEGER NOT NULL, sum BLOB NOT NULL);
-- How many documents collections have, as of the same position; those that have none are not here.
CREATE TABLE collections (ns INTEGER NOT NULL, collection TEXT NOT NULL, documents INTEGER NOT NULL, PRIMARY KEY (ns, collection)) WITHOUT ROWID;
CREATE TABLE indexes (name TEXT PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, paths TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE index_paths (ix INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, path TEXT NOT NULL,
  kinds INTEGER NOT NULL, -- what was found at the path, as bits, see query/indexed.ts; -1 where nobody has looked yet
  UNIQUE (ns, collection, path));
CREATE TABLE text_indexes (tx INTEGER PRIMARY KEY, ns INTEGER NOT NULL, collection TEXT NOT NULL, paths TEXT NOT NULL,
  UNIQUE (ns, collection));
`

/** What SQLite keeps beside its indexes on expressions, and to find words. */
const INDEX_TABLES = `
CREATE TABLE array_entries (ix INTEGER NOT NULL, value NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (ix, value, rid)) WITHOUT ROWID;
CREATE INDEX array_entries_by_rid ON array_entries (rid);
-- Text index tx is the FTS5 table text_<tx>; see text-indexes.ts. Rows of these tables that belong to a later version than the one by whose rid they are called.
CREATE TABLE text_moved (tx INTEGER NOT NULL, row INTEGER NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (tx, row)) WITHOUT ROWID;
CREATE INDEX text_moved_by_rid ON text_moved (rid);
`

/** Pages after which the write-ahead log is copied into the database: 16 MB, so that a large import does it rarely. */
const WAL_PAGES = 4000
/** What the log file is cut to after a transaction that needed more, bytes. */
const WAL_BYTES: number = 64 * 1024 * 1024

/** What is kept in memory unless said: a peer is a guest in somebody's program, and who reads much has the file mapped (`mapForReading`). */
export const CACHE_BYTES: number = 8 * 1024 * 1024
/** How much of the file may be mapped into memory: what the operating system has cached is read without copying it. */
const MAPPED_BYTES: number = 256 * 1024 * 1024

/** `normal`: safe when the process is killed. `full`: also when the machine loses power, at the price of a disk flush per commit. */
export type Durability = 'normal' | 'full'

/** How a database is opened. */
export interface StorageOptions {
  readonly durability?: Durability
  /**
   * Largest size of the database, bytes. Beyond it writes fail with `disk-full`, and reads go on. Writes that make room succeed, and may take as
   * much again, 1 MiB at least. Without it, the disk is the limit.
   */
  readonly maxBytes?: number
  /** Whether `letReadersIn` is wanted later: connections of this process that read beside the one that writes. */
  readonly withReaders?: boolean
  /** Whether the file that was opened still lies where it lay. */
  readonly isInPlace?: () => boolean
  /** What is kept of the disk for deletes. */
  readonly reserve?: DiskReserve
  /** What brings an older database up to date; one that needs it is not opened without. */
  readonly migrations?: readonly Migration[]
  /** Pages of the database that may be kept in memory, bytes; 8 MiB unless said. */
  readonly cacheBytes?: number
  /** Wall clock, Unix milliseconds: when versions have lost, and when earlier ones went. */
  readonly now?: () => number
}

/** Takes the lock of the whole file, with the next transaction that may write. Throws `data-in-use` where anybody else has it open. */
export const LOCK_OUT = 'PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT'

/** Makes the schema in a new database, or brings an older one up to it; refuses one of a newer version or of another program, and leaves that as it is. */
export function prepareSchema(
  driver: SqlDriver,
  { durability = 'normal', maxBytes, cacheBytes = CACHE_BYTES, withReaders, migrations = [] }: StorageOptions,
): void {
  // One process owns the file: a second one gets "in use" instead of a surprise, and the kernel frees the lock when the owner dies.
  // Set before the first read, it also spares the shared memory that a write-ahead log needs otherwise, which browsers do not have. With it,
  // a log could never be read by another connection, so where readers are wanted the lock is taken after the first read.
  driver.exec(`PRAGMA locking_mode = ${withReaders === true ? 'NORMAL' : 'EXCLUSIVE'}; PRAGMA trusted_schema = OFF`)
  const version = checkOwner(driver)
  // To be said before there is anything: so free pages can be given back to the disk bit by bit.
  if (version === 0) driver.exec('PRAGMA auto_vacuum = INCREMENTAL')
  driver.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY')
  if (withReaders === true) {
    numberOf(driver, 'PRAGMA schema_version')
    driver.exec(LOCK_OUT)
  }
  limitCache(driver, cacheBytes)
  if (maxBytes !== undefined) driver.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / numberOf(driver, 'PRAGMA page_size'))}`)
  driver.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
  driver.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA journal_size_limit = ${WAL_BYTES}`)
  if (version === 0)
    driver.exec(
      `BEGIN EXCLUSIVE; ${TABLES} ${INDEX_TABLES} ${FILE_TABLES} ${FILES_BY_CID} ${HISTORY_TABLES} ${LOG_TABLES} ${TOLD_LOGS} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
    )
  else {
    if (version < SCHEMA_VERSION) migrateFrom(driver, migrations.slice(version - 1))
    emptyLog(driver)
  }
}

/** All or nothing: what fails half-way leaves the old version, which the next start tries again. */
function migrateFrom(driver: SqlDriver, migrations: readonly Migration[]): void {
  if (migrations.length === 0) throw new DocstoreError('internal', 'An older database was opened without what brings it up to date')
  driver.exec('BEGIN EXCLUSIVE')
  try {
    for (const migrate of migrations) migrate(driver)
    driver.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
  } catch (error) {
    if (driver.inTransaction()) driver.exec('ROLLBACK')
    throw error
  }
}

/** Version of the schema, 0 where the database is empty and so ours to make. Throws where it belongs to someone else. */
export function checkOwner(driver: SqlDriver): number {
  const version = numberOf(driver, 'PRAGMA user_version')
  const owner = numberOf(driver, 'PRAGMA application_id')
  const hasTables = numberOf(driver, 'SELECT EXISTS (SELECT 1 FROM sqlite_schema)') === 1
  if (!hasTables && version === 0 && owner === 0) return 0
  if (owner !== APPLICATION_ID) throw new DocstoreError('data-corrupt', 'The file is a database of another program')
  if (version > NOSTR_SCHEMA_VERSION) {
    throw new DocstoreError(
      'data-too-new',
      `The data was written by a newer version (schema ${version}, this one knows ${NOSTR_SCHEMA_VERSION}). Update the program`,
    )
  }
  return version
}

/** A process that was killed may have left deleted content in the log. */
function emptyLog(driver: SqlDriver): void {
  try {
    driver.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // Without space for that, reading still works.
    if (errorCode(error) !== 'disk-full') throw error
  }
}

/**
 * Maps the file, for reading only; where that is not possible, as in browsers, nothing changes. Mapped pages count as the process's memory,
 * so this waits until somebody reads.
 */
export function mapForReading(driver: SqlDriver): void {
  driver.exec(`PRAGMA mmap_size = ${MAPPED_BYTES}`)
}

/** Takes that back. */
export function unmap(driver: SqlDriver): void {
  driver.exec('PRAGMA mmap_size = 0')
}

/** Lets go of the pages in memory that were not used for longest, but for as many as are kept unless said; the cache may grow again after that. */
export function trimCache(driver: SqlDriver, cacheBytes: number): void {
  limitCache(driver, Math.min(CACHE_BYTES, cacheBytes))
  limitCache(driver, cacheBytes)
}

function limitCache(driver: SqlDriver, bytes: number): void {
  driver.exec(`PRAGMA cache_size = -${Math.ceil(bytes / 1024)}`)
}

/** The one number that a question gives. */
export function numberOf(driver: SqlDriver, sql: string): number {
  const statement = driver.prepare(sql)
  const [value] = Object.values(statement.get() ?? {})
  statement.finalize()
  return Number(value ?? 0)
}
