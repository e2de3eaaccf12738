export { blockCid, DAG_PB, type FileKey, isFileCid, rootDigest } from './file-cid.ts'
export { decodeFileNode, encodeFileNode } from './file-node.ts'
export { type FilePart, partsBelow, rootPart } from './file-shape.ts'
export { fileNamedBy, FILES_COLLECTION } from './named-file.ts'
