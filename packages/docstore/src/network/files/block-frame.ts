import { concatBytes, encodeCbor, equalBytes } from '@p2p-docstore/core'

// The one message that is large, written and read without copying its bytes again and again: what is said is that of the general codec, byte by byte.

/** All before the length of the bytes. */
const HEAD: Uint8Array = encodeCbor({ t: 'block', bytes: new Uint8Array() }).slice(0, -1)
/** Lengths from which on a length takes the next longer form, with what announces it and how many bytes it has. */
const FORMS: readonly (readonly [from: number, mark: number, bytes: number])[] = [
  [65_536, 0x5a, 4],
  [256, 0x59, 2],
  [24, 0x58, 1],
  [0, 0x40, 0],
]

/** The frame that gives a block. */
export function encodeBlockFrame(bytes: Uint8Array): Uint8Array {
  return concatBytes(HEAD, lengthMark(bytes.length), bytes)
}

/** The bytes in a frame that gives a block, in the same memory; `undefined` where it is any other frame. */
export function decodeBlockFrame(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length <= HEAD.length || !equalBytes(frame.subarray(0, HEAD.length), HEAD)) return undefined
  for (const [, , bytes] of FORMS) {
    const start = HEAD.length + 1 + bytes
    // A length has one form: the mark of what would be left says whether this is it.
    if (frame.length >= start && equalBytes(lengthMark(frame.length - start), frame.subarray(HEAD.length, start))) return frame.subarray(start)
  }
  return undefined
}

function lengthMark(length: number): Uint8Array {
  const [, mark, bytes] = FORMS.find(([from]) => length >= from) ?? [0, 0x40, 0]
  const written = new Uint8Array(1 + bytes)
  written[0] = bytes === 0 ? mark + length : mark
  for (let i = 0; i < bytes; i++) written[1 + i] = Math.floor(length / 256 ** (bytes - 1 - i)) % 256
  return written
}
