import { DocstoreError } from '../errors.ts'
import { DAG_PB, blockCid } from './file-cid.ts'
import { decodeFileNode, fileSizeOf } from './file-node.ts'
import { type FilePart, partsBelow, rootPart } from './file-shape.ts'
import { parseCid } from '../model/encoding/cid.ts'

/** Blocks that are asked for ahead of the reader: 1 MiB. */
const AHEAD = 4

/** A file that is known by its CID alone. */
export interface ForeignFile {
  readonly size: number
  /** The bytes in order, each block asked for when it is needed, a few ahead. Throws what `get` does, and `bad-file`. */
  readonly pieces: () => AsyncGenerator<Uint8Array, void, undefined>
}

/** Gives the bytes of a block, whose hash was checked. */
type GetBlock = (cid: string) => Promise<Uint8Array>

/** The file of a root whose hash was checked. Throws `bad-file` where no file as they are cut here has such a root. */
export function openForeignFile(cid: string, root: Uint8Array, get: GetBlock): ForeignFile {
  const isPiece = parseCid(DAG_PB, cid) === undefined
  const size = isPiece ? root.length : fileSizeOf(root)
  if (size === undefined || rootPart(size).level > 0 === isPiece) throw badFile(cid)
  return { size, pieces: () => piecesOf(rootPart(size), root, { cid, get }) }
}

async function* piecesOf(
  part: FilePart,
  bytes: Uint8Array,
  file: { readonly cid: string; readonly get: GetBlock },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (part.level === 0) {
    if (bytes.length !== part.length) throw badFile(file.cid)
    yield bytes
    return
  }
  const digests = decodeFileNode(part, bytes)
  if (digests === undefined) throw badFile(file.cid)
  const parts = partsBelow(part)
  const coming: Promise<Uint8Array>[] = []
  for (const [i, below] of parts.entries()) {
    // Nodes are asked for one by one: what lies below each is asked for ahead.
    for (let next = i + coming.length; coming.length < (below.level === 0 ? AHEAD : 1) && next < parts.length; next++) {
      const block = file.get(blockCid(below, digests[next] ?? new Uint8Array()).toString())
      // Reported when its turn comes; who leaves before has no use for it.
      block.catch(() => undefined)
      coming.push(block)
    }
    const block = coming.shift()
    if (block !== undefined) yield* piecesOf(below, await block, file)
  }
}

function badFile(cid: string): DocstoreError {
  return new DocstoreError('bad-file', `What the CID ${cid} names is no file as they are cut here`)
}
