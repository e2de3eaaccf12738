import { base32 } from 'multiformats/bases/base32'
import { sha256 } from '#crypto'

/** The id of a document that has none of its own: lower-case base32 of the first 16 bytes of its canonical JSON's sha-256. */
export function contentId(canonicalJson: string): string {
  return base32.baseEncode(sha256(canonicalJson).subarray(0, 16))
}
