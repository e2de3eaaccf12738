import { base32 } from 'multiformats/bases/base32'
import { sha256 } from '#crypto'

/** The id of a document that has none of its own, from its JSON (RFC 8785): lower-case base32 of the first 16 bytes of the text's sha-256. */
export function contentId(json: string): string {
  return base32.baseEncode(sha256(json).subarray(0, 16))
}
