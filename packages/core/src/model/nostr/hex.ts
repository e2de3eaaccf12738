/** Bytes of hexadecimal that was checked before. */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (nibble(hex.charCodeAt(2 * i)) << 4) | nibble(hex.charCodeAt(2 * i + 1))
  return bytes
}

/** Of `0` to `9` and `a` to `f`. */
function nibble(code: number): number {
  return code < 0x40 ? code - 0x30 : code - 0x57
}
