import { CHUNK_BYTES, MAX_LINKS } from './limits.ts'

/**
 * A part of the tree of a file: the piece (level 0) or the node (above) that covers these bytes. The size of a file alone says which parts its tree has,
 * so a tree that differs is known at the first node that does, and none is larger or deeper than its size.
 */
export interface FilePart {
  readonly level: number
  /** First byte, and how many. */
  readonly at: number
  readonly length: number
}

/** The part that covers a whole file: the fewest levels that have room for it. */
export function rootPart(size: number): FilePart {
  let level = 0
  while (spanOf(level) < size) level++
  return { level, at: 0, length: size }
}

/** The parts below a node, in order: all full but the last. */
export function partsBelow({ level, at, length }: FilePart): readonly FilePart[] {
  const span = spanOf(level - 1)
  const parts: FilePart[] = []
  for (let done = 0; done < length; done += span) parts.push({ level: level - 1, at: at + done, length: Math.min(span, length - done) })
  return parts
}

/** Most bytes below a part of this level. */
function spanOf(level: number): number {
  return CHUNK_BYTES * MAX_LINKS ** level
}
