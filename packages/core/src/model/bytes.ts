const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** Length of a string's UTF-8, bytes, without writing it: those would lie in a buffer outside V8's heap. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    length += unit < 0x800 ? 1 : 2
    // The second half of a pair is counted with the first; halves alone are three bytes, those of U+FFFD.
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++
  }
  return length
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** The string that the bytes encode, or `undefined` where they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Byte strings from here on are compared four bytes at a time, which takes a quarter of the time; for short ones it takes longer. */
const LONG_BYTES = 1024

/** Whether two byte strings are the same. Not constant-time: nothing secret is compared. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  const inWords = a.length < LONG_BYTES ? 0 : a.length & ~3
  if (inWords > 0) {
    const [one, other] = [new DataView(a.buffer, a.byteOffset), new DataView(b.buffer, b.byteOffset)]
    for (let i = 0; i < inWords; i += 4) if (one.getInt32(i) !== other.getInt32(i)) return false
  }
  return compareBytes(inWords === 0 ? a : a.subarray(inWords), inWords === 0 ? b : b.subarray(inWords)) === 0
}

/** Lexicographic order of bytes: negative, 0 or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** All the parts, one after another. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** Made once: to make each anew is what takes the time, and slots are compared as text in every update. */
const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal, for digests in messages and JSON. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX_OF_BYTE[byte]
  return hex
}
