import { asyncIterableReader, readBlockHead, readHeader } from '@ipld/car/decoder'
import { cidOfBytes, DAG_CBOR, DAG_JSON, DAG_PB, DocstoreError, errorMessage, RAW } from '@p2p-docstore/core'
import type { Block } from './block.ts'
import { MAX_BLOCK_BYTES, MAX_HEADER_BYTES } from './limits.ts'

/** A failure that says that a file is no export, or a damaged one. */
export function badExport(what: string, cause?: unknown): DocstoreError {
  return new DocstoreError('bad-export', `The file is damaged or no export: ${what}`, { cause })
}

/** A CAR file that is read from its beginning to its end. */
export interface CarReader {
  /** CID of the root. */
  readonly root: string
  /** Blocks whose bytes have the CID that the file says; only dag-cbor, dag-json, raw and dag-pb with sha-256. */
  readonly blocks: AsyncGenerator<Block>
  /** Bytes read so far. */
  readonly bytesRead: () => number
}

/** Opens a CAR file (CARv1). Throws `bad-export`, and so do its blocks; no length in the file makes it hold more than a few blocks. */
export async function openCar(input: AsyncIterable<Uint8Array>): Promise<CarReader> {
  let pulled = 0
  async function* bounded(): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      if (pulled - reader.pos > 2 * MAX_BLOCK_BYTES) throw badExport('a block is too large')
      pulled += chunk.length
      yield chunk
    }
  }
  const reader = asyncIterableReader(bounded())
  const header = await guard(async () => {
    // The length is a varint; one byte of it is enough for 127 bytes, two for 16 KiB.
    const [first = 0, second = 0] = await reader.upTo(2)
    if (first >= 0x80 && ((first & 0x7f) | (second << 7)) > MAX_HEADER_BYTES) throw badExport('its header is too large')
    return readHeader(reader, 1)
  })
  const [root, ...others] = header.roots
  if (root === undefined || others.length > 0) throw badExport('it has not one root')
  async function* blocks(): AsyncGenerator<Block> {
    while ((await guard(() => reader.upTo(1))).length > 0) yield await guard(readBlock)
  }
  async function readBlock(): Promise<Block> {
    const { cid, blockLength } = await readBlockHead(reader)
    if (blockLength < 0 || blockLength > MAX_BLOCK_BYTES) throw badExport('a block is too large')
    if (cid.code !== DAG_CBOR && cid.code !== DAG_JSON && cid.code !== RAW && cid.code !== DAG_PB) throw badExport('a block has another format')
    const bytes = await reader.exactly(blockLength, true)
    const actual = cidOfBytes(cid.code, bytes)
    if (!actual.equals(cid)) throw badExport('a block is not what its CID says')
    return { cid: actual, bytes }
  }
  return { root: root.toString(), blocks: blocks(), bytesRead: () => pulled }
}

/** The reader's own errors, in our words; those of the file system stay as they are. */
async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DocstoreError || (error instanceof Error && ('syscall' in error || error.name === 'AbortError'))) throw error
    throw badExport(errorMessage(error), error)
  }
}
