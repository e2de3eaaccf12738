import type { FileKey, FilePart } from '../../files/index.ts'
import type { FileState } from '../../storage/files/file-storage.ts'

/** A file that a document of a namespace names. */
export interface FileFacts extends FileKey {
  /** `_id` of the document. */
  readonly id: string
  readonly state: FileState
}

/** A block of a file that is not here. */
export interface MissingBlock extends FilePart {
  readonly cid: string
}

/** A file of a namespace that is not whole here. */
export interface PartialFileFacts extends FileKey {
  /** Id of the namespace. */
  readonly ns: string
  readonly position: number
}

/**
 * Files: bytes in a tree of blocks, which a document of the collection `files` names by `<cid>`, or `…/<cid>`, and `size`. They belong to it, and go with
 * the last one that names them. `cid` is always text.
 */
export interface ReplicaFiles {
  /** The file of this CID that a document here names; `undefined` where none does. */
  file(ns: string, cid: string): Promise<FileFacts | undefined>
  /**
   * Stores pieces of a file that no document names yet, under a name of the caller's; all but the last of the file have 256 KiB, and one call takes 2 MiB.
   * Resolves with their sha-256. What is here already is not stored again; what no document names a day later is removed. Throws `disk-full`.
   */
  uploadPieces(upload: string, pieces: readonly Uint8Array[]): Promise<readonly Uint8Array[]>
  /** Makes the tree above the pieces of an upload: their sha-256 one after another, and the size of all. Resolves with the CID of the file. */
  uploadTree(upload: string, digests: Uint8Array, size: number): Promise<string>
  /** Lets go of an upload: what no document names is removed. */
  endUpload(upload: string): Promise<void>
  /**
   * Blocks of a file that are not here and are needed for bytes `from` to `to`, in their order, 64 at most; of what lies below missing nodes nothing is
   * known yet. Throws `not-found` where no document names the file, `bad-file` where no such file can be.
   */
  missingBlocks(ns: string, cid: string, range: { readonly from: number; readonly to: number }): Promise<readonly MissingBlock[]>
  /**
   * Stores a block that was missing. False where the bytes are not that block: nothing is stored then. Throws `not-found`, `disk-full`, and `bad-file`
   * where they are, and show that no such file can be.
   */
  storeBlock(ns: string, cid: string, block: MissingBlock, bytes: Uint8Array): Promise<boolean>
  /** The bytes from this one on to the end of the piece that it lies in; `undefined` where they are not here. Throws `not-found`, `data-corrupt`. */
  readFile(ns: string, cid: string, at: number): Promise<Uint8Array | undefined>
  /** The block of this CID, where a file that a document names has it. */
  block(cid: string): Promise<Uint8Array | undefined>
  /** Files that are named here and not whole, in the order in which they were first named: at most `limit` of those after a position, 0 being the first. */
  partialFiles(after: number, limit: number): Promise<readonly PartialFileFacts[]>
}
