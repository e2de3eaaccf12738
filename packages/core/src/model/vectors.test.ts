import { readFileSync } from 'node:fs'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagJson from '@ipld/dag-json'
import { describe, expect, it } from 'vitest'
import { generateVectors } from '../../../../vectors/generate.ts'
import { vectorText } from '../../../../vectors/vector-file.ts'
import { decodeBatch, encodeBatch } from './batch.ts'
import { concatBytes, toHex, utf8 } from './bytes.ts'
import { DAG_CBOR, DAG_JSON, parseCid, type CID } from './encoding/cid.ts'
import { Clock, msFromTime, timeFromMs } from './clock.ts'
import { isUint } from './encoding/cbor.ts'
import { canonicalJson, decodeContent } from './content.ts'
import { didOf, identityFromSeed, isAuthorKey, verifySignature } from './keys/identity.ts'
import { decodeGenesis, decodeHead, headWins, type SignedHead, WRITE_POLICIES } from './namespace/namespace.ts'
import { FIRST_PROFILE_BODY } from './namespace/profile.ts'
import { profileIdOf } from './namespace/profile-id.ts'
import { profileFacts } from '../replica/profile-facts.ts'
import { type Verified, verifyCertificate, verifyRevocation, verifyVoucher } from './network/membership.ts'
import { decodeNetwork, networkFromText, networkToText } from './network/network.ts'
import { decodeEdit } from './edits/edit-content.ts'
import { type Seen, seenList } from './edits/seen.ts'
import { contentCid, decodeRecord, editSlotOf, encodeRecord, keyHash, mayWrite, recordHash, slotOf, splitKey } from './record.ts'
import { createSeal, verifySeal } from './seal.ts'
import { packSigned, unpackSigned } from './keys/signed.ts'
import type { Verdict } from './verdict.ts'
import { sha256 } from '#crypto'

