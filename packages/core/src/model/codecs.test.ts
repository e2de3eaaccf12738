import * as dagCbor from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { decodeBatch, encodeBatch, MAX_BATCH_RECORDS, RECORD_OVERHEAD_BYTES, SEAL_OVERHEAD_BYTES, type WireRecord } from './batch.ts'
import { concatBytes, equalBytes, toHex, utf8 } from './bytes.ts'
import { decodeCbor, encodeCbor } from './encoding/cbor.ts'
import { cidOf, cidOfBytes, DAG_CBOR, DAG_JSON, isOurCid, parseCid } from './encoding/cid.ts'
import { MAX_TIME } from './clock.ts'
import { decodeContent } from './content.ts'
import { identityFromSeed } from './keys/identity.ts'
import { MAX_CONTENT_BYTES, MAX_KEY_BYTES, MAX_RECORD_BYTES, MAX_SEAL_RECORDS } from './limits.ts'
import { createGenesis, decodeGenesis, decodeHead, signHead, WRITE_POLICIES } from './namespace/namespace.ts'
import { createNetwork, decodeNetwork, networkFromText, networkToText } from './network/network.ts'
import { type DocRecord, contentCid, decodeRecord, encodeRecord, isRecord, keyHash, recordHash, recordKey, slotOf, splitKey } from './record.ts'
import { createSeal, verifySeal } from './seal.ts'
import type { Verdict } from './verdict.ts'
import { sha256 } from '#crypto'
import { fc } from '../testing/fast-check.ts'

const alice = identityFromSeed(new Uint8Array(32).fill(1))
const bob = identityFromSeed(new Uint8Array(32).fill(2))
const network = createNetwork('Test', { nonce: new Uint8Array(16) })
const net = network.cid
const genesis = createGenesis({ net, owner: alice, write: 'owner', nonce: new Uint8Array(16) })
const scope = { net, ns: genesis.cid, write: genesis.genesis.write }

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const time = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(0xffff, 0x10000, 0xffffffff, 0x100000000, MAX_TIME))
const key = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }))
  .map(([collection, id]) => recordKey(collection, id))
  .filter((key) => key !== undefined)
const optional = { prev: fc.option(hash, { nil: undefined }), exp: fc.option(time, { nil: undefined }) }
const by = fc.constantFrom(alice.author, bob.author)
const record = fc
  .oneof(
    fc.record({ del: fc.constant(false as const), k: key, at: time, digest: hash, size: fc.nat(MAX_CONTENT_BYTES), by, ...optional }),
    fc.record({ del: fc.constant(true as const), kh: hash, at: time, by, ...optional }),
  )
  .map(({ prev, exp, ...fields }): DocRecord => ({ ...fields, ...(prev && { prev }), ...(exp === undefined ? {} : { exp }) }))
const wireRecord = fc
  .record({ key: fc.oneof(key, hash), at: time, content: fc.uint8Array({ maxLength: 300 }), prev: fc.option(hash), exp: fc.option(time) })
  .map((fields): WireRecord => ({ ...fields, content: typeof fields.key === 'string' ? fields.content : null, seal: 0 }))
const batch = fc
  .record({ records: fc.array(wireRecord, { minLength: 1, maxLength: 5 }), hashes: fc.uint8Array({ minLength: 64, maxLength: 64 }) })
  .map(({ records, hashes }) => ({ seals: [{ by: alice.author, signature: new Uint8Array(64).fill(7), hashes }], records }))

/** One to three changes to bytes: flip, replace, insert, remove, cut, repeat. */
function mutated(original: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    kind: fc.constantFrom('flip', 'replace', 'insert', 'remove', 'cut', 'repeat'),
    at: fc.nat(),
    byte: fc.nat(255),
    length: fc.integer({ min: 1, max: 40 }),
  })
  return fc.tuple(original, fc.array(change, { minLength: 1, maxLength: 3 })).map(([bytes, changes]) =>
    changes.reduce((changed, { kind, at, byte, length }) => {
      const index = changed.length === 0 ? 0 : at % changed.length
      const before = changed.subarray(0, index)
      const after = changed.subarray(index)
      switch (kind) {
        case 'flip':
          return concatBytes(before, Uint8Array.of((after[0] ?? 0) ^ (1 << (byte & 7))), after.subarray(1))
        case 'replace':
          return concatBytes(before, Uint8Array.of(byte), after.subarray(1))
        case 'insert':
          return concatBytes(before, Uint8Array.of(byte), after)
        case 'remove':
          return concatBytes(before, after.subarray(length))
        case 'cut':
          return before
        default:
          return concatBytes(before, after.subarray(0, length), after)
      }
    }, bytes),
  )
}

