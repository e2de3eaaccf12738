import type { Asker } from './query-queue.ts'
import type { FoundPage, StoredQuery } from '../storage.ts'

/** Queries that run where they block nobody, in turn. */
export interface QueriesAside {
  /** One page. Throws `too-many-queries`, `queries-full`, `too-slow`, `cancelled`. */
  find(ns: number, collection: string, query: StoredQuery, asker: Asker): Promise<FoundPage>
  /** What is damaged, as `Storage.findDamage`. */
  findDamage(): Promise<readonly string[]>
  /** What each author's records take; absent where that cannot be told beside everything else. */
  usage?(): Promise<readonly { readonly by: Uint8Array; readonly records: number; readonly bytes: number }[]>
  /** Copies everything of one moment into a new file, as `Storage.backup`, while reads and writes go on. */
  backup(path: string): Promise<void>
  /** Does something while no query reads. */
  quiet(work: () => Promise<void>): Promise<void>
  close(): Promise<void>
}