const directory = new URL('../../../../vectors/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, directory), 'utf8')
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** The cases of a file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const load = (name: string): { context: Case; valid: Case[]; invalid: Case[] } => JSON.parse(textOf(name))

function cidIn(codec: number, text: string): CID {
  const cid = parseCid(codec, text)
  if (cid === undefined) throw new Error(`${text} is not a CID`)
  return cid
}

function valueOf<T>(verdict: Verdict<T>): T {
  if (!verdict.ok) throw new Error(`refused: ${verdict.reason}`)
  return verdict.value
}

it.each(Object.entries(generateVectors()))('the generator gives %s as it lies on disk', (name, file) => {
  expect(vectorText(file)).toBe(textOf(name))
})

describe('network.json', () => {
  const { valid, invalid } = load('network.json')
  it.each(valid)('reads $name', ({ bytes, id, text, networkName, nonce, contentLimit }) => {
    const network = valueOf(decodeNetwork(bytesOf(bytes)))
    expect(network).toMatchObject({ id, descriptor: { name: networkName, nonce: bytesOf(nonce), limits: { content: contentLimit } } })
    expect(networkToText(network)).toBe(text)
    expect(valueOf(networkFromText(text)).id).toBe(id)
  })
  it.each(invalid)('refuses $name', ({ bytes, reason }) => {
    expect(decodeNetwork(bytesOf(bytes))).toEqual({ ok: false, reason })
  })
})

describe('genesis.json', () => {
  const { context, valid, invalid } = load('genesis.json')
  const net = cidIn(DAG_CBOR, context['network'])
  it.each(valid)('reads $name', ({ bytes, cid, kind, owner, next, write, nonce }) => {
    const decoded = valueOf(decodeGenesis(bytesOf(bytes), net))
    expect(decoded.cid.toString()).toBe(cid)
    expect(decoded.genesis).toEqual({
      v: 1,
      t: 'ns',
      net,
      kind,
      owner: bytesOf(owner),
      next: next && bytesOf(next),
      write,
      nonce: nonce && bytesOf(nonce),
    })
    expect(toHex(dagCbor.encode(decoded.genesis))).toBe(bytes)
  })
  it.each(invalid)('refuses $name', ({ bytes, reason }) => {
    expect(decodeGenesis(bytesOf(bytes), net)).toEqual({ ok: false, reason })
  })
})

describe('head.json', () => {
  const { context, valid, invalid } = load('head.json')
  const genesis = valueOf(decodeGenesis(bytesOf(context['genesis']), cidIn(DAG_CBOR, context['network'])))
  const read = async ({ bytes, signature }: Case): Promise<Verdict<SignedHead>> => decodeHead(bytesOf(bytes), bytesOf(signature), genesis)
  it.each(valid)('reads $name', async (head) => {
    const decoded = valueOf(await read(head))
    const { epoch, seq, at, title, description, history, ended, next, listed, created, past, collections, split } = head
    const body = {
      title,
      ...(description === undefined ? {} : { description }),
      ...(history === undefined ? {} : { history }),
      ...(ended === undefined ? {} : { ended }),
      ...(next === undefined ? {} : { next: cidIn(DAG_CBOR, next) }),
      ...(listed === undefined ? {} : { listed }),
      ...(created === undefined ? {} : { created }),
      ...(collections === undefined ? {} : { collections }),
      ...(split === undefined ? {} : { split }),
    }
    expect(decoded.head).toMatchObject({ epoch, seq, at, prev: head['prev'] && bytesOf(head['prev']) })
    expect(decoded.head.body).toEqual(body)
    expect(decoded.head.past).toEqual(past && bytesOf(past))
    expect(toHex(decoded.hash)).toBe(head['hash'])
    expect(toHex(dagCbor.encode(decoded.head))).toBe(head['bytes'])
  })
  it.each(invalid)('refuses $name', async (head) => {
    expect(await read(head)).toEqual({ ok: false, reason: head['reason'] })
  })
  it('orders the heads', async () => {
    const heads = await Promise.all(valid.map(async (head) => ({ name: head.name, signed: valueOf(await read(head)) })))
    expect(heads.toSorted((a, b) => (headWins(a.signed, b.signed) ? -1 : 1)).map(({ name }) => name)).toEqual(context['strongestFirst'])
  })
})

describe('profile.json', () => {
  const { context, valid, invalid } = load('profile.json')
  const net = cidIn(DAG_CBOR, context['network'])
  const [genesis, app] = [context['genesis'], context['appGenesis']].map((bytes) => valueOf(decodeGenesis(bytesOf(bytes), net))) as [any, any]
  const read = async ({ bytes, signature, isApp }: Case): Promise<Verdict<SignedHead>> =>
    decodeHead(bytesOf(bytes), bytesOf(signature), isApp === true ? app : genesis)
  it('the id follows from network and owner, and every device begins with the same body', () => {
    expect(profileIdOf(context['network'], context['owner'])).toBe(context['namespace'])
    expect(genesis.cid.toString()).toBe(context['namespace'])
    expect(toHex(dagCbor.encode(FIRST_PROFILE_BODY))).toBe(context['first'])
  })
  it.each(valid)('reads $name', async ({ profile, ...head }) => {
    expect(profileFacts(valueOf(await read(head)).head.body.profile ?? {})).toEqual(profile)
  })
  it.each(invalid)('refuses $name', async (head) => {
    expect(await read(head)).toEqual({ ok: false, reason: head['reason'] })
  })
})

function seenOf([base, ...authors]: readonly [number, ...(readonly [string, number, ...number[]])[]]): Seen {
  return { base, authors: authors.map(([tag, to, ...but]) => ({ tag: bytesOf(tag), to, but })) }
}

describe('record.json', () => {
  const { context, valid, invalid } = load('record.json')
  const scope = { net: cidIn(DAG_CBOR, context['network']), ns: cidIn(DAG_CBOR, context['namespace']), write: 'owner' as const }
  it.each(valid)('reads $name', ({ bytes, hash, k, kh, digest, size, at, by, prev, exp, seen }) => {
    const record = valueOf(decodeRecord(bytesOf(bytes), scope))
    expect(record).toEqual({
      ...(kh === undefined ? { del: false, k, digest: bytesOf(digest), size } : { del: true, kh: bytesOf(kh) }),
      at,
      by: bytesOf(by),
      ...(prev === undefined ? {} : { prev: bytesOf(prev) }),
      ...(exp === undefined ? {} : { exp }),
      ...(seen === undefined ? {} : { seen: seenOf(seen) }),
    })
    expect(toHex(encodeRecord(scope, record))).toBe(bytes)
    expect(toHex(recordHash(scope, record))).toBe(hash)
    const { del, seen: known, ...fields } = record
    const link = 'digest' in fields ? { cid: contentCid(fields.digest), digest: undefined } : { del }
    const structure = Object.entries({ v: 1, t: 'rec', net: scope.net, ns: scope.ns, ...fields, ...link, seen: known && seenList(known) }).filter(
      ([, value]) => value !== undefined,
    )
    expect(toHex(dagCbor.encode(Object.fromEntries(structure)))).toBe(bytes)
  })
  it.each(invalid)('refuses $name', ({ bytes, reason }) => {
    expect(decodeRecord(bytesOf(bytes), scope)).toEqual({ ok: false, reason })
  })
})

describe('edit.json', () => {
  const { context, valid, invalid } = load('edit.json')
  const scope = { net: cidIn(DAG_CBOR, context['network']), ns: cidIn(DAG_CBOR, context['namespace']), write: 'owner' as const }
  const { key, keyHash: kh, author } = context
  const id: string = splitKey(key)?.id ?? ''
  it.each(valid)('reads $name', ({ bytes, hash, path, content, slots, prev, exp }) => {
    const record = valueOf(decodeRecord(bytesOf(bytes), scope))
    expect(record).toMatchObject({ k: key, path, digest: sha256(content), ...(prev === undefined ? {} : { prev: bytesOf(prev), exp }) })
    expect(toHex(encodeRecord(scope, record))).toBe(bytes)
    expect(toHex(recordHash(scope, record))).toBe(hash)
    expect(valueOf(decodeEdit(utf8(content), id, path)).text).toBe(content)
    for (const write of WRITE_POLICIES) expect(toHex(editSlotOf(write, bytesOf(kh), bytesOf(author), path))).toBe(slots[write])
  })
  it.each(invalid)('refuses $name', ({ bytes, path, content, reason }) => {
    expect(bytes === undefined ? decodeEdit(utf8(content), id, path) : decodeRecord(bytesOf(bytes), scope)).toEqual({ ok: false, reason })
  })
})

describe('membership.json', () => {
  const { context, valid, invalid } = load('membership.json')
  const network = valueOf(decodeNetwork(bytesOf(context['descriptor'])))
  const verifiers = { certificate: verifyCertificate, revocation: verifyRevocation, voucher: verifyVoucher }
  const verify = async ({ kind, packed }: Case): Promise<Verdict<Verified<object>>> => {
    const signed = unpackSigned(bytesOf(packed), 1024)
    return signed.ok ? verifiers[kind as keyof typeof verifiers](signed.value, network) : signed
  }
  it.each(valid)('reads $name', async (one) => {
    const { value, signed, hash } = valueOf(await verify(one))
    expect(toHex(packSigned(signed))).toBe(one['packed'])
    expect([toHex(signed.bytes), toHex(signed.signature), toHex(hash)]).toEqual([one['bytes'], one['signature'], one['hash']])
    for (const [name, field] of Object.entries(value))
      if (name in one) expect(field instanceof Uint8Array ? toHex(field) : field, name).toEqual(one[name])
    expect(toHex(dagCbor.encode(value))).toBe(one['bytes'])
  })
  it.each(invalid)('refuses a $name', async (one) => {
    expect(await verify(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

describe('seal.json', () => {
  const { context, valid, invalid } = load('seal.json')
  const net = cidIn(DAG_CBOR, context['network'])
  const sealOf = ({ by, hashes, signature }: Case) => ({ by: bytesOf(by), hashes: bytesOf(hashes.join('')), signature: bytesOf(signature) })
  it.each(valid)('makes and verifies $name', async (expected) => {
    const seal = createSeal(net, bytesOf(expected['hashes'].join('')), identityFromSeed(bytesOf(context['seed'])))
    expect(seal).toEqual(sealOf(expected))
    expect(await verifySeal(net, seal)).toBe(true)
    expect(toHex(concatBytes(utf8('docstore/seal\0'), sha256(bytesOf(expected['structure']))))).toBe(expected['message'])
  })
  it.each(invalid)('refuses $name', async (seal) => {
    expect(await verifySeal(net, sealOf(seal))).toBe(false)
  })
})

describe('content.json', () => {
  const { context, valid, invalid } = load('content.json')
  it.each(valid)('writes and reads $name', ({ input, id, bytes, size, digest, cid }) => {
    const text = canonicalJson(JSON.parse(input))
    expect(toHex(utf8(text))).toBe(bytes)
    expect(utf8(text).length).toBe(size)
    expect(toHex(sha256(text))).toBe(digest)
    expect(cidIn(DAG_JSON, cid)).toEqual(contentCid(bytesOf(digest)))
    expect(valueOf(decodeContent(bytesOf(bytes), id))).toEqual({ text, document: JSON.parse(input.replace('-0,', '0,')) })
    expect(() => dagJson.decode(bytesOf(bytes))).not.toThrow()
  })
  it.each<Case>(context['former'])('reads the former form: $name', ({ bytes, id, canonical, cid }) => {
    const { text, document } = valueOf(decodeContent(bytesOf(bytes), id))
    expect(toHex(utf8(text))).toBe(bytes)
    expect(toHex(utf8(canonicalJson(document)))).toBe(canonical)
    expect(cidIn(DAG_JSON, cid)).toEqual(contentCid(sha256(bytesOf(bytes))))
  })
  it.each(invalid)('refuses $name', ({ bytes, id, reason }) => {
    expect(decodeContent(bytesOf(bytes), id)).toEqual({ ok: false, reason })
  })
})

describe('dag-json.json', () => {
  const { context, valid } = load('dag-json.json')
  const documentIn = (text: string) => valueOf(decodeContent(utf8(text), 'x')).document
  const rewritten = (text: string): string => new TextDecoder().decode(dagJson.encode(dagJson.decode(utf8(text))))
  it.each(valid)('is canonical: $name', ({ text }) => {
    expect(canonicalJson(documentIn(text))).toBe(text)
  })
  it.each<Case>(context['former'])('is not: $name', ({ text }) => {
    expect(canonicalJson(documentIn(text))).not.toBe(text)
  })
  // The columns of the codecs in Go and Rust are shown by findings/dag-json-three-forms.sh.
  it.each<Case>([...valid, ...context['former']])('the codec in JavaScript reads and rewrites $name', ({ text, '@ipld/dag-json 11.0.1': told }) => {
    expect(rewritten(text)).toBe(told === 'same' ? text : told.text)
    expect(JSON.parse(rewritten(text))).toEqual(documentIn(text))
  })
})

describe('ed25519.json', () => {
  const { valid, invalid } = load('ed25519.json')
  it.each(valid)('accepts $name', async ({ author, domain, hash, signature, seed, did }) => {
    expect(await verifySignature(bytesOf(author), domain, bytesOf(hash), bytesOf(signature))).toBe(true)
    if (seed === undefined) return
    const identity = identityFromSeed(bytesOf(seed))
    expect(identity.did).toBe(did)
    expect(didOf(bytesOf(author))).toBe(did)
    expect(toHex(identity.sign(domain, bytesOf(hash)))).toBe(signature)
  })
  it.each(invalid)('refuses $name', async ({ author, domain, hash, signature, reason }) => {
    expect(await verifySignature(bytesOf(author), domain, bytesOf(hash), bytesOf(signature))).toBe(false)
    expect(isAuthorKey(bytesOf(author))).toBe(reason !== 'bad-key')
  })
})

describe('clock.json', () => {
  const { context, valid, invalid } = load('clock.json')
  it.each(valid)('counts $name', ({ ms, time }) => {
    expect(timeFromMs(ms)).toBe(time)
    expect(msFromTime(time)).toBe(ms)
  })
  it.each(invalid)('knows that $name is not a time', ({ time }) => {
    expect(isUint(time)).toBe(false)
  })
  it('gives the times of the history', () => {
    let now = 0
    const clock = new Clock(() => now)
    for (const step of context['history']) {
      now = step.now
      expect(clock.next(step.seen)).toBe(step.time)
    }
  })
})

describe('slot.json', () => {
  const { context, valid, invalid } = load('slot.json')
  const owner = bytesOf(context['owner'])
  it.each(valid)('places $name', ({ key, author, keyHash: expected, slots, mayWrite: writes, ownedByPerson, mayDelete: deletes }) => {
    const kh = keyHash(cidIn(DAG_CBOR, context['namespace']), key)
    expect(toHex(kh)).toBe(expected)
    expect(mayWrite('owner', bytesOf(context['person']), bytesOf(author), undefined)).toBe(ownedByPerson)
    for (const write of WRITE_POLICIES) {
      expect(toHex(slotOf(write, kh, bytesOf(author)))).toBe(slots[write])
      expect(mayWrite(write, owner, bytesOf(author), splitKey(key)?.id)).toBe(writes[write])
      expect(mayWrite(write, owner, bytesOf(author), undefined)).toBe(deletes[write])
    }
  })
  it.each(invalid)('refuses $name', ({ key }) => {
    expect(splitKey(key)).toBeUndefined()
  })
})

describe('batch.json', () => {
  const { context, valid, invalid } = load('batch.json')
  const scope = { net: cidIn(DAG_CBOR, context['network']), ns: cidIn(DAG_CBOR, context['namespace']), write: 'owner' as const }
  it.each(valid)('reads $name', async ({ bytes, seals, recordHashes }) => {
    const batch = valueOf(decodeBatch(bytesOf(bytes)))
    expect(toHex(encodeBatch(batch))).toBe(bytes)
    expect(batch.seals).toHaveLength(seals)
    for (const seal of batch.seals) expect(await verifySeal(scope.net, seal)).toBe(true)
    const hashes = batch.records.map(({ key, at, content, erased, seal, prev, exp, seen }) => {
      const base = { at, by: batch.seals[seal]?.by ?? new Uint8Array(), ...(prev && { prev }), ...(exp !== null && { exp }), ...(seen && { seen }) }
      const said = erased ?? (content && { digest: sha256(content), size: content.length })
      const put = said && typeof key === 'string' && { del: false as const, k: key, ...said }
      return toHex(recordHash(scope, put ? { ...base, ...put } : { ...base, del: true, kh: typeof key === 'string' ? new Uint8Array() : key }))
    })
    expect(hashes).toEqual(recordHashes)
  })
  it.each(invalid)('refuses $name', ({ bytes, reason }) => {
    expect(decodeBatch(bytesOf(bytes))).toEqual({ ok: false, reason })
  })
})
