import { sha256 } from '#crypto'
import { concatBytes } from '../../model/bytes.ts'
import { isHex32 } from '../../model/nostr/event.ts'
import { fromHex } from '../../model/nostr/hex.ts'

/** Longest value that stands in the index as it is, UTF-16 units. */
const MAX_VALUE = 64

/**
 * What stands for a letter and a value in the index of tags: ids and keys as bytes, which are half as long, short values as they are, and of long ones the
 * hash, told apart by its length.
 */
export function tagKey(letter: string, value: string): Uint8Array | string {
  const first = Uint8Array.of(letter.charCodeAt(0))
  const isId: boolean = isHex32(value)
  if (isId) return concatBytes(first, fromHex(value))
  // SQLite ends texts at a zero in some places.
  return value.length > MAX_VALUE || value.includes('\0') ? concatBytes(first, sha256(value), first) : letter + value
}
