export { blockCid, DAG_PB, type FileKey, rootDigest } from './file-cid.ts'
export { decodeFileNode, encodeFileNode } from './file-node.ts'
export { type FilePart, partsBelow, rootPart } from './file-shape.ts'
