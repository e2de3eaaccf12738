import type { BenchDocument } from '../documents.ts'

/** Where a receiver finds a source: texts that only the library understands. */
export type Address = Readonly<Record<string, string>>

/** What the benchmark does with a library. Every module of `adapters/` exports one as `library`. */
export interface Library {
  /** Opens the store in a folder, or makes it, without a network. */
  openLocal(folder: string): Promise<LocalStore>
  /** The same as a peer that others can copy from. */
  openSource(folder: string): Promise<SourceStore>
  /** Opens a copy in a folder, or makes it, not connected to anyone yet. */
  openReceiver(folder: string, address: Address): Promise<ReceiverStore>
}

/** A store that one process writes and reads. */
export interface LocalStore {
  /** Resolves when the library says that the document is stored. */
  put(document: BenchDocument): Promise<unknown>
  /** Absent where the library has no bulk write. */
  putMany?(documents: readonly BenchDocument[]): Promise<unknown>
  get(id: string): Promise<unknown>
  /** Indexes `author` and `n`. Absent where that is done while writing, or cannot be done. */
  createIndexes?(): Promise<void>
  /** How many documents of this author a query returns. */
  findByAuthor(author: string): Promise<number>
  /** How many documents with a greater `n` a query returns, the first `limit` by `n`. */
  findAbove(n: number, limit: number): Promise<number>
  close(): Promise<void>
}

/** A store that others copy from. */
export interface SourceStore extends Pick<LocalStore, 'put' | 'putMany' | 'close'> {
  readonly address: Address
}

/** A copy of a source. */
export interface ReceiverStore {
  /** Resolves when a connection to the source stands. */
  connect(): Promise<void>
  /** Begins to copy, and goes on with whatever is written later. */
  follow(): Promise<void>
  /** How many documents are here. Asked often, so it should be cheap. */
  count(): Promise<number>
  get(id: string): Promise<unknown>
  /** Ids of documents that arrive from now on. */
  changes(): AsyncIterable<string>
  close(): Promise<void>
}
