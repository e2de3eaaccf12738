/**
 * Frees the memory of bytes that nobody uses any more, now instead of when garbage is collected: of a file that passes through in pieces, tens of MiB would
 * lie about. Does nothing where the bytes are a part of other memory.
 */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
