import type { FileKey } from '../../files/file-cid.ts'

type Awaitable<T> = T | Promise<T>

/** `partial`: some of it may not be here. `bad`: no file of this size has such a CID. */
export type FileState = 'partial' | 'whole' | 'bad'

/** A file that a document of a namespace names. */
export interface NamedFile extends FileKey {
  /** `_id` of that document. */
  readonly id: string
  readonly state: FileState
}

/** A file of a namespace that is not whole. */
export interface PartialFile extends FileKey {
  readonly ns: number
  /** Where the next page begins. */
  readonly file: number
}

/** A block to be stored; nobody checks the digest any more. */
export interface NewBlock {
  readonly digest: Uint8Array
  readonly bytes: Uint8Array
}

/**
 * Blocks, by the sha-256 of their bytes, and which files hold them. A block that two files have is stored once. Like `Storage`, each method is one
 * step. A file that no document names any more is unknown: `store` and `hold` throw `not-found`.
 */
export interface FileStorage {
  /** The file of this CID in a namespace; of several documents that name one, a file that can be. */
  named(ns: number, cid: string): Awaitable<NamedFile | undefined>
  /** Files that are not whole, after one of them, in all namespaces that name them. */
  partial(after: number, limit: number): Awaitable<readonly PartialFile[]>
  setState(key: FileKey, state: FileState): Awaitable<void>
  /** Lets a file hold those of these blocks that are here; tells which. */
  hold(key: FileKey, digests: readonly Uint8Array[]): Awaitable<readonly boolean[]>
  /** Stores blocks and lets the file hold them. Throws `disk-full`. */
  store(key: FileKey, blocks: readonly NewBlock[]): Awaitable<void>
  /** Stores pieces of a file that no document names yet, under a name. Throws `disk-full`. */
  upload(name: string, blocks: readonly NewBlock[], now: number): Awaitable<void>
  /** Lets go of uploads: of one, or of all that were touched before a time. */
  endUploads(which: { readonly name: string } | { readonly before: number }): Awaitable<void>
  /** Keeps files for something that is no document, by its name: they lose nothing of what is here, and are shown to nobody. Once; what else it names counts for nothing. */
  keepFor(name: string, files: readonly FileKey[]): Awaitable<void>
  /** Lets go of what is kept so. */
  letGo(name: string): Awaitable<void>
  /** A block that a file holds which a document names; an upload's where `withUploads`. */
  block(digest: Uint8Array, withUploads?: boolean): Awaitable<Uint8Array | undefined>
  /** Removes at most so many blocks that nothing holds any more; false where nothing is left to remove. */
  clear(limit: number): Awaitable<boolean>
  /** Gives a part of the space of files that were removed back to the disk; false where nothing is left of it. */
  giveBack(): Awaitable<boolean>
}
