import { createHash } from 'node:crypto'
import { type SchnorrCheck, verifySchnorr } from '@p2p-docstore/core/nostr'
import { schnorr } from '@noble/curves/secp256k1.js'
import { afterEach, expect, it } from 'vitest'
import { createLog } from '../../../log.ts'
import { KNOWN_CHECKS } from './known-checks.ts'
import { Verifier } from './verifier.ts'
import { openWasm } from './wasm-verify.ts'

const verifiers: Verifier[] = []
afterEach(async () => {
  for (const one of verifiers.splice(0)) await one.stop()
})

function verifier(max = 2): Verifier {
  const one = new Verifier(max, createLog({ level: 'silent' }))
  verifiers.push(one)
  return one
}

const hash = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

/** Checks, each third of them wrong in one of several ways. */
function checks(count: number): readonly SchnorrCheck[] {
  const secret = hash('secret')
  const key = schnorr.getPublicKey(secret)
  return Array.from({ length: count }, (_, i) => {
    const right = { hash: hash(`${i}`), key, signature: schnorr.sign(hash(`${i}`), secret, hash('aux')) }
    const turned = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === i % bytes.length ? byte ^ (1 << (i % 8)) : byte))
    if (i % 9 === 0) return { ...right, signature: turned(right.signature) }
    if (i % 9 === 3) return { ...right, hash: turned(right.hash) }
    return i % 9 === 6 ? { ...right, key: turned(right.key) } : right
  })
}

it('says of signatures what the verifier without WebAssembly says', async () => {
  const all = checks(90)
  const one = verifier()
  const results = await one.verify(all)
  expect(results).toEqual(await verifySchnorr(all))
  expect(results.filter((isRight) => !isRight).length).toBe(30)
  expect([one.engine, one.checked, one.checkedHere]).toEqual(['wasm', 90, 0])
})

it('knows what is known of known signatures, by either engine', async () => {
  const check = await openWasm()
  for (const { bytes, isRight } of KNOWN_CHECKS) {
    expect(check(bytes, 0)).toBe(isRight)
    expect(await verifySchnorr([{ hash: bytes.subarray(0, 32), key: bytes.subarray(32, 64), signature: bytes.subarray(64) }])).toEqual([isRight])
  }
})

it('refuses what has not the length of a signature', async () => {
  const [right] = checks(2).slice(1)
  if (right === undefined) throw new TypeError('there is none')
  expect(await verifier().verify([right, { ...right, key: right.key.subarray(1) }, { ...right, signature: new Uint8Array(65) }])).toEqual([
    true,
    false,
    false,
  ])
})

it('goes on without threads that end, and says the same', async () => {
  const all = checks(30)
  const expected = await verifySchnorr(all)
  const one = verifier()
  const busy = one.verify(all)
  await one.stop()
  expect(await busy).toEqual(expected)
  expect(await one.verify(all)).toEqual(expected)
  expect(one.checkedHere).toBeGreaterThanOrEqual(30)
})
