import { concatBytes, decodeCbor, encodeCbor } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { decodeBlockFrame, encodeBlockFrame } from './block-frame.ts'

const LENGTHS = [0, 1, 23, 24, 25, 255, 256, 257, 65_535, 65_536, 262_144]

it.each(LENGTHS)('a block of %i bytes is written and read as by the general codec', (length) => {
  const bytes = new Uint8Array(length).map((_, i) => i * 7)
  const frame = encodeBlockFrame(bytes)
  expect(Buffer.compare(frame, encodeCbor({ t: 'block', bytes }))).toBe(0)
  expect(decodeBlockFrame(frame)).toEqual(bytes)
})

it('nothing is read that the general codec does not read', () => {
  for (const length of LENGTHS) {
    const frame = encodeBlockFrame(new Uint8Array(length))
    const flipped = (at: number): Uint8Array => frame.map((byte, i) => (i === at ? byte ^ 1 : byte))
    for (const wrong of [frame.subarray(0, -1), concatBytes(frame, Uint8Array.of(0)), flipped(4), flipped(15), flipped(16)]) {
      const decoded = decodeCbor(wrong, 300_000)
      if (!decoded.ok) expect(decodeBlockFrame(wrong)).toBeUndefined()
    }
  }
  expect(decodeBlockFrame(encodeCbor({ t: 'none' }))).toBeUndefined()
  expect(decodeBlockFrame(new Uint8Array())).toBeUndefined()
  // A length in a longer form than it needs.
  const long = encodeBlockFrame(new Uint8Array(5))
  expect(decodeBlockFrame(concatBytes(long.subarray(0, -6), Uint8Array.of(0x58, 5, 0, 0, 0, 0, 0)))).toBeUndefined()
})