const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.anything({ withNullPrototype: false }).map((value) => {
    try {
      return encodeCbor(value)
    } catch {
      return new Uint8Array()
    }
  }),
  fc.constantFrom(
    new Uint8Array(1000).fill(0x81),
    new Uint8Array(100_000).fill(0x81),
    new Uint8Array(2000).fill(0xa1),
    new Uint8Array(300).fill(0xd8),
  ),
)

/** Each structure with a decoder, the encoder that undoes it, and valid bytes to start from. */
const structures: readonly { name: string; decode: (bytes: Uint8Array) => Verdict<Uint8Array>; valid: fc.Arbitrary<Uint8Array> }[] = [
  {
    name: 'a network descriptor',
    decode: (bytes) =>
      reencoded(decodeNetwork(bytes), ({ bytes, descriptor }) => (descriptor.limits.content < MAX_CONTENT_BYTES ? encodeCbor(descriptor) : bytes)),
    valid: fc
      .record({ name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), copies: fc.integer({ min: 1 }), content: fc.maxSafeNat() })
      .map(({ name, copies, content }) => encodeCbor({ ...network.descriptor, name, copies, limits: { content } })),
  },
  {
    name: 'a genesis',
    decode: (bytes) => reencoded(decodeGenesis(bytes, net), (decoded) => encodeCbor(decoded.genesis)),
    valid: fc
      .record({
        kind: fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
        next: fc.option(hash),
        nonce: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
        write: fc.constantFrom('owner', 'author', 'anyone'),
      })
      .map((fields) => encodeCbor({ ...genesis.genesis, ...fields })),
  },
  {
    name: 'a record',
    decode: (bytes) => reencoded(decodeRecord(bytes, scope), (decoded) => encodeRecord(scope, decoded)),
    valid: record.map((fields) => encodeRecord(scope, fields)),
  },
  { name: 'a batch', decode: (bytes) => reencoded(decodeBatch(bytes), encodeBatch), valid: batch.map(encodeBatch) },
  {
    name: 'content',
    decode: (bytes) => reencoded(decodeContent(bytes, 'x'), ({ text }) => utf8(text)),
    valid: fc.json().map((json) => utf8(`{"_id":"x","a":${JSON.stringify(JSON.parse(json))}}`)),
  },
]

function reencoded<T>(verdict: Verdict<T>, encode: (value: T) => Uint8Array): Verdict<Uint8Array> {
  return verdict.ok ? { ok: true, value: encode(verdict.value) } : verdict
}

