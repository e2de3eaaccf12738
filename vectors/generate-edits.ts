import { createHash } from 'node:crypto'
import { encodeBatch } from '../packages/core/src/model/batch.ts'
import { compareBytes, concatBytes, toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { cidOf, cidOfBytes, DAG_JSON } from '../packages/core/src/model/encoding/cid.ts'
import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { canonicalJson } from '../packages/core/src/model/content.ts'
import { encodeEdit } from '../packages/core/src/model/edits/edit-content.ts'
import type { EditPath } from '../packages/core/src/model/edits/edit-path.ts'
import { mergedContent } from '../packages/core/src/model/edits/merged.ts'
import { type DocumentVersion, normalForm } from '../packages/core/src/model/edits/normal-form.ts'
import { authorTag } from '../packages/core/src/model/edits/seen.ts'
import { type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import type { Json } from '../packages/core/src/model/json/json-value.ts'
import { MAX_EDIT_BYTES } from '../packages/core/src/model/limits.ts'
import { createGenesis, signHead, WRITE_POLICIES } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type DocRecord, editSlotOf, encodeRecord, keyHash, type PutRecord, recordHash, slotOf } from '../packages/core/src/model/record.ts'
import { createSeal } from '../packages/core/src/model/seal.ts'
import type { VectorFile } from './vector-file.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())
const seedOf = (label: string): Uint8Array => sha256(utf8(`docstore vectors: ${label}`))

const network = createNetwork('Vectors', { nonce: seedOf('nonce').subarray(0, 16) })
const net = network.cid
const alice = identityFromSeed(seedOf('alice'))
const bob = identityFromSeed(seedOf('bob'))
const carol = identityFromSeed(seedOf('carol'))
const genesis = createGenesis({ net, owner: alice, write: 'anyone', nonce: seedOf('merge nonce').subarray(0, 16) })
const ns = genesis.cid
const scope = { net, ns, write: 'anyone' as const }
const AT = timeFromMs(Date.UTC(2026, 0, 1))
const head = signHead({ net, ns, epoch: 0, seq: 0, prev: null, at: AT, body: { title: 'Merged' } }, alice)

const ID = 'ada'
const KEY = `people/${ID}`
const kh = keyHash(ns, KEY)

function editOf(path: EditPath, content: Uint8Array, at = AT, by: Identity = alice): PutRecord {
  return { at, by: by.author, del: false, k: KEY, digest: sha256(content), size: content.length, path }
}

/** Edits: their records, slots and contents. */
export function editFile(): VectorFile {
  const paths: readonly EditPath[] = [['name'], ['address', 'city'], ['é', 'a.b', '0'], ['a', '_id'], Array.from({ length: 16 }, () => 'x'), ['y'.repeat(196)]]
  const values: readonly (Json | undefined)[] = ['Ada', { city: 'Lyon' }, null, undefined, [1, 2], 0]
  const valid = paths.map((path, i) => {
    const content = utf8(encodeEdit(ID, values[i]))
    const record = i === 1 ? { ...editOf(path, content), prev: seedOf('prev'), exp: AT + 1 } : editOf(path, content)
    return {
      name: `${path.join(' / ').slice(0, 40)}${values[i] === undefined ? ', taken away' : ''}`,
      path,
      bytes: toHex(encodeRecord(scope, record)),
      hash: toHex(recordHash(scope, record)),
      content: new TextDecoder().decode(content),
      slots: Object.fromEntries(WRITE_POLICIES.map((write) => [write, toHex(editSlotOf(write, kh, alice.author, path))])),
      ...(record.prev === undefined ? {} : { prev: toHex(record.prev), exp: record.exp }),
    }
  })
  const content = utf8(encodeEdit(ID, 'Ada'))
  const structure = { v: 1, t: 'rec', net, ns, k: KEY, f: ['name'], at: AT, cid: cidOf(DAG_JSON, sha256(content)), size: content.length, by: alice.author }
  const withPath = (name: string, f: unknown, change: Readonly<Record<string, unknown>> = {}) => ({
    name,
    bytes: toHex(encodeCbor({ ...structure, f, ...change })),
    reason: 'malformed',
  })
  const { k: _, cid: __, size: ___, ...rest } = structure
  const withContent = (name: string, text: string, reason: string, path: EditPath = ['name']) => ({ name, path, content: text, reason })
  return {
    description:
      'Edits: records of one field, in the namespace of the context, by its author. slots are by write policy. An invalid case has the bytes of a record, or a path with a content that a record with that path may not have.',
    context: { network: network.id, namespace: ns.toString(), key: KEY, keyHash: toHex(kh), author: toHex(alice.author) },
    valid,
    invalid: [
      withPath('no names', []),
      withPath('17 names', Array.from({ length: 17 }, () => 'x')),
      withPath('an empty name', ['a', '']),
      withPath('the field _id', ['_id']),
      withPath('a field in _id', ['_id', 'a']),
      withPath('the name /', ['a', '/']),
      withPath('the name __proto__', ['__proto__']),
      withPath('a name that begins with U+FEFF', ['\ufeffa']),
      withPath('201 bytes as JSON', ['y'.repeat(197)]),
      withPath('a number as a name', ['a', 0]),
      withPath('text in place of a list', 'name'),
      withPath('null', null),
      { name: 'a tombstone with a path', bytes: toHex(encodeCbor({ ...rest, kh, del: true })), reason: 'malformed' },
      withContent('content of another document', '{"_id":"bob","value":1}', 'bad-content'),
      withContent('content without _id', '{"value":1}', 'bad-content'),
      withContent('content with another field', '{"_id":"ada","more":1,"value":1}', 'bad-content'),
      withContent('content that is a list', '["ada",1]', 'bad-content'),
      withContent('content in another order', '{"value":1,"_id":"ada"}', 'not-canonical'),
      withContent('content in the former form', '{"_id":"ada","value":100000000000000000000}', 'not-canonical'),
      withContent('a value that would nest 65 deep', `{"_id":"ada","value":${'['.repeat(63)}${']'.repeat(63)}}`, 'bad-content', ['a', 'b']),
      withContent('content of 32,769 bytes', encodeEdit(ID, 'x'.repeat(MAX_EDIT_BYTES + 1 - encodeEdit(ID, '').length)), 'too-large'),
    ],
  }
}

/** A record of the document, as short as it can be said. */
interface Said {
  readonly by?: Identity
  /** After the first of January. */
  readonly at: number
  /** Fields of a put; `null` for a tombstone. */
  readonly put?: Readonly<Record<string, Json>> | null
  readonly path?: EditPath
  readonly value?: Json | undefined
  /** Up to when its writer had seen everybody, or each of these. */
  readonly base?: number
  readonly seen?: readonly (readonly [by: Identity, to: number, ...but: number[]])[]
  /** When it expires, after the first of January. */
  readonly exp?: number
}

interface Made extends DocumentVersion {
  readonly record: DocRecord
  readonly signer: Identity
  readonly path: EditPath
  readonly content: string | null
}

function made({ by = alice, at, put, path, value, exp, base = 0, seen: named = [] }: Said): Made {
  const time = AT + at
  const content = path !== undefined ? encodeEdit(ID, value) : put === null ? null : canonicalJson({ ...put, _id: ID })
  const bytes = content === null ? undefined : utf8(content)
  const authors = named.map(([one, to, ...but]) => ({ tag: authorTag(one.author), to: AT + to, but: but.map((time) => AT + time) }))
  const sorted = authors.sort((a, b) => compareBytes(a.tag, b.tag))
  const seen = base + named.length === 0 ? undefined : { base: base === 0 ? 0 : AT + base, authors: sorted }
  const known = { ...(seen && { seen }), ...(exp !== undefined && { exp: AT + exp }) }
  const whole: DocRecord =
    bytes === undefined
      ? { at: time, by: by.author, del: true, kh, ...known }
      : { at: time, by: by.author, del: false, k: KEY, digest: sha256(bytes), size: bytes.length, ...known }
  const record: DocRecord = path === undefined || bytes === undefined ? whole : { ...editOf(path, bytes, time, by), ...known }
  const slot = path === undefined ? slotOf('anyone', kh, by.author) : editSlotOf('anyone', kh, by.author, path)
  const hash = recordHash(scope, record)
  return { record, signer: by, by: by.author, at: time, hash, unit: toHex(slot), isEdit: path !== undefined, path: path ?? [], content, ...known }
}

/** Records in an order, as a batch under seals of 64 at most. */
function batchOf(records: readonly Made[]): string {
  const seals: ReturnType<typeof createSeal>[] = []
  const sealOf = new Map<Made, number>()
  for (const author of new Set(records.map(({ signer }) => signer))) {
    const own = records.filter(({ signer }) => signer === author)
    for (let i = 0; i < own.length; i += 64) {
      const some = own.slice(i, i + 64)
      seals.push(createSeal(net, concatBytes(...some.map(({ hash }) => hash)), author))
      for (const one of some) sealOf.set(one, seals.length - 1)
    }
  }
  const wire = records.map((one) => ({
    key: one.record.del ? one.record.kh : one.record.k,
    at: one.at,
    content: one.content === null ? null : utf8(one.content),
    seal: sealOf.get(one) ?? 0,
    prev: null,
    exp: one.record.exp ?? null,
    ...(one.isEdit ? { path: one.path } : {}),
    ...(one.seen === undefined ? {} : { seen: one.seen }),
  }))
  return toHex(encodeBatch({ seals, records: wire }))
}

function mergeCase(name: string, said: readonly Said[], { isLarge = false }: { readonly isLarge?: boolean } = {}): VectorFile['valid'][number] {
  const records = said.map(made)
  const { base, edits, losers } = normalForm(records)
  const own = base?.record.exp === undefined ? (base?.content ?? null) : null
  const document =
    own === null
      ? null
      : mergedContent(
          own,
          edits.filter(({ record }) => record.exp === undefined).map(({ at, hash, path, content }) => ({ at, hash, path, content: content ?? '' })),
        )
  const rotated = [...records.slice(records.length >> 1), ...records.slice(0, records.length >> 1)]
  return {
    name,
    batches: (isLarge ? [records] : [records, records.toReversed(), rotated]).map(batchOf),
    kept: [...(base === undefined ? [] : [base]), ...edits, ...losers].map(({ hash }) => toHex(hash)).toSorted(),
    lost: losers.map(({ hash }) => toHex(hash)).toSorted(),
    ...(isLarge ? {} : { document }),
    cid: document === null ? null : cidOfBytes(DAG_JSON, document).toString(),
  }
}

/** Records of one document, and what they make. */
export function mergeFile(): VectorFile {
  const put = { at: 10, put: { name: 'Ada', address: { city: 'Oslo' }, tags: ['a'] } }
  const strangers = Array.from({ length: 20 }, (_, i) => identityFromSeed(new Uint8Array(32).fill(100 + i)))
  const many = Array.from({ length: 130 }, (_, i): Said => ({ at: 20 + i, path: [`f${i}`], value: i }))
  return {
    description:
      'Records of the document of the context. Each case has the same records as batches in three orders; a peer that takes one of them keeps the records whose hashes are in kept, in ascending order here, of which those in lost are conflicts, and has the document, whose CID follows; null where there is none. A large case has one order, and the CID alone.',
    context: { network: toHex(network.bytes), genesis: toHex(genesis.bytes), head: toHex(head.bytes), signature: toHex(head.signature), collection: 'people', id: ID },
    valid: [
      mergeCase('different fields by two authors', [put, { at: 20, path: ['name'], value: 'Ada L.' }, { by: bob, at: 20, path: ['address', 'city'], value: 'Lyon' }]),
      mergeCase('one field: the later', [put, { at: 21, path: ['name'], value: 'later' }, { by: bob, at: 20, path: ['name'], value: 'earlier' }]),
      mergeCase('one field in the same instant: the lower hash', [put, { at: 20, path: ['name'], value: 'one' }, { by: bob, at: 20, path: ['name'], value: 'other' }]),
      mergeCase('a field and one in it, in the same instant', [put, { at: 20, path: ['address'], value: { zip: 1 } }, { by: bob, at: 20, path: ['address', 'city'], value: 'Lyon' }]),
      mergeCase('a field that is taken away, and objects that are made', [put, { at: 20, path: ['name'], value: undefined }, { at: 21, path: ['a', 'b', 'c'], value: 1 }, { at: 22, path: ['none', 'x'], value: undefined }]),
      mergeCase('through a list and through text: passed over', [put, { at: 20, path: ['tags', '0'], value: 'b' }, { at: 20, path: ['name', 'first'], value: 'Ada' }]),
      mergeCase('through what an earlier edit put there', [put, { at: 20, path: ['name'], value: { first: 'A' } }, { by: bob, at: 21, path: ['name', 'last'], value: 'L' }]),
      mergeCase('a later put covers edits, and those of its own instant', [put, { at: 20, path: ['name'], value: 'x' }, { by: bob, at: 30, put: { name: 'put' } }, { at: 30, path: ['address'], value: 1 }]),
      mergeCase('an earlier put leaves them', [put, { at: 20, path: ['name'], value: 'x' }, { by: bob, at: 15, put: { n: 1 } }]),
      mergeCase('a put that has expired, over an earlier one', [{ at: 5, put: { name: 'earlier' } }, { ...put, exp: 50 }]),
      mergeCase('the same with edits, one of which stays', [{ ...put, exp: 50 }, { at: 20, path: ['name'], value: 'x', exp: 50 }, { by: bob, at: 21, path: ['tags'], value: 1 }]),
      mergeCase('an edit that has expired is passed over', [put, { at: 20, path: ['name'], value: 'x', exp: 50 }, { by: bob, at: 21, path: ['tags'], value: 1 }]),
      mergeCase('a later put takes the place of one that has expired', [{ ...put, exp: 50 }, { by: bob, at: 20, put: { name: 'later' } }]),
      mergeCase('a delete, and an edit that it did not know', [put, { at: 20, put: null }, { by: bob, at: 21, path: ['name'], value: 'x' }]),
      mergeCase('edits of what is not there', [{ at: 20, path: ['name'], value: 'x' }, { by: bob, at: 21, path: ['n'], value: 1 }]),
      mergeCase('a delete, an edit, and a put in between', [{ at: 20, put: null }, { at: 30, path: ['n'], value: 1 }, { by: bob, at: 25, put: { name: 'again' } }]),
      mergeCase('130 fields: the newest 128', [put, ...many]),
      mergeCase('two puts, neither knowing the other', [put, { by: bob, at: 11, put: { name: 'Bob' } }]),
      mergeCase('a put over one that its author had seen', [put, { by: bob, at: 11, put: { name: 'Bob' }, seen: [[alice, 10]] }]),
      mergeCase('a put whose author had seen an earlier version', [{ at: 9, put: { name: 'A' } }, put, { by: bob, at: 11, put: { name: 'Bob' }, seen: [[alice, 9]] }]),
      mergeCase('a later put of an author takes the place of what he had lost', [put, { by: bob, at: 11, put: { n: 1 } }, { at: 12, put: { n: 2 }, seen: [[bob, 11]] }]),
      mergeCase('a put that leaves a conflict open', [put, { by: bob, at: 11, put: { n: 1 } }, { by: carol, at: 12, put: { n: 2 }, seen: [[alice, 10, 10], [bob, 11]] }]),
      mergeCase('a put that settles a conflict', [put, { by: bob, at: 11, put: { n: 1 } }, { by: carol, at: 12, put: { n: 2 }, seen: [[alice, 10], [bob, 11]] }]),
      mergeCase('a put that has seen everything up to a time', [put, { by: bob, at: 11, put: { n: 1 } }, { by: carol, at: 12, put: { n: 2 }, base: 10 }]),
      mergeCase('a field that another one edits, having seen the first', [put, { at: 20, path: ['name'], value: 'a' }, { by: bob, at: 21, path: ['name'], value: 'b', seen: [[alice, 20]] }]),
      mergeCase('a put that has seen one of two edits', [put, { at: 20, path: ['name'], value: 'a' }, { by: bob, at: 21, path: ['n'], value: 1 }, { by: carol, at: 22, put: { n: 2 }, seen: [[alice, 20]] }]),
      mergeCase('an edit does not see other fields, whatever it says', [{ by: bob, at: 5, path: ['n'], value: 1 }, put, { by: carol, at: 20, path: ['name'], value: 'c', seen: [[bob, 5], [alice, 10]] }]),
      mergeCase('a delete that lost, and a put under a delete', [{ at: 9, put: null }, { by: bob, at: 10, put: { n: 1 } }, { by: carol, at: 11, put: null }]),
      mergeCase('a delete that has seen all', [put, { by: bob, at: 10, put: { n: 1 } }, { by: carol, at: 11, put: null, seen: [[alice, 10], [bob, 10]] }]),
      mergeCase('what one that lost had seen', [put, { by: bob, at: 11, put: { n: 1 }, seen: [[alice, 10]] }, { by: carol, at: 12, put: { n: 2 } }]),
      mergeCase('of twenty that lost the newest 16', [put, ...strangers.map((by, i): Said => ({ by, at: 20 + i, path: ['name'], value: i })), { at: 50, path: ['name'], value: 'last' }]),
      mergeCase('what does not fit any more is passed over', [
        { at: 10, put: { text: 'x'.repeat(100_000) } },
        { at: 20, path: ['a'], value: 'y'.repeat(20_000) },
        { at: 21, path: ['b'], value: 'z'.repeat(20_000) },
        { at: 22, path: ['c'], value: 1 },
      ], { isLarge: true }),
    ],
    invalid: [],
  }
}
