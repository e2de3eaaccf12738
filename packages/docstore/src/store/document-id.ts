/** Crockford's base32, the alphabet of ULIDs (github.com/ulid/spec). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

let lastMs = 0
let lastRandom: Uint8Array = new Uint8Array(16)

/**
 * A new document id: a ULID, 26 characters, 48 bits of time and 80 random ones. Ids of one millisecond count upwards, so that ids
 * sort in the order in which they were made here.
 */
export function createDocumentId(now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now
    // One byte per character of five bits; the first one leaves room to count up.
    lastRandom = crypto.getRandomValues(new Uint8Array(16)).map((byte, i) => byte & (i === 0 ? 0x0f : 0x1f))
  } else {
    for (let i = 15; i >= 0; i--) {
      const next = ((lastRandom[i] ?? 0) + 1) & 0x1f
      lastRandom[i] = next
      if (next !== 0) break
    }
  }
  let id = ''
  for (let rest = lastMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) id = (ALPHABET[rest % 32] ?? '') + id
  for (const five of lastRandom) id += ALPHABET[five] ?? ''
  return id
}