describe.each(structures)('decoding $name', ({ decode, valid, name }) => {
  if (name !== 'content') {
    it('gives back what was encoded', () => {
      fc.assert(
        fc.property(valid, (bytes) => {
          const verdict = decode(bytes)
          expect(verdict.ok && toHex(verdict.value)).toBe(toHex(bytes))
        }),
        { numRuns: 300 },
      )
    })
  }

  it('never throws, and accepts changed bytes only as the value that encodes to just these', () => {
    fc.assert(
      fc.property(mutated(valid), (bytes) => {
        const verdict = decode(bytes)
        expect(!verdict.ok || equalBytes(verdict.value, bytes)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('never throws on garbage', () => {
    fc.assert(
      fc.property(garbage, (bytes) => void decode(bytes)),
      { numRuns: 1000 },
    )
  })

  it('takes a Buffer for the bytes that it is, and leaves it as it was', () => {
    fc.assert(
      fc.property(valid, (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(decode(buffer)).toEqual(decode(bytes))
        expect(equalBytes(buffer, bytes)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

describe('heads', () => {
  const fields = { net, ns: genesis.cid, epoch: 0, seq: 3, prev: null, at: 5, body: { title: 'Title' } }
  const signed = signHead(fields, alice)

  it('round-trip', async () => {
    expect(await decodeHead(signed.bytes, signed.signature, genesis)).toEqual({ ok: true, value: signed })
  })

  it('are refused after any change of their bytes or signature', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(fc.constant(signed.bytes)), mutated(fc.constant(signed.signature)), async (bytes, signature) => {
        expect((await decodeHead(bytes, signed.signature, genesis)).ok).toBe(equalBytes(bytes, signed.bytes))
        expect((await decodeHead(signed.bytes, signature, genesis)).ok).toBe(equalBytes(signature, signed.signature))
      }),
      { numRuns: 500 },
    )
  })
})

describe('records', () => {
  it('are written by hand as @ipld/dag-cbor writes them', () => {
    fc.assert(
      fc.property(record, (fields) => {
        const { del, ...rest } = fields
        const { digest, ...named } = { digest: undefined, ...rest }
        const link = digest === undefined ? { del } : { cid: contentCid(digest) }
        const expected = dagCbor.encode({ v: 1, t: 'rec', net: scope.net, ns: scope.ns, ...named, ...link })
        expect(toHex(encodeRecord(scope, fields))).toBe(toHex(expected))
        expect(toHex(recordHash(scope, fields))).toBe(toHex(sha256(expected)))
      }),
      { numRuns: 2000 },
    )
  })

  it('fit in the largest record with the longest key and largest fields', () => {
    const largest: DocRecord = {
      del: false,
      k: `c/${'x'.repeat(MAX_KEY_BYTES - 2)}`,
      at: MAX_TIME,
      digest: new Uint8Array(32),
      size: MAX_CONTENT_BYTES,
      by: alice.author,
      prev: new Uint8Array(32),
      exp: MAX_TIME,
    }
    expect(encodeRecord(scope, largest).length).toBeLessThanOrEqual(MAX_RECORD_BYTES)
    expect(decodeRecord(encodeRecord(scope, largest), scope)).toEqual({ ok: true, value: largest })
  })

  it('have their limits', () => {
    const put: DocRecord = { del: false, k: 'c/x', at: 0, digest: new Uint8Array(32), size: 0, by: alice.author }
    expect(isRecord(put)).toBe(true)
    expect(isRecord({ ...put, k: `c/${'€'.repeat(170)}x` })).toBe(false)
    expect(isRecord({ ...put, k: 'c/\ud800' })).toBe(false)
    expect(isRecord({ ...put, size: MAX_CONTENT_BYTES + 1 })).toBe(false)
    expect(isRecord({ ...put, at: MAX_TIME + 1 })).toBe(false)
    expect(isRecord({ ...put, by: alice.author.subarray(1) })).toBe(false)
  })
})

describe('record keys', () => {
  it('split into what they were made of', () => {
    fc.assert(
      fc.property(key, (text) => {
        const parts = splitKey(text)
        expect(parts && recordKey(parts.collection, parts.id)).toBe(text)
        expect(utf8(text).length).toBeLessThanOrEqual(MAX_KEY_BYTES)
      }),
    )
  })

  it('refuse ids that are empty, too long, with NUL or a lone surrogate', () => {
    for (const id of ['', 'x'.repeat(MAX_KEY_BYTES - 1), '€'.repeat(170) + 'x', 'a\0', '\ud800', 'a\udc00'])
      expect(recordKey('c', id)).toBeUndefined()
    expect(recordKey('c', 'x'.repeat(MAX_KEY_BYTES - 2))).toBeDefined()
  })

  it('give each author a slot only where the policy is author', () => {
    const kh = keyHash(genesis.cid, 'c/x')
    for (const write of WRITE_POLICIES) expect(equalBytes(slotOf(write, kh, alice.author), slotOf(write, kh, bob.author))).toBe(write !== 'author')
  })
})

describe('batches', () => {
  it('are not larger than their parts and the stated overheads', () => {
    fc.assert(
      fc.property(batch, ({ seals, records }) => {
        const inRecords = records.reduce(
          (sum, { key, content }) => sum + (typeof key === 'string' ? utf8(key).length : 0) + (content?.length ?? 0) + RECORD_OVERHEAD_BYTES,
          0,
        )
        const inSeals = seals.reduce((sum, { hashes }) => sum + hashes.length + SEAL_OVERHEAD_BYTES, 0)
        expect(encodeBatch({ seals, records }).length).toBeLessThanOrEqual(inRecords + inSeals)
      }),
    )
    const widest: WireRecord = { key: new Uint8Array(32), at: MAX_TIME, content: null, seal: 2047, prev: new Uint8Array(32), exp: MAX_TIME }
    expect(encodeCbor(Object.values(widest)).length).toBeLessThanOrEqual(RECORD_OVERHEAD_BYTES)
  })

  it('hold up to 2,048 records', () => {
    const one: WireRecord = { key: 'c/x', at: 0, content: new Uint8Array(), seal: 0, prev: null, exp: null }
    const seals = [{ by: alice.author, signature: new Uint8Array(64), hashes: new Uint8Array(32) }]
    const full = Array.from({ length: MAX_BATCH_RECORDS }, () => one)
    expect(decodeBatch(encodeBatch({ seals, records: full })).ok).toBe(true)
    expect(decodeBatch(encodeBatch({ seals, records: [...full, one] }))).toEqual({ ok: false, reason: 'malformed' })
  })
})

describe('seals', () => {
  it('cover 1 to 64 hashes', async () => {
    for (const count of [1, MAX_SEAL_RECORDS]) expect(await verifySeal(net, createSeal(net, new Uint8Array(32 * count), alice))).toBe(true)
    for (const bytes of [0, 31, 33, 32 * (MAX_SEAL_RECORDS + 1)]) expect(() => createSeal(net, new Uint8Array(bytes), alice)).toThrow(RangeError)
  })
})

describe('CIDs', () => {
  const cid = cidOf(DAG_CBOR, sha256('x'))
  const text = cid.toString()

  it('are read from the one text that they have', () => {
    expect(parseCid(DAG_CBOR, text)).toEqual(cid)
    for (const other of [
      `${text}=`,
      `${text}====`,
      `${text} `,
      text.toUpperCase(),
      text.slice(0, -1),
      '',
      'b',
      cidOf(DAG_JSON, sha256('x')).toString(),
    ]) {
      expect(parseCid(DAG_CBOR, other)).toBeUndefined()
    }
    expect(parseCid(DAG_CBOR, cidOfBytes(DAG_CBOR, 'y').toString())).toBeDefined()
  })

  it('are not mistaken for what looks like one', () => {
    const lookalike = { '/': 'x', bytes: 'x', version: 1, code: DAG_CBOR, multihash: { code: 0x12, digest: new Uint8Array(32) } }
    expect(isOurCid(lookalike, DAG_CBOR)).toBe(false)
    for (const value of [null, undefined, 1, 'x', cid.bytes, {}, []]) expect(isOurCid(value, DAG_CBOR)).toBe(false)
  })
})

describe('networks', () => {
  it('survive their text, and only that text', () => {
    const text = networkToText(network)
    expect(networkFromText(text)).toEqual({ ok: true, value: network })
    expect(networkFromText(`${text}==`)).toEqual({ ok: false, reason: 'not-canonical' })
    expect(networkFromText(` ${text}`)).toEqual({ ok: false, reason: 'malformed' })
    expect(networkFromText('u'.repeat(5000))).toEqual({ ok: false, reason: 'too-large' })
  })

  it('refuse names that would not survive', () => {
    for (const name of ['', 'x'.repeat(129), '\ud800', '\ufeffx']) expect(() => createNetwork(name)).toThrow(TypeError)
  })
})

it('dag-cbor that is nested without end is refused', () => {
  expect(decodeCbor(new Uint8Array(1_000_000).fill(0x81), 2_000_000)).toEqual({ ok: false, reason: 'malformed' })
})
