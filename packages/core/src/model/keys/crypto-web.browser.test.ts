import { describe, expect, it, vi } from 'vitest'
import contentVectors from '../../../../../vectors/content.json' with { type: 'json' }
import ed25519Vectors from '../../../../../vectors/ed25519.json' with { type: 'json' }
import recordVectors from '../../../../../vectors/record.json' with { type: 'json' }
import sealVectors from '../../../../../vectors/seal.json' with { type: 'json' }
import { concatBytes, toHex, utf8 } from '../bytes.ts'
import { DAG_CBOR, parseCid } from '../encoding/cid.ts'
import { sha256, verifyEquation, verifyEquationAside, verifyEquationNoble } from './crypto-web.ts'
import { identityFromSeed, isAuthorKey, verifySignature } from './identity.ts'
import { decodeRecord, recordHash } from '../record.ts'
import { verifySeal } from '../seal.ts'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

describe('ed25519 in a browser', () => {
  it('is done by WebCrypto', async () => {
    await expect(crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])).resolves.toBeDefined()
  })

  it.each(ed25519Vectors.valid)('accepts $name', async ({ author, domain, hash, signature, seed }) => {
    expect(await verifySignature(bytesOf(author), domain, bytesOf(hash), bytesOf(signature))).toBe(true)
    if (seed !== undefined) expect(toHex(identityFromSeed(bytesOf(seed)).sign(domain, bytesOf(hash)))).toBe(signature)
  })

  it.each(ed25519Vectors.invalid)('refuses $name', async ({ author, domain, hash, signature, reason }) => {
    expect(await verifySignature(bytesOf(author), domain, bytesOf(hash), bytesOf(signature))).toBe(false)
    expect(isAuthorKey(bytesOf(author))).toBe(reason !== 'bad-key')
  })

  it.each(
    [...ed25519Vectors.valid, ...ed25519Vectors.invalid].filter(
      ({ name, reason }: { name: string; reason?: string }) => reason !== 'bad-key' && !/^R is|bytes$/.test(name),
    ),
  )('and its fallback agree on $name', async ({ author, domain, hash, signature }) => {
    const message = concatBytes(utf8(`docstore/${domain}\0`), bytesOf(hash))
    const key = bytesOf(author).subarray(2)
    expect(verifyEquationNoble(key, message, bytesOf(signature))).toBe(await verifyEquation(key, message, bytesOf(signature)))
  })
})

describe('many signatures in a browser', () => {
  it('are checked with the verdict that each gets by itself, by workers too', async () => {
    const cases = [...ed25519Vectors.valid, ...ed25519Vectors.invalid].map(({ author, domain, hash, signature }) => ({
      key: bytesOf(author).subarray(2),
      message: concatBytes(utf8(`docstore/${domain}\0`), bytesOf(hash)),
      signature: bytesOf(signature),
    }))
    // Only what `verifySignature` lets through has the lengths that are handed over.
    const fitting = cases.filter(({ key, signature }) => key.length === 32 && signature.length === 64)
    const alone = await Promise.all(fitting.map(({ key, message, signature }) => verifyEquation(key, message, signature)))
    expect(new Set(alone)).toEqual(new Set([true, false]))
    const started = vi.spyOn(globalThis, 'Worker')
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const many = Array.from({ length: 2000 }, (_, i) => i % fitting.length)
    const verdicts = await Promise.all(
      many.map((i) => {
        const { key, message, signature } = fitting[i] ?? { key: new Uint8Array(), message: new Uint8Array(), signature: new Uint8Array() }
        return verifyEquationAside(key, message, signature)
      }),
    )
    expect(verdicts).toEqual(many.map((i) => alone[i]))
    expect(started.mock.calls.length).toBe(Math.min(navigator.hardwareConcurrency - 1, 3))
    expect(posted.mock.calls.length).toBeGreaterThan(0)
  })
})

describe('sha-256 in a browser', () => {
  it.each(contentVectors.valid)('gives the digest of $name', ({ bytes, digest }) => {
    expect(toHex(sha256(bytesOf(bytes)))).toBe(digest)
    expect(toHex(sha256(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(bytes))))).toBe(digest)
  })

  it.each(recordVectors.valid)('gives the hash of the record "$name"', ({ bytes, hash }) => {
    const net = parseCid(DAG_CBOR, recordVectors.context.network)
    const ns = parseCid(DAG_CBOR, recordVectors.context.namespace)
    if (net === undefined || ns === undefined) throw new Error('the context has no CIDs')
    const scope = { net, ns, write: 'owner' as const }
    const record = decodeRecord(bytesOf(bytes), scope)
    expect(record.ok && toHex(recordHash(scope, record.value))).toBe(hash)
  })

  it.each(sealVectors.valid)('finds the seal of $name good', async ({ by, hashes, signature }) => {
    const net = parseCid(DAG_CBOR, sealVectors.context.network)
    if (net === undefined) throw new Error('the context has no CID')
    expect(await verifySeal(net, { by: bytesOf(by), hashes: bytesOf(hashes.join('')), signature: bytesOf(signature) })).toBe(true)
  })
})
