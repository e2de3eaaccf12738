/// <reference types="node" />
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign as nodeSign, verify as nodeVerify } from 'node:crypto'

/**
 * SHA-256 of bytes or of a string's UTF-8. The digest comes as a string of 32 characters and is copied: a `Buffer` of its own costs
 * more than the hash itself, because each one is an allocation outside V8's heap.
 */
export function sha256(data: Uint8Array | string): Uint8Array {
  const text = hash('sha256', data, 'binary')
  const digest = new Uint8Array(32)
  for (let i = 0; i < 32; i++) digest[i] = text.charCodeAt(i)
  return digest
}

/** The same bytes as a plain `Uint8Array`: what `slice` and equality mean must not depend on the platform. */
function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

/** Public keys that were used lately, parsed. Bounded: an open namespace can have any number of authors. */
const MAX_CACHED_KEYS = 1024
const publicKeys = new Map<string, KeyObject>()

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url')
  let key = publicKeys.get(x)
  if (key === undefined) {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    if (publicKeys.size >= MAX_CACHED_KEYS) publicKeys.clear()
    publicKeys.set(x, key)
  }
  return key
}

/** The bare ed25519 equation, cofactorless (RFC 8032 §5.1.7); `verifySignature` adds the strict checks. */
export function verifyEquation(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return nodeVerify(null, message, publicKeyObject(publicKey), signature)
}

/** The same on a thread of Node's pool, so that many are checked at once while this thread goes on. */
export function verifyEquationAside(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    nodeVerify(null, message, publicKeyObject(publicKey), signature, (error, isValid) => (error === null ? resolve(isValid) : reject(error)))
  })
}

/** DER prefix of an ed25519 private key in PKCS #8 (RFC 8410 §7); the 32-byte seed follows. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The public key and the signing function of a 32-byte seed. */
export function openSigner(seed: Uint8Array): { publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array } {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return { publicKey: Uint8Array.from(Buffer.from(x ?? '', 'base64url')), sign: (message) => plainBytes(nodeSign(null, message, key)) }
}
