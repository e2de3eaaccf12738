/// <reference types="node" />
import { scrypt as nodeScrypt } from 'node:crypto'
import type { ScryptCost } from './scrypt-web.ts'

/** scrypt (RFC 7914) on a thread of Node's pool. */
export function scrypt(password: Uint8Array, salt: Uint8Array, { dkLen, ...cost }: ScryptCost): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // OpenSSL wants a little more than 128·N·r.
    const maxmem = 256 * cost.N * cost.r
    nodeScrypt(password, salt, dkLen, { ...cost, maxmem }, (error, key) => (error === null ? resolve(Uint8Array.from(key)) : reject(error)))
  })
}
