import { type CID, cidOf, parseCid, RAW } from '../model/encoding/cid.ts'
import { type FilePart, rootPart } from './file-shape.ts'
import { MAX_FILE_BYTES } from './limits.ts'

/** Multicodec of the nodes above pieces. */
export const DAG_PB = 0x70

/** Which bytes a file is: the CID of its tree, and its size, from which the shape of the tree follows. */
export interface FileKey {
  readonly cid: string
  readonly size: number
}

/** Whether a text is a CID that a file can have. */
export function isFileCid(text: string): boolean {
  return parseCid(RAW, text) !== undefined || parseCid(DAG_PB, text) !== undefined
}

/** The digest of a file's root, `undefined` where no file of this size has such a CID. */
export function rootDigest({ cid, size }: FileKey): Uint8Array | undefined {
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_FILE_BYTES) return undefined
  return parseCid(codecOf(rootPart(size)), cid)?.multihash.digest
}

/** CID of a block of a file. Pieces are raw. */
export function blockCid(part: Pick<FilePart, 'level'>, digest: Uint8Array): CID {
  return cidOf(codecOf(part), digest)
}

function codecOf({ level }: Pick<FilePart, 'level'>): number {
  return level === 0 ? RAW : DAG_PB
}
