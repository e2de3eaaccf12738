import { scryptAsync } from '@noble/hashes/scrypt.js'

/** Costs of scrypt, and how many bytes it gives. */
export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
  readonly dkLen: number
}

/** scrypt (RFC 7914), which WebCrypto has not; lets other work go on meanwhile. */
export function scrypt(password: Uint8Array, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array> {
  return scryptAsync(password, salt, { ...cost, maxmem: 256 * cost.N * cost.r })
}
