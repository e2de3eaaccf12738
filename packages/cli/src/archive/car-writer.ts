import { CarWriter } from '@ipld/car/writer'
import type { Block } from './block.ts'

/** A CAR file (CARv1) of these blocks, piece by piece. Its root is the second one: the genesis of the namespace. */
export async function* carFile(blocks: AsyncGenerator<Block>): AsyncGenerator<Uint8Array> {
  const [network, genesis] = [await blocks.next(), await blocks.next()]
  if (network.done === true || genesis.done === true) return
  const { writer, out } = CarWriter.create([genesis.value.cid])
  const failure: { error?: unknown } = {}
  async function write(first: readonly Block[]): Promise<void> {
    try {
      for (const block of first) await writer.put({ cid: block.cid, bytes: block.bytes })
      for await (const block of blocks) await writer.put({ cid: block.cid, bytes: block.bytes })
    } catch (error) {
      failure.error = error
    }
    await writer.close()
  }
  const writing = write([network.value, genesis.value])
  yield* out
  await writing
  if ('error' in failure) throw failure.error
}
