import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { describe, expect, it } from 'vitest'
import ed25519Vectors from '../../../../../vectors/ed25519.json' with { type: 'json' }
import { concatBytes, equalBytes, utf8 } from '../bytes.ts'
import * as nodeCrypto from './crypto-node.ts'
import * as webCrypto from './crypto-web.ts'
import { identityFromSeed, isAuthorKey, verifySignature } from './identity.ts'
import { fc } from '../../testing/fast-check.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('author keys', () => {
  it('are refused when they are of small order, with either sign', () => {
    for (const hex of ED25519_TORSION_SUBGROUP) {
      const key = bytesOf(hex)
      expect(ed25519.Point.fromBytes(key).isSmallOrder()).toBe(true)
      for (const top of [0, 0x80]) expect(isAuthorKey(concatBytes(bytesOf('ed01'), key.with(31, ((key[31] ?? 0) & 0x7f) | top)))).toBe(false)
    }
  })

  it('are canonical: y is below p', () => {
    for (let low = 0; low < 256; low++) {
      const key = concatBytes(bytesOf('ed01'), bytesOf(`${low.toString(16).padStart(2, '0')}${'ff'.repeat(30)}7f`))
      expect(isAuthorKey(key)).toBe(low < 0xec)
    }
  })

  it('are not changed by being checked, even in a Buffer', () => {
    fc.assert(
      fc.property(seed, (bytes) => {
        const { author } = identityFromSeed(bytes)
        const buffer = Buffer.from(author)
        expect(isAuthorKey(buffer)).toBe(true)
        expect(equalBytes(buffer, author)).toBe(true)
      }),
    )
  })
})

describe('the platforms', () => {
  it('sign alike and hash alike, in plain Uint8Arrays', () => {
    fc.assert(
      fc.property(seed, fc.uint8Array(), (bytes, message) => {
        const node = nodeCrypto.openSigner(bytes)
        const web = webCrypto.openSigner(bytes)
        expect(node.publicKey).toEqual(web.publicKey)
        expect(node.sign(message)).toEqual(web.sign(message))
        expect(nodeCrypto.sha256(message)).toEqual(webCrypto.sha256(message))
        for (const value of [node.publicKey, node.sign(message), nodeCrypto.sha256(message)]) expect(value.constructor).toBe(Uint8Array)
      }),
      { numRuns: 50 },
    )
    for (const text of ['', 'é😀', '\ufeffx']) expect(nodeCrypto.sha256(text)).toEqual(webCrypto.sha256(text))
  })

  // What verifySignature refuses by itself may differ between the platforms, and does: keys and R of small order, lengths.
  const cases = [...ed25519Vectors.valid, ...ed25519Vectors.invalid].filter(
    ({ name, reason }: { name: string; reason?: string }) => reason !== 'bad-key' && !/^R is|bytes$/.test(name),
  )
  it.each(cases)('agree on $name', async ({ author, domain, hash, signature }) => {
    const message = concatBytes(utf8(`docstore/${domain}\0`), bytesOf(hash))
    const key = bytesOf(author).subarray(2)
    const verdict = nodeCrypto.verifyEquation(key, message, bytesOf(signature))
    expect(await webCrypto.verifyEquation(key, message, bytesOf(signature))).toBe(verdict)
    expect(webCrypto.verifyEquationNoble(key, message, bytesOf(signature))).toBe(verdict)
  })

  it('agree on good and changed signatures', async () => {
    await fc.assert(
      fc.asyncProperty(seed, seed, fc.nat(2), fc.nat(511), async (bytes, hash, part, bit) => {
        const identity = identityFromSeed(bytes)
        const parts = [identity.author.subarray(2), concatBytes(utf8('docstore/head\0'), hash), identity.sign('head', hash)] as const
        const [key, message, signature] = parts.map((value, i) => {
          const index = (bit >> 3) % value.length
          return i === part ? value.with(index, (value[index] ?? 0) ^ (1 << (bit & 7))) : value
        })
        if (key === undefined || message === undefined || signature === undefined) throw new Error('three parts')
        for (const [k, m, s] of [parts, [key, message, signature]] as const) {
          const verdict = nodeCrypto.verifyEquation(k, m, s)
          expect(verdict).toBe(k === parts[0] && m === parts[1] && s === parts[2])
          expect(await webCrypto.verifyEquation(k, m, s)).toBe(verdict)
          expect(webCrypto.verifyEquationNoble(k, m, s)).toBe(verdict)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('verifySignature', () => {
  it('binds the domain', async () => {
    const identity = identityFromSeed(new Uint8Array(32))
    const hash = new Uint8Array(32)
    expect(await verifySignature(identity.author, 'head', hash, identity.sign('head', hash))).toBe(true)
    expect(await verifySignature(identity.author, 'seal', hash, identity.sign('head', hash))).toBe(false)
  })

  it('never throws on a key or signature of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), async (key, signature) => {
        expect(await verifySignature(key, 'head', new Uint8Array(32), signature)).toBe(false)
        expect(await verifySignature(concatBytes(bytesOf('ed01'), key), 'head', new Uint8Array(32), signature)).toBe(false)
      }),
    )
  })
})
