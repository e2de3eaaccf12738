import { isSet, PARTS, type Parts, PARTS_BYTES } from './parts.ts'
import type { Span } from './ranges.ts'

/** The 64ths that a part of a namespace has: those whose first `split` bits are `index`. */
export function partsOfRange(split: number, index: number): Parts {
  const parts = new Uint8Array(PARTS_BYTES)
  const width = PARTS >>> split
  for (let i = index * width; i < (index + 1) * width; i++) parts[i >>> 3] = (parts[i >>> 3] ?? 0) | (0x80 >>> (i & 7))
  return parts
}

/** The slots of these parts, as ranges that rise and do not touch. */
export function spansOfParts(parts: Parts): readonly Span[] {
  const spans: { low: Uint8Array; high: Uint8Array }[] = []
  for (let i = 0; i < PARTS; i++) {
    if (!isSet(parts, i)) continue
    const high = i + 1 === PARTS ? new Uint8Array() : Uint8Array.of((i + 1) << 2)
    const last = spans.at(-1)
    if (last !== undefined && i > 0 && isSet(parts, i - 1)) last.high = high
    else spans.push({ low: i === 0 ? new Uint8Array() : Uint8Array.of(i << 2), high })
  }
  return spans
}
