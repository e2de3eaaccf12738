import { expect, it } from 'vitest'
import { keepHeapSmall } from './small-heap.ts'

const PIECE_BYTES = 256 * 1024
const MIB = 1024 * 1024

it('buffers that were dropped are freed while few of them lie about', async () => {
  using _small = keepHeapSmall()
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 128; i++) Buffer.allocUnsafeSlow(PIECE_BYTES)
  await expect.poll(() => process.memoryUsage().arrayBuffers).toBeLessThan(before + 8 * MIB)
})
