import { sha256 } from '#crypto'
import { equalBytes, toHex } from '../../model/bytes.ts'
import { asStruct, decodeCbor } from '../../model/encoding/cbor.ts'
import { MAX_GENESIS_BYTES } from '../../model/limits.ts'
import { DocstoreError } from '../../errors.ts'
import type { CompactStep } from '../space/compacting.ts'
import { compareText } from '../../model/compare-text.ts'
import type { Storage, StoredNamespace } from '../storage.ts'
import type { News } from './messages.ts'
import type { SharedDatabase } from './shared-database.ts'
import { SqlStorage } from '../sql-storage.ts'
import type { StorageParts } from '../storage-parts.ts'

/** Name of the small value that says in which network all this is. */
const NETWORK = 'network'

/** How often a name is asked for that another process has, and the pause in between, milliseconds. */
const CLAIM_ATTEMPTS = 10
const CLAIM_PAUSE_MS = 200

/** What such a storage has besides its tables. */
export interface PostgresStorageInit {
  /** Where the small values of this peer lie: its keys are no matter of others on the same database. Without it, with the documents. */
  readonly own?: Pick<Storage, 'getMeta' | 'setMeta' | 'listMeta'> | undefined
  /** Ends the connection, and whatever belongs to it. */
  readonly end: () => Promise<void>
}

/** The storage contract on PostgreSQL. */
export class PostgresStorage extends SqlStorage {
  readonly #init: PostgresStorageInit
  readonly #parts: StorageParts

  readonly #shared: SharedDatabase
  readonly #listeners: ((ns: readonly number[]) => void)[] = []

  constructor(parts: StorageParts, shared: SharedDatabase, init: PostgresStorageInit) {
    super(parts)
    this.#shared = shared
    this.#init = init
    this.#parts = parts
  }

  override async getMeta(key: string): Promise<Uint8Array | undefined> {
    // What was written along with documents lies with them.
    const value = await this.#init.own?.getMeta(key)
    if (key === NETWORK && value !== undefined) await this.#beOf(value)
    return value ?? super.getMeta(key)
  }

  override async setMeta(key: string, value: Uint8Array | undefined): Promise<void> {
    const { own } = this.#init
    if (own === undefined) return super.setMeta(key, value)
    if (key === NETWORK && value !== undefined) await this.#beOf(value)
    await own.setMeta(key, value)
    if (value === undefined && (await super.getMeta(key)) !== undefined) await super.setMeta(key, undefined)
  }

  /** All who share the database are of one network, which whoever comes without one takes over. */
  async #beOf(network: Uint8Array): Promise<void> {
    // In one statement: another process may find nothing at the same moment.
    this.#parts.statements.own('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING').run(NETWORK, network)
    const found = await super.getMeta(NETWORK)
    if (found === undefined || !equalBytes(found, network))
      throw new DocstoreError(
        'other-network',
        'The documents of this database are in another network than this data folder. Join that one with a folder of its own, or name another schema with ?schema=NAME',
      )
  }

  override async listMeta(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    const own = (await this.#init.own?.listMeta(prefix)) ?? []
    const all = new Map([...(await super.listMeta(prefix)), ...own])
    return [...all].sort(([a], [b]) => compareText(a, b))
  }

  override async nostr(): Promise<never> {
    throw noNostr()
  }

  override async moveNamespaces(...[moves, meta]: Parameters<SqlStorage['moveNamespaces']>): Promise<void> {
    if (this.#init.own !== undefined)
      throw new DocstoreError(
        'other-network',
        'The documents of this database are in another network, and may be those of other relays. Take another schema of it',
      )
    await super.moveNamespaces(moves, meta)
  }

  override saveNamespace(namespace: Omit<StoredNamespace, 'ns'>): number {
    const genesis = decodeCbor(namespace.genesis, MAX_GENESIS_BYTES)
    // Before it is here: whoever opens the database next could not read its events either.
    if (genesis.ok && asStruct(genesis.value, ['write'], ['v', 't', 'net', 'kind', 'owner', 'next', 'nonce'])?.['write'] === 'nostr') throw noNostr()
    const ns = super.saveNamespace(namespace)
    this.#shared.saved(ns)
    return ns
  }

  onOthers(listener: (ns: readonly number[]) => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Takes a name for this process alone, as long as it is connected. Throws `data-in-use` where another one has it. CockroachDB, which has no advisory locks,
   * gives it to everybody.
   */
  async claim(name: string): Promise<void> {
    const key = Number.parseInt(toHex(sha256(name)).slice(0, 12), 16)
    for (let attempt = 1; ; attempt++) {
      if (this.#parts.statements.own('SELECT pg_try_advisory_lock(?) AS taken').get(key)?.['taken'] === 1) return
      if (attempt === CLAIM_ATTEMPTS) break
      // The connection of a process that was killed a moment ago may still be there.
      await new Promise((done) => setTimeout(done, CLAIM_PAUSE_MS))
    }
    throw new DocstoreError(
      'data-in-use',
      'Another process with the keys of this data folder works with this database. Two relays need folders of their own: make one anew, do not copy it',
    )
  }

  /** Other processes have changed namespaces. */
  othersChanged(numbers: readonly number[]): void {
    this.#parts.transactions.forget()
    for (const ns of numbers) this.#parts.readings.endOf(ns)
    for (const listener of this.#listeners) listener(numbers)
  }

  /** Takes up what the connection's thread tells. */
  news(news: News): void {
    // Whether the last commit of the connection before was done, nobody said.
    if (news.kind === 'connected') this.#parts.transactions.forget()
    this.#shared.news(news)
  }

  /** Whether the server can be asked. Throws `database-away` where it cannot. */
  override isInPlace(): boolean {
    this.#parts.statements.own('SELECT 1').get()
    return true
  }

  /** A server looks after its files itself, and has tools of its own for that (pg_amcheck). */
  async findDamage(): Promise<readonly string[]> {
    this.#parts.statements.assertOpen()
    return []
  }

  /** Autovacuum does it. */
  async compactSome(): Promise<CompactStep> {
    this.#parts.statements.assertOpen()
    return { left: 0 }
  }

  /** As everything about its files, a matter of the server (REINDEX CONCURRENTLY). */
  rebuildIndexes(): void {
    this.#parts.statements.assertOpen()
  }

  /** What was deleted lies in the server's files until it vacuums, and in its log for as long as that is kept: nothing a client can hasten. */
  scrub(): void {
    this.#parts.statements.assertOpen()
  }

  override async backup(): Promise<void> {
    this.#parts.statements.assertOpen()
    throw new DocstoreError(
      'no-files',
      'The documents of this relay lie in PostgreSQL. Copy the database with pg_dump, or its server with pg_basebackup',
    )
  }

  async close(): Promise<void> {
    this.#shared.close()
    this.end()
    await this.#init.end()
  }
}

function noNostr(): DocstoreError {
  return new DocstoreError('unsupported', 'Events of Nostr are kept in SQLite, not in PostgreSQL. Take a data folder of its own for a relay of Nostr')
}
