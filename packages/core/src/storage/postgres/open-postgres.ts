import { DocstoreError } from '../../errors.ts'
import type { SqlDriver } from '../drivers/driver.ts'
import type { QueriesAside } from '../queries/queries-aside.ts'
import { QueryThread } from '../queries/query-thread-node.ts'
import { EditedDocuments } from '../records/edited-documents.ts'
import { Statements } from '../statements.ts'
import type { Storage } from '../storage.ts'
import { storageParts, type StoragePartsOptions } from '../storage-parts.ts'
import { foresee } from './foresight.ts'
import { KeyIndexes } from './key-indexes.ts'
import { MatchingQueries } from './matching-queries.ts'
import { NoRoom } from './no-room.ts'
import { PostgresDriver } from './postgres-driver.ts'
import { PostgresReader } from './postgres-reader.ts'
import { PostgresStorage, type PostgresStorageInit } from './postgres-storage.ts'
import { SharedDatabase } from './shared-database.ts'
import { preparePostgres } from './schema.ts'
import { WordIndexes } from './word-indexes.ts'

/** Schema of the database in which tables lie unless the URL names another one. */
const SCHEMA = 'docstore'
/** How long a server that is away is waited for unless said, milliseconds: it may be starting on the same machine. */
const PATIENCE_MS = 10_000

/** How a database on PostgreSQL is opened. */
export interface PostgresStorageOptions extends Pick<StoragePartsOptions, 'now'> {
  /** How long a server that is away is waited for, milliseconds. */
  readonly patienceMs?: number
  /** How long the server may take for an answer before it counts as away, milliseconds; 17 s unless said. */
  readonly answerMs?: number
  /** Where the small values of this peer lie, a storage that is closed with this one. Without it, with the documents, which are of one peer then. */
  readonly own?: Pick<Storage, 'getMeta' | 'setMeta' | 'listMeta' | 'close'>
}

/** A database's address, and the schema in it that `?schema=` names. Throws `bad-url`. */
export function parseDatabaseUrl(text: string): { readonly url: string; readonly schema: string; readonly channel: string; readonly shown: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new DocstoreError('bad-url', 'That is no address of a PostgreSQL database. It looks like postgres://user@host:5432/database')
  const schema = url.searchParams.get('schema') ?? SCHEMA
  url.searchParams.delete('schema')
  const shown = new URL(url)
  shown.password = ''
  return { url: url.href, schema, channel: `docstore ${schema}`, shown: shown.href }
}

/**
 * Opens or makes the tables of a peer in a PostgreSQL database, such as `postgres://user@host:5432/database?schema=docstore`. Throws `bad-url`,
 * `database-away`, `database-refused`, `data-too-new`.
 */
export async function openPostgresStorage(
  address: string,
  { patienceMs = PATIENCE_MS, answerMs, own, ...options }: PostgresStorageOptions = {},
): Promise<PostgresStorage> {
  const { shown, ...where } = parseDatabaseUrl(address)
  let driver: PostgresDriver | undefined
  let storage: PostgresStorage | undefined
  try {
    const opened = await PostgresDriver.open({ ...where, answerMs, onNews: (news) => storage?.news(news) }, patienceMs)
    driver = opened
    preparePostgres(opened, where.schema)
    storage = storageOn(opened, options, {
      ...where,
      own,
      isConnected: () => opened.isConnected,
      end: async () => {
        await opened.end()
        await own?.close()
      },
    })
    return storage
  } catch (error) {
    await driver?.end()
    if (!(error instanceof DocstoreError)) throw error
    throw DocstoreError.passedOn(error.code, `${error.message} (${shown})`, { cause: error })
  }
}

/** What a storage has to know of its connection. */
interface ConnectedInit extends PostgresStorageInit {
  readonly channel: string
  readonly isConnected: () => boolean
}

/** The storage on a connection to a database whose tables are there; `init.end` is called when it is closed. */
export function storageOn(driver: SqlDriver, options: StoragePartsOptions, init: ConnectedInit): PostgresStorage {
  const statements = new Statements(driver)
  const indexes = new KeyIndexes(statements)
  const texts = new WordIndexes(statements)
  const shared = new SharedDatabase({ statements, channel: init.channel, isConnected: init.isConnected, onOthers: (ns) => storage.othersChanged(ns) })
  const parts = storageParts(
    driver,
    statements,
    {
      room: new NoRoom(),
      indexes,
      texts,
      mapping: { documentsRead: () => undefined, fileRead: () => undefined },
      foresee: (ns, entries) => foresee(statements, ns, entries),
      begin: (ns, forget) => shared.begin(ns, forget),
      queries: ({ totals }) => new MatchingQueries({ statements, indexes, texts, totals }),
    },
    { ...options, edits: EditedDocuments },
  )
  const storage = new PostgresStorage(parts, shared, init)
  return storage
}

/** Queries on such a database in a thread of their own, as `openNodeQueries`. */
export function openPostgresQueries(address: string): QueriesAside {
  // A server lets any number of connections read.
  return new QueryThread(address, { letReadersIn: () => undefined, keepReadersOut: () => undefined })
}

/** A connection that only reads, for that thread. */
export async function openPostgresReader(address: string): Promise<PostgresReader> {
  const { shown: _, ...where } = parseDatabaseUrl(address)
  return new PostgresReader(await PostgresDriver.open({ ...where, onNews: () => undefined }, PATIENCE_MS))
}
