import { decode, encode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { equalBytes } from '../model/bytes.ts'
import { blockCid } from './file-cid.ts'
import { type FilePart, partsBelow, rootPart } from './file-shape.ts'
import { CHUNK_BYTES, MAX_FILE_BYTES, MAX_LINKS, MAX_NODE_BYTES } from './limits.ts'

/** Bytes of a digest. */
const DIGEST_BYTES = 32

/** The bytes of a node above these blocks, as IPFS tools write it. There is one digest for each part below. */
export function encodeFileNode(part: FilePart, digests: readonly Uint8Array[]): Uint8Array {
  const parts = partsBelow(part)
  const unixFs = new UnixFS({ type: 'file', blockSizes: parts.map(({ length }) => BigInt(length)) })
  const links = parts.map((below, i) => ({
    Name: '',
    Hash: blockCid(below, digests[i] ?? new Uint8Array(DIGEST_BYTES)),
    Tsize: treeBytes(below),
  }))
  return encode({ Data: unixFs.marshal(), Links: links })
}

/** The digests that a node names, one for each part below; `undefined` where it is not the node of this part of a file. */
export function decodeFileNode(part: FilePart, bytes: Uint8Array): readonly Uint8Array[] | undefined {
  if (bytes.length > MAX_NODE_BYTES) return undefined
  const digests = digestsIn(bytes)
  // Written anew it has to be the same: codecs, names, sizes and order are what the part says, and nothing else is in it.
  return digests !== undefined && digests.length === partsBelow(part).length && equalBytes(encodeFileNode(part, digests), bytes) ? digests : undefined
}

/** The bytes of the file that a node is the root of, by its own word; `undefined` where no file has such a root. */
export function fileSizeOf(root: Uint8Array): number | undefined {
  try {
    const { Data } = decode(root)
    const size = Number(UnixFS.unmarshal(Data ?? new Uint8Array()).fileSize())
    return size > CHUNK_BYTES && size <= MAX_FILE_BYTES && decodeFileNode(rootPart(size), root) !== undefined ? size : undefined
  } catch {
    // As below: that it is none is all that matters.
    return undefined
  }
}

function digestsIn(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  try {
    const { Links } = decode(bytes)
    const digests = Links.map(({ Hash }) => Hash.multihash.digest)
    return digests.length <= MAX_LINKS && digests.every((digest) => digest.length === DIGEST_BYTES) ? digests : undefined
  } catch {
    // What the decoder throws says how the bytes break the format; that they do is all that matters.
    return undefined
  }
}

/** What a link says of a part: the bytes of all its blocks, nodes included. They do not depend on what is in the file. */
function treeBytes(part: FilePart): number {
  if (part.level === 0) return part.length
  const known = TREE_BYTES.get(`${part.level} ${part.length}`)
  if (known !== undefined) return known
  const bytes = partsBelow(part).reduce((sum, below) => sum + treeBytes(below), encodeFileNode(part, []).length)
  // Of all trees below, all but the last are full.
  if (TREE_BYTES.size >= MAX_TREE_SIZES) TREE_BYTES.clear()
  TREE_BYTES.set(`${part.level} ${part.length}`, bytes)
  return bytes
}

const MAX_TREE_SIZES = 64
const TREE_BYTES = new Map<string, number>()
