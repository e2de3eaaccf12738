import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CarWriter } from '@ipld/car/writer'
import { cidOfBytes, DAG_CBOR } from '@p2p-docstore/core'
import type { Block } from './block.ts'
import { pour } from './pour.ts'

/** Stands in the header, in as many bytes, until the root is known. No block has it. */
const NO_ROOT: Block['cid'] = cidOfBytes(DAG_CBOR, new Uint8Array())

/** Writes a CAR file (CARv1) of these blocks into an empty file. Its root is the last block: the header gets it when all others are written. */
export async function writeCar(file: FileHandle, blocks: AsyncGenerator<Block>, signal: AbortSignal): Promise<void> {
  let root = NO_ROOT
  await pour(
    file,
    carChunks(blocks, (cid) => (root = cid)),
    signal,
  )
  await CarWriter.updateRootsInFile(file, [root])
}

/** The same file as a stream. As its beginning names its end, it lies in the system's folder for temporary files before. */
export async function* streamCar(blocks: AsyncGenerator<Block>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const path = join(tmpdir(), `docstore-export-${randomBytes(8).toString('hex')}.car`)
  const file = await open(path, 'wx+', 0o600)
  try {
    // Without a name it goes with this process, however that ends.
    await rm(path)
    await writeCar(file, blocks, signal)
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) yield chunk as Uint8Array
  } finally {
    await file.close()
  }
}

async function* carChunks(blocks: AsyncGenerator<Block>, onBlock: (cid: Block['cid']) => void): AsyncGenerator<Uint8Array> {
  const { writer, out } = CarWriter.create([NO_ROOT])
  const failure: { error?: unknown } = {}
  async function write(): Promise<void> {
    try {
      for await (const block of blocks) {
        onBlock(block.cid)
        await writer.put({ cid: block.cid, bytes: block.bytes })
      }
    } catch (error) {
      failure.error = error
    }
    await writer.close()
  }
  const writing = write()
  yield* out
  await writing
  if ('error' in failure) throw failure.error
}
