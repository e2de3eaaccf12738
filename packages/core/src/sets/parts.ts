/**
 * A set of 64ths of all slots, in 8 bytes: bit i, the highest of the first byte being bit 0, stands for the slots whose first six bits are i. Each part of
 * a namespace, however it is split, is some of them.
 */
export type Parts = Uint8Array

/** Bytes of such a set. */
export const PARTS_BYTES = 8
/** How many they are. */
export const PARTS: number = 8 * PARTS_BYTES

/** All slots, and none. */
export const ALL_PARTS: Parts = new Uint8Array(PARTS_BYTES).fill(0xff)
export const NO_PARTS: Parts = new Uint8Array(PARTS_BYTES)

/** Whether a slot lies in one of them. */
export function isInParts(parts: Parts, slot: Uint8Array): boolean {
  return isSet(parts, (slot[0] ?? 0) >>> 2)
}

/** Whether one of them is in a set. */
export function isSet(parts: Parts, i: number): boolean {
  return ((parts[i >>> 3] ?? 0) & (0x80 >>> (i & 7))) !== 0
}

export function joinedParts(a: Parts, b: Parts): Parts {
  return a.map((byte, i) => byte | (b[i] ?? 0))
}

export function bothParts(a: Parts, b: Parts): Parts {
  return a.map((byte, i) => byte & (b[i] ?? 0))
}

/** How many of these have each of all parts: the least of them. */
export function timesHeld(all: readonly Parts[]): number {
  const times = Array.from({ length: PARTS }, (_, i) => all.filter((parts) => isSet(parts, i)).length)
  return Math.min(...times)
}

/** Those of `a` that are none of `b`. */
export function partsWithout(a: Parts, b: Parts): Parts {
  return a.map((byte, i) => byte & ~(b[i] ?? 0))
}

/** Whether all of `b` are among `a`. */
export function coversParts(a: Parts, b: Parts): boolean {
  return b.every((byte, i) => (byte & ~(a[i] ?? 0)) === 0)
}

export function areAllParts(parts: Parts): boolean {
  return parts.every((byte) => byte === 0xff)
}

export function areNoParts(parts: Parts): boolean {
  return parts.every((byte) => byte === 0)
}
