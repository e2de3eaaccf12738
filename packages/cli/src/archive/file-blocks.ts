import { encode } from '@ipld/dag-cbor'
import { DAG_CBOR, DAG_PB, DocstoreError, type FileKey, FileWalk, parseCid, RAW, type Replica } from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { MAX_LISTED_FILES, MAX_LISTS } from './limits.ts'

/** Whole files as blocks: a list of some, then their blocks, and so on. `onList` is called with the CID of each list. */
export async function* fileBlocks(
  replica: Pick<Replica, 'block'>,
  files: readonly FileKey[],
  onList: (cid: Block['cid']) => void,
): AsyncGenerator<Block> {
  if (files.length > MAX_LISTED_FILES * MAX_LISTS) throw new DocstoreError('too-large', 'The namespace has too many files for one file')
  for (let at = 0; at < files.length; at += MAX_LISTED_FILES) {
    const some = files.slice(at, at + MAX_LISTED_FILES)
    const list = blockOf(
      DAG_CBOR,
      encode({ v: 2, t: 'files', files: some.map(({ cid, size }) => [parseCid(RAW, cid) ?? parseCid(DAG_PB, cid), size]) }),
    )
    yield list
    onList(list.cid)
    for (const file of some) yield* blocksOf(replica, file)
  }
}

async function* blocksOf(replica: Pick<Replica, 'block'>, file: FileKey): AsyncGenerator<Block> {
  const walk = new FileWalk(file)
  for (let next = walk.next(); next !== undefined; next = walk.next()) {
    // The empty file has no piece that is stored.
    const bytes = next.length === 0 ? new Uint8Array() : await replica.block(next.cid)
    if (bytes === undefined) throw new DocstoreError('not-found', `The file ${file.cid} was deleted while it was exported. Export again`)
    yield blockOf(next.level === 0 ? RAW : DAG_PB, bytes)
    if (!walk.take(bytes)) throw new DocstoreError('data-corrupt', `A block of the file ${file.cid} is damaged on the disk`)
  }
}
