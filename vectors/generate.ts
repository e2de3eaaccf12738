// Writes the vectors beside this file: node --conditions=@p2p-docstore/source vectors/generate.ts
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { encodeBatch, type WireRecord } from '../packages/core/src/model/batch.ts'
import { compareBytes, concatBytes, toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { cidOf, cidOfBytes, DAG_CBOR, DAG_JSON, RAW } from '../packages/core/src/model/encoding/cid.ts'
import { Clock, MAX_TIME, timeFromMs } from '../packages/core/src/model/clock.ts'
import type { CollectionsSettings } from '../packages/core/src/model/namespace/collection-settings.ts'
import { canonicalJson } from '../packages/core/src/model/content.ts'
import { authorTag, type Seen, type SeenAuthor } from '../packages/core/src/model/edits/seen.ts'
import { type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { authorName, identityFor, principalOf } from '../packages/core/src/model/people/author.ts'
import { MAX_CONTENT_BYTES, MAX_CONTENT_DEPTH, MAX_KEY_BYTES, MAX_SEEN_AUTHORS, MAX_TITLE_LENGTH, MAX_DESCRIPTION_LENGTH } from '../packages/core/src/model/limits.ts'
import { pastAfter } from '../packages/core/src/model/namespace/head-past.ts'
import { createGenesis, headWins, signHead, WRITE_POLICIES } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork, networkToText } from '../packages/core/src/model/network/network.ts'
import { type DocRecord, encodeRecord, keyHash, mayWrite, type PutRecord, recordHash, slotOf } from '../packages/core/src/model/record.ts'
import { createSeal } from '../packages/core/src/model/seal.ts'
import { dagJsonFile } from './generate-dag-json.ts'
import { editFile, mergeFile } from './generate-edits.ts'
import { exportFile } from './generate-export.ts'
import { filesFile } from './generate-files.ts'
import { profileFile } from './generate-profile.ts'
import { peopleFile } from './generate-people.ts'
import { typesFile } from './generate-types.ts'
import { namesFile } from './generate-names.ts'
import { nostrFile, schnorrFile } from './generate-nostr.ts'
import { peopleKeysFile } from './generate-people-keys.ts'
import { placementFile } from './generate-placement.ts'
import { reconcileVectors } from './generate-reconcile.ts'
import { rulesFile } from './generate-rules.ts'
import { type VectorFile, vectorText } from './vector-file.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(
    createHash('sha256')
      .update(concatBytes(...parts))
      .digest(),
  )
const seedOf = (label: string): Uint8Array => sha256(utf8(`docstore vectors: ${label}`))

const network = createNetwork('Vectors', { nonce: seedOf('nonce').subarray(0, 16) })
const otherNetwork = createNetwork('Elsewhere', { nonce: seedOf('nonce').subarray(0, 16) })
const alice = identityFromSeed(seedOf('alice'))
const bob = identityFromSeed(seedOf('bob'))
/** Two devices of one person; what that person's genesis says does not matter here. */
const laptop = identityFor(seedOf('person'), alice)
const phone = identityFor(seedOf('person'), bob)
const net = network.cid
const genesis = createGenesis({ net, owner: alice, write: 'owner', nonce: seedOf('genesis nonce').subarray(0, 16) })
const otherGenesis = createGenesis({ net, owner: alice, write: 'owner', nonce: seedOf('other genesis nonce').subarray(0, 16) })
const ns = genesis.cid
const scope = { net, ns, write: genesis.genesis.write }
const AT = timeFromMs(Date.UTC(2026, 0, 1))

/** The order-8 points: `y` in little-endian, with both signs of x where they differ, and every encoding that is not canonical. */
const SMALL_ORDER_KEYS: readonly string[] = [
  ...ED25519_TORSION_SUBGROUP,
  `01${'00'.repeat(30)}80`, // y = 1 with a sign bit
  `ec${'ff'.repeat(31)}`, // y = -1 with a sign bit
  `ed${'ff'.repeat(30)}7f`, // y = p
  `ed${'ff'.repeat(31)}`,
  `ee${'ff'.repeat(30)}7f`, // y = p + 1
  `ee${'ff'.repeat(31)}`,
]
const smallOrderAuthor = bytesOf(`ed01${ED25519_TORSION_SUBGROUP[1]}`)

/** Replaces the one occurrence of a pattern in hexadecimal. */
function patch(bytes: Uint8Array, from: string, to: string): string {
  const hex = toHex(bytes)
  if (hex.split(from).length !== 2) throw new Error(`${from} is not once in ${hex}`)
  return hex.replace(from, to)
}

/** Encodings that any structure of version 1 must be refused in. Every structure has `"v": 1` and is a map of 8 to 11 entries. */
function malformedForms(bytes: Uint8Array): { name: string; bytes: string; reason: string }[] {
  const hex = toHex(bytes)
  const entries = Number.parseInt(hex.slice(1, 2), 16)
  return [
    { name: 'empty', bytes: '', reason: 'malformed' },
    { name: 'cut short by one byte', bytes: hex.slice(0, -2), reason: 'malformed' },
    { name: 'one byte too many', bytes: `${hex}00`, reason: 'malformed' },
    { name: 'integer not in its shortest form', bytes: patch(bytes, '617601', '61761801'), reason: 'malformed' },
    { name: 'integer as a float', bytes: patch(bytes, '617601', '6176fb3ff0000000000000'), reason: 'malformed' },
    { name: 'map of indefinite length', bytes: `bf${hex.slice(2)}ff`, reason: 'malformed' },
    { name: 'length of the map not in its shortest form', bytes: `b8${entries.toString(16).padStart(2, '0')}${hex.slice(2)}`, reason: 'malformed' },
    { name: 'keys not sorted', bytes: `${hex.slice(0, 2)}${patch(bytes, '617601', '').slice(2)}617601`, reason: 'malformed' },
    { name: 'a key twice', bytes: `${hex[0]}${(entries + 1).toString(16)}${patch(bytes, '617601', '617601617601').slice(2)}`, reason: 'malformed' },
    {
      name: 'an unknown field',
      bytes: `${hex[0]}${(entries + 1).toString(16)}${patch(bytes, '617601', '617601617a01').slice(2)}`,
      reason: 'malformed',
    },
    { name: 'an unknown version', bytes: patch(bytes, '617601', '617602'), reason: 'unsupported' },
    { name: 'not a map', bytes: `81${hex}`, reason: 'malformed' },
    { name: 'an unknown tag', bytes: `c1${hex}`, reason: 'malformed' },
  ]
}

function networkFile(): VectorFile {
  const { bytes, descriptor } = network
  const changed = (name: string, change: Readonly<Record<string, unknown>>, reason: string) => ({
    name,
    bytes: toHex(encodeCbor({ ...descriptor, ...change })),
    reason,
  })
  const withAuthority = encodeCbor({ ...descriptor, authorities: [alice.author, bob.author], copies: 5, acks: 0, limits: { content: 4096 } })
  const names = { authorities: [alice.author, bob.author], quorum: 2 }
  const withNames = encodeCbor({ ...descriptor, names })
  const generous = encodeCbor({ ...descriptor, limits: { content: 10 * MAX_CONTENT_BYTES } })
  const longest = encodeCbor({ ...descriptor, name: 'é'.repeat(MAX_TITLE_LENGTH) })
  return {
    description: 'Network descriptors: dag-cbor, id and join-link text. contentLimit is the effective one.',
    valid: [
      {
        name: 'defaults',
        bytes: toHex(bytes),
        id: network.id,
        text: networkToText(network),
        networkName: 'Vectors',
        nonce: toHex(descriptor.nonce),
        contentLimit: MAX_CONTENT_BYTES,
      },
      ...Object.entries({
        'authorities, five copies, small documents': withAuthority,
        'a content limit above the format’s': generous,
        'authorities that grant usernames': withNames,
        'the longest name': longest,
      }).map(([name, encoded]) => ({
        name,
        bytes: toHex(encoded),
        id: cidOfBytes(DAG_CBOR, encoded).toString(),
        text: `u${Buffer.from(encoded).toString('base64url')}`,
        networkName: encoded === longest ? 'é'.repeat(MAX_TITLE_LENGTH) : 'Vectors',
        nonce: toHex(descriptor.nonce),
        contentLimit: encoded === withAuthority ? 4096 : MAX_CONTENT_BYTES,
      })),
    ],
    invalid: [
      ...malformedForms(bytes),
      changed('another type', { t: 'ns' }, 'malformed'),
      changed('empty name', { name: '' }, 'malformed'),
      changed('name too long', { name: 'x'.repeat(MAX_TITLE_LENGTH + 1) }, 'malformed'),
      changed('nonce of 15 bytes', { nonce: descriptor.nonce.subarray(1) }, 'malformed'),
      changed('unknown admission', { admission: 'invited' }, 'unsupported'),
      changed('no copies', { copies: 0 }, 'malformed'),
      changed('more acks than copies', { acks: 4 }, 'malformed'),
      changed('authority of small order', { authorities: [smallOrderAuthor] }, 'bad-key'),
      changed('authority that is not bytes', { authorities: [alice.did] }, 'malformed'),
      changed('negative content limit', { limits: { content: -1 } }, 'malformed'),
      changed('unknown limit', { limits: { content: 1, size: 1 } }, 'malformed'),
      changed('a quorum of more names than there are', { names: { ...names, quorum: 3 } }, 'malformed'),
      changed('a quorum of none', { names: { ...names, quorum: 0 } }, 'malformed'),
      changed('one that grants names twice', { names: { authorities: [alice.author, alice.author], quorum: 2 } }, 'malformed'),
      changed('nobody who grants names', { names: { authorities: [], quorum: 1 } }, 'malformed'),
      changed('one of small order that grants names', { names: { authorities: [smallOrderAuthor], quorum: 1 } }, 'bad-key'),
      changed('larger than 1 KiB', { authorities: Array.from({ length: 40 }, () => alice.author) }, 'too-large'),
    ],
  }
}

function genesisFile(): VectorFile {
  const changed = (name: string, change: Readonly<Record<string, unknown>>, reason: string) => ({
    name,
    bytes: toHex(encodeCbor({ ...genesis.genesis, ...change })),
    reason,
  })
  const valid = (name: string, { bytes, cid, genesis: { kind, owner, next, write, nonce } }: typeof genesis) => ({
    name,
    bytes: toHex(bytes),
    cid: cid.toString(),
    kind,
    owner: toHex(owner),
    next: next && toHex(next),
    write,
    nonce: nonce && toHex(nonce),
  })
  const rotatable = { ...genesis.genesis, next: sha256(bob.author) }
  const rotatableBytes = encodeCbor(rotatable)
  return {
    description: 'Genesis structures of the network in the context. The cid is the id of the namespace.',
    context: { network: network.id, owner: alice.did },
    valid: [
      ...WRITE_POLICIES.map((write) =>
        valid(`policy ${write}`, createGenesis({ net, owner: alice, write, nonce: seedOf('genesis nonce').subarray(0, 16) })),
      ),
      valid('profile', createGenesis({ net, owner: alice, write: 'owner', kind: 'profile', nonce: null })),
      valid('profile of a person', createGenesis({ net, owner: laptop, write: 'owner', kind: 'profile', nonce: null })),
      valid('with the hash of a next key', { genesis: rotatable, bytes: rotatableBytes, cid: cidOfBytes(DAG_CBOR, rotatableBytes) }),
    ],
    invalid: [
      ...malformedForms(genesis.bytes),
      changed('another type', { t: 'net' }, 'malformed'),
      changed('another network', { net: otherNetwork.cid }, 'wrong-network'),
      changed('network as text', { net: network.id }, 'malformed'),
      changed('network with another codec', { net: cidOf(DAG_JSON, net.multihash.digest) }, 'malformed'),
      changed('unknown policy', { write: 'moderated' }, 'unsupported'),
      changed('kind with a capital', { kind: 'App' }, 'malformed'),
      changed('kind too long', { kind: 'a'.repeat(33) }, 'malformed'),
      changed('owner of small order', { owner: smallOrderAuthor }, 'bad-key'),
      changed('owner with another multicodec', { owner: concatBytes(Uint8Array.of(0xe7, 0x01), alice.author.subarray(2)) }, 'bad-key'),
      changed('owner of 33 bytes', { owner: alice.author.subarray(1) }, 'bad-key'),
      changed('owner that is a key and a person', { owner: laptop.author }, 'bad-key'),
      changed('next of 31 bytes', { next: new Uint8Array(31) }, 'malformed'),
      changed('nonce of 17 bytes', { nonce: new Uint8Array(17) }, 'malformed'),
      changed('larger than 2 KiB', { nonce: new Uint8Array(2048) }, 'too-large'),
      {
        name: 'link without the multibase zero',
        bytes: patch(genesis.bytes, `d82a582500${toHex(net.bytes)}`, `d82a5824${toHex(net.bytes)}`),
        reason: 'malformed',
      },
      {
        name: 'network with an overlong varint',
        bytes: patch(genesis.bytes, `d82a582500${toHex(net.bytes)}`, `d82a5826000171${toHex(net.bytes).slice(4).replace('12', '9200')}`),
        reason: 'malformed',
      },
    ],
  }
}

function headFile(): VectorFile {
  const fields = { net, ns, epoch: 0, seq: 0, prev: null, at: AT, body: { title: 'First' } }
  const first = signHead(fields, alice)
  const renamed = signHead({ ...fields, seq: 1, prev: first.hash, at: AT + 1, body: { title: 'Second 名前' } }, alice)
  const rival = signHead({ ...fields, seq: 1, prev: first.hash, at: AT + 2, body: { title: 'Rival' } }, alice)
  const described = signHead({ ...fields, seq: 2, prev: rival.hash, at: AT + 3, body: { title: 'First', description: 'What it is 名' } }, alice)
  const full = { title: 'First', description: 'x'.repeat(MAX_DESCRIPTION_LENGTH), history: 3650, ended: AT + 4, next: otherGenesis.cid }
  const ended = signHead({ ...fields, seq: 3, prev: described.hash, at: AT + 4, body: full }, alice)
  const collections: CollectionsSettings = {
    orders: { schema: '{"properties":{"total":{"minimum":0.5,"type":"number"}},"required":["total"]}', maxBytes: 4096 },
    people: { immutable: ['born', 'é'], unique: ['email', 'address.phone'] },
  }
  const ruled = signHead({ ...fields, seq: 4, prev: ended.hash, at: AT + 5, body: { title: 'First', collections } }, alice)
  const typed = signHead(
    { ...fields, seq: 5, prev: ruled.hash, at: AT + 6, body: { title: 'First', collections: { a: { type: 'map' }, b: { type: 'log', maxBytes: 9 }, c: { type: 'crdt' } } } },
    alice,
  )
  const last = signHead(
    { ...fields, seq: Number.MAX_SAFE_INTEGER, prev: rival.hash, at: MAX_TIME, body: { title: 'x'.repeat(MAX_TITLE_LENGTH) } },
    alice,
  )
  const shown = { title: 'First', listed: true, created: AT } as const
  const listed = signHead({ ...fields, seq: 4, prev: ended.hash, ...pastAfter(ended, renamed), at: AT + 5, body: shown }, alice)
  const pastOf16 = new Uint8Array(16 * 8).fill(7)
  const long = signHead({ ...fields, seq: 20, prev: ended.hash, past: pastOf16, at: AT + 6, body: { title: 'First' } }, alice)
  const split = signHead({ ...fields, seq: 2, prev: rival.hash, at: AT + 3, body: { title: 'First', split: 2 } }, alice)
  // A higher number takes no part away again.
  const whole = signHead({ ...fields, seq: 6, prev: split.hash, at: AT + 7, body: { title: 'Whole' } }, alice)
  const named = { first, renamed, rival, described, ended, ruled, typed, listed, long, last, split, whole }
  const signed = (name: string, structure: Readonly<Record<string, unknown>>, reason: string) => {
    const bytes = encodeCbor(structure)
    return { name, bytes: toHex(bytes), signature: toHex(alice.sign('head', sha256(bytes))), reason }
  }
  const changed = (name: string, change: Readonly<Record<string, unknown>>, reason: string) => signed(name, { ...first.head, ...change }, reason)
  const set = (name: string, settings: unknown, reason = 'malformed') => changed(name, { body: { title: 'First', collections: settings } }, reason)
  return {
    description: 'Heads of the namespace in the context, with their signatures. strongestFirst in the context is the order in which they win.',
    context: {
      network: network.id,
      genesis: toHex(genesis.bytes),
      strongestFirst: Object.entries(named)
        .toSorted(([, a], [, b]) => (headWins(a, b) ? -1 : 1))
        .map(([name]) => name),
    },
    valid: Object.entries(named).map(([name, { head, bytes, hash, signature }]) => ({
      name,
      bytes: toHex(bytes),
      hash: toHex(hash),
      signature: toHex(signature),
      epoch: head.epoch,
      seq: head.seq,
      prev: head.prev && toHex(head.prev),
      ...(head.past === undefined ? {} : { past: toHex(head.past) }),
      at: head.at,
      ...head.body,
      ...(head.body.next === undefined ? {} : { next: head.body.next.toString() }),
    })),
    invalid: [
      ...malformedForms(first.bytes).map((form) => ({ ...form, signature: toHex(alice.sign('head', sha256(bytesOf(form.bytes)))) })),
      changed('another network', { net: otherNetwork.cid }, 'wrong-network'),
      changed('another namespace', { ns: otherGenesis.cid }, 'wrong-namespace'),
      changed('not by the owner', { by: bob.author }, 'not-allowed'),
      changed('an epoch without rotation', { epoch: 1 }, 'unsupported'),
      changed('a rotation', { rot: [{}] }, 'unsupported'),
      changed('empty title', { body: { title: '' } }, 'malformed'),
      changed('history of 3,651 days', { body: { title: 'First', history: 3651 } }, 'malformed'),
      changed('history of no number', { body: { title: 'First', history: 'long' } }, 'malformed'),
      changed('empty description', { body: { title: 'First', description: '' } }, 'malformed'),
      changed('description of 2,049 units', { body: { title: 'First', description: 'x'.repeat(MAX_DESCRIPTION_LENGTH + 1) } }, 'malformed'),
      changed('description with a byte order mark', { body: { title: 'First', description: '\ufeffx' } }, 'malformed'),
      changed('an end before all times', { body: { title: 'First', ended: -1 } }, 'malformed'),
      changed('no end', { body: { title: 'First', ended: null } }, 'malformed'),
      changed('a successor of another codec', { body: { title: 'First', next: cidOfBytes(RAW, utf8('x')) } }, 'malformed'),
      changed('a successor as text', { body: { title: 'First', next: otherGenesis.cid.toString() } }, 'malformed'),
      changed('not listed said aloud', { body: { title: 'First', listed: false } }, 'malformed'),
      changed('created as text', { body: { title: 'First', created: '2026' } }, 'malformed'),
      changed('created after all times', { body: { title: 'First', created: MAX_TIME + 1 } }, 'malformed'),
      changed('split by nothing', { body: { title: 'First', split: 0 } }, 'malformed'),
      changed('split by seven', { body: { title: 'First', split: 7 } }, 'malformed'),
      changed('split by a text', { body: { title: 'First', split: '2' } }, 'malformed'),
      changed('unknown field in the body', { body: { title: 'First', rules: {} } }, 'malformed'),
      set('collections as a list', []),
      set('no collections', {}),
      set('a collection of no name', { '': { maxBytes: 1 } }),
      set('65 collections', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`c${i}`, { maxBytes: 1 }]))),
      set('a collection without settings', { orders: {} }),
      set('a collection whose settings are a link', { orders: otherGenesis.cid }),
      set('a setting that is not known', { orders: { colour: 'red' } }, 'unsupported'),
      set('a setting that is not known beside one that cannot be', { orders: { colour: 'red', maxBytes: 0 } }),
      set('a type that is not known', { orders: { type: 'list' } }, 'unsupported'),
      set('the type of collections of which nothing is said', { orders: { type: 'lww' } }, 'unsupported'),
      set('a type that is no word', { orders: { type: 'Log' } }),
      set('a type that is no text', { orders: { type: 1 } }),
      set('no bytes', { orders: { maxBytes: 0 } }),
      set('more bytes than content has', { orders: { maxBytes: MAX_CONTENT_BYTES + 1 } }),
      set('a schema that is no text', { orders: { schema: {} } }),
      set('a schema that is no JSON', { orders: { schema: '{' } }),
      set('a schema that is no object', { orders: { schema: 'true' } }),
      set('a schema in another form', { orders: { schema: '{"type": "object"}' } }),
      set('a schema of 8,193 bytes', { orders: { schema: `{"title":"${'x'.repeat(8192 - 11)}"}` } }),
      set('no immutable fields', { orders: { immutable: [] } }),
      set('an immutable field twice', { orders: { immutable: ['a', 'a'] } }),
      set('the id as an immutable field', { orders: { immutable: ['_id'] } }),
      set('an immutable field within another', { orders: { immutable: ['a.b'] } }),
      set('17 immutable fields', { orders: { immutable: Array.from({ length: 17 }, (_, i) => `f${i}`) } }),
      set('a unique field of no name', { orders: { unique: ['a..b'] } }),
      set('a unique field with a reserved name', { orders: { unique: ['a.__proto__'] } }),
      set('a unique field of 201 units', { orders: { unique: ['x'.repeat(201)] } }),
      changed('negative seq', { seq: -1 }, 'malformed'),
      changed('seq beyond 2^53 - 1', { seq: 2n ** 53n }, 'malformed'),
      changed('prev of 31 bytes', { prev: new Uint8Array(31) }, 'malformed'),
      changed('an empty past', { past: new Uint8Array(0) }, 'malformed'),
      changed('a past of 9 bytes', { past: new Uint8Array(9) }, 'malformed'),
      changed('a past of 17 heads', { past: new Uint8Array(17 * 8) }, 'malformed'),
      changed('larger than 16 KiB', { body: { title: 'x'.repeat(16 * 1024) } }, 'too-large'),
      { name: 'signature of another head', bytes: toHex(first.bytes), signature: toHex(renamed.signature), reason: 'bad-signature' },
      { name: 'signature in another domain', bytes: toHex(first.bytes), signature: toHex(alice.sign('seal', first.hash)), reason: 'bad-signature' },
      { name: 'signature of another key', bytes: toHex(first.bytes), signature: toHex(bob.sign('head', first.hash)), reason: 'bad-signature' },
      { name: 'signature of 63 bytes', bytes: toHex(first.bytes), signature: toHex(first.signature.subarray(1)), reason: 'bad-signature' },
    ],
  }
}

const contentText = canonicalJson({ _id: 'ada', name: 'Ada' })
const contentBytes = utf8(contentText)
const put: PutRecord = { del: false, k: 'people/ada', at: AT, digest: sha256(contentBytes), size: contentBytes.length, by: alice.author }
const strangers = Array.from({ length: MAX_SEEN_AUTHORS }, (_, i) => identityFromSeed(new Uint8Array(32).fill(100 + i)))
const byTag = (list: readonly (readonly [by: Identity, to: number, ...but: number[]])[]): readonly SeenAuthor[] =>
  list.map(([by, to, ...but]) => ({ tag: authorTag(by.author), to, but })).sort((a, b) => compareBytes(a.tag, b.tag))
const records: Readonly<Record<string, DocRecord>> = {
  put,
  'put over a version that was seen': { ...put, at: AT + 1, prev: recordHash(scope, put) },
  'put with an expiry': { ...put, exp: AT + 4096 },
  delete: { del: true, kh: keyHash(ns, put.k), at: AT + 2, by: alice.author },
  'put for a person': { ...put, by: laptop.author },
  'delete for a person': { del: true, kh: keyHash(ns, put.k), at: AT + 2, by: phone.author },
  'delete with all fields': { del: true, kh: keyHash(ns, put.k), at: AT + 2, by: alice.author, prev: recordHash(scope, put), exp: MAX_TIME },
  'smallest integers': { ...put, at: 0, size: 0, exp: 0 },
  'largest integers': { ...put, at: MAX_TIME, size: MAX_CONTENT_BYTES, exp: MAX_TIME },
  'key of 23 bytes': { ...put, k: 'people/0123456789abcdef' },
  'key of 24 bytes': { ...put, k: 'people/0123456789abcdefg' },
  'key of 255 bytes': { ...put, k: `people/${'x'.repeat(248)}` },
  'key of 256 bytes': { ...put, k: `people/${'x'.repeat(249)}` },
  'longest key, not ASCII': { ...put, k: `p/${'€'.repeat(170)}` },
  'id with slashes and an astral character': { ...put, k: 'people/a/b/😀' },
  'put that has seen versions of two authors': { ...put, at: AT + 9, prev: recordHash(scope, put), seen: { base: 0, authors: byTag([[alice, AT + 5], [bob, AT + 7, AT + 1, AT + 3]]) } },
  'put that has seen everything up to a time': { ...put, at: AT + 9, seen: { base: AT + 9, authors: [] } },
  'delete that has seen': { del: true, kh: keyHash(ns, put.k), at: AT + 9, by: alice.author, seen: { base: AT, authors: byTag([[bob, AT, 0, AT]]) } },
  'put that has seen as much as there is room for': { ...put, at: MAX_TIME, seen: { base: 1, authors: byTag(strangers.map((one, i) => [one, MAX_TIME, 7 + i] as const)) } },
}

function recordFile(): VectorFile {
  const structure = { v: 1, t: 'rec', net, ns, k: put.k, at: put.at, cid: cidOf(DAG_JSON, put.digest), size: put.size, by: put.by }
  const tombstone = { v: 1, t: 'rec', net, ns, kh: keyHash(ns, put.k), at: put.at, del: true, by: put.by }
  const changed = (name: string, change: Readonly<Record<string, unknown>>, reason: string, base: Readonly<Record<string, unknown>> = structure) => ({
    name,
    bytes: toHex(encodeCbor({ ...base, ...change })),
    reason,
  })
  const { size: _, ...withoutSize } = structure
  const bytes = encodeRecord(scope, put)
  // "~" becomes "/" afterwards: the encoder would take the map for a CID.
  const lookalike = { '~': 'x', bytes: 'x', code: DAG_JSON, version: 1, multihash: { code: 18, digest: put.digest, size: 32 } }
  const link = toHex(cidOf(DAG_JSON, put.digest).bytes)
  return {
    description: 'Records of the namespace in the context. hash is the sha-256 of the bytes; a put names content by its digest.',
    context: { network: network.id, namespace: ns.toString() },
    valid: Object.entries(records).map(([name, record]) => ({
      name,
      bytes: toHex(encodeRecord(scope, record)),
      hash: toHex(recordHash(scope, record)),
      ...(record.del ? { kh: toHex(record.kh) } : { k: record.k, digest: toHex(record.digest), size: record.size }),
      at: record.at,
      by: toHex(record.by),
      ...(record.prev === undefined ? {} : { prev: toHex(record.prev) }),
      ...(record.exp === undefined ? {} : { exp: record.exp }),
      ...(record.seen === undefined ? {} : { seen: readableSeen(record.seen) }),
    })),
    invalid: [
      ...malformedForms(bytes),
      changed('another network', { net: otherNetwork.cid }, 'wrong-network'),
      changed('another namespace', { ns: otherGenesis.cid }, 'wrong-namespace'),
      { name: 'no size', bytes: toHex(encodeCbor(withoutSize)), reason: 'malformed' },
      changed('key without collection', { k: '/ada' }, 'malformed'),
      changed('key without slash', { k: 'people' }, 'malformed'),
      changed('key without id', { k: 'people/' }, 'malformed'),
      changed('collection with a dot', { k: 'people.old/ada' }, 'malformed'),
      changed('collection of 65 characters', { k: `${'a'.repeat(65)}/ada` }, 'malformed'),
      changed('NUL in the id', { k: 'people/a\0b' }, 'malformed'),
      changed('key of 513 bytes', { k: `p/${'€'.repeat(170)}x` }, 'malformed'),
      { name: 'key that is not UTF-8', bytes: patch(bytes, toHex(utf8('people/ada')), `${toHex(utf8('people/'))}f09f98`), reason: 'malformed' },
      changed('author of 33 bytes', { by: put.by.subarray(1) }, 'malformed'),
      changed('time before the epoch', { at: -1 }, 'malformed'),
      changed('time beyond 2^53 - 1', { at: 2n ** 53n }, 'malformed'),
      changed('time with a fraction', { at: 1.5 }, 'malformed'),
      changed('content with the codec dag-cbor', { cid: cidOf(DAG_CBOR, put.digest) }, 'malformed'),
      changed('content as text', { cid: cidOf(DAG_JSON, put.digest).toString() }, 'malformed'),
      {
        name: 'content as a map that looks like a CID to some libraries',
        bytes: patch(encodeCbor({ ...structure, cid: lookalike }), '617e6178', '612f6178'),
        reason: 'malformed',
      },
      {
        name: 'content with an overlong varint',
        bytes: patch(bytes, `d82a582600${link}`, `d82a58270001a9029200${link.slice(8)}`),
        reason: 'malformed',
      },
      changed('size above the limit', { size: MAX_CONTENT_BYTES + 1 }, 'malformed'),
      changed('prev null', { prev: null }, 'malformed'),
      changed('negative expiry', { exp: -1 }, 'malformed'),
      changed('a put with del', { del: true }, 'malformed'),
      changed('del false', { del: false }, 'malformed', tombstone),
      changed('a delete with a key', { k: put.k }, 'malformed', tombstone),
      changed('key hash of 16 bytes', { kh: keyHash(ns, put.k).subarray(0, 16) }, 'malformed', tombstone),
      changed('larger than 1,536 bytes', { k: `people/${'x'.repeat(1536)}` }, 'too-large'),
      ...badSeen.map(([name, seen]) => changed(`seen: ${name}`, { seen }, 'malformed')),
    ],
  }
}

function readableSeen({ base, authors }: Seen): unknown {
  return [base, ...authors.map(({ tag, to, but }) => [toHex(tag), to, ...but])]
}

/** What no record of the time AT may have seen. */
const badSeen: readonly (readonly [name: string, seen: unknown])[] = (() => {
  const [tag, next] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)]
  return [
    ['null', null],
    ['an empty list', []],
    ['nothing', [0]],
    ['a time after the record', [AT + 1]],
    ['a negative time', [-1]],
    ['an author without time', [0, [tag]]],
    ['a tag of seven bytes', [0, [tag.subarray(1), AT]]],
    ['a tag as text', [0, ['ada', AT]]],
    ['an author after the record', [0, [tag, AT + 1]]],
    ['an author no later than everybody', [AT - 1, [tag, AT - 1]]],
    ['an author before everybody', [AT - 1, [tag, AT - 2, 1]]],
    ['authors that do not rise', [0, [next, AT], [tag, AT]]],
    ['an author twice', [0, [tag, AT - 1], [tag, AT]]],
    ['what is left open later than what is seen', [0, [tag, AT - 1, AT]]],
    ['what is left open twice', [0, [tag, AT, 5, 5]]],
    ['17 authors', [0, ...Array.from({ length: 17 }, (_, i) => [new Uint8Array(8).fill(i), AT])]],
    ['17 times of one author left open', [0, [tag, AT, ...Array.from({ length: 17 }, (_, i) => i)]]],
    ['17 times left open together', [0, [tag, AT, ...Array.from({ length: 9 }, (_, i) => i)], [next, AT, ...Array.from({ length: 8 }, (_, i) => i)]]],
  ]
})()

function sealFile(): VectorFile {
  const hashes = Array.from({ length: 64 }, (_, i) => sha256(Uint8Array.of(i)))
  const valid = [1, 2, 64].map((count) => {
    const covered = hashes.slice(0, count)
    const structure = encodeCbor({ v: 1, t: 'seal', net, hashes: covered })
    const { by, signature } = createSeal(net, concatBytes(...covered), alice)
    return {
      name: `${count} records`,
      by: toHex(by),
      hashes: covered.map(toHex),
      structure: toHex(structure),
      message: toHex(concatBytes(utf8('docstore/seal\0'), sha256(structure))),
      signature: toHex(signature),
    }
  })
  const one = createSeal(net, concatBytes(...hashes.slice(0, 1)), alice)
  const seal = (name: string, by: Uint8Array, covered: readonly Uint8Array[], signature: Uint8Array, reason: string) => ({
    name,
    by: toHex(by),
    hashes: covered.map(toHex),
    signature: toHex(signature),
    reason,
  })
  const sealed = (covered: readonly Uint8Array[], network = net) =>
    alice.sign('seal', sha256(encodeCbor({ v: 1, t: 'seal', net: network, hashes: covered })))
  const tooMany = [...hashes, new Uint8Array(32)]
  return {
    description: 'Seals in the network of the context. structure is the dag-cbor whose sha-256 is signed; message is what ed25519 signs.',
    context: { network: network.id, seed: toHex(seedOf('alice')) },
    valid,
    invalid: [
      seal('no hashes', alice.author, [], sealed([]), 'malformed'),
      seal('65 hashes', alice.author, tooMany, sealed(tooMany), 'malformed'),
      seal('a hash of 31 bytes', alice.author, [new Uint8Array(31)], sealed([new Uint8Array(31)]), 'malformed'),
      seal('hashes in another order', alice.author, hashes.slice(0, 2).reverse(), bytesOf(valid[1]?.signature ?? ''), 'bad-signature'),
      seal('another author', bob.author, hashes.slice(0, 1), one.signature, 'bad-signature'),
      seal('another network', alice.author, hashes.slice(0, 1), sealed(hashes.slice(0, 1), otherNetwork.cid), 'bad-signature'),
      seal(
        'another domain',
        alice.author,
        hashes.slice(0, 1),
        alice.sign('head', sha256(encodeCbor({ v: 1, t: 'seal', net, hashes: hashes.slice(0, 1) }))),
        'bad-signature',
      ),
    ],
  }
}

function contentFile(): VectorFile {
  const nested = (depth: number): string => `{"_id":"x","a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  // `input` is JSON as an application might write it.
  const inputs: readonly (readonly [string, string])[] = [
    ['sorted keys, no white space', '{ "name": "Ada", "_id": "x", "born": 1815 }'],
    ['keys that look like integers sort as text', '{"_id":"x","9":1,"10":2,"1e3":3,"-1":4,"01":5}'],
    ['keys sort by UTF-8 bytes, so astral after U+E000', '{"_id":"x","😀":2,"\uffff":5,"\ue000":1,"é":3,"z":4}'],
    ['keys that begin alike sort by their bytes', '{"_id":"x","x😀":1,"x\ufffd":2,"x":3}'],
    ['an empty key', '{"_id":"x","":1}'],
    ['names of Object.prototype', '{"_id":"x","constructor":1,"toString":2,"hasOwnProperty":3,"toJSON":4}'],
    ['numbers', '{"_id":"x","n":[0,-0,1.0,1e3,1e20,1e21,1e-6,1e-7,0.1,5e-324,1.7976931348623157e308,9007199254740993,333333333.33333329]}'],
    [
      'whole numbers around 2^63, with an exponent from there on',
      '{"_id":"x","n":[9223372036854774784,-9223372036854774784,9223372036854775808,-9223372036854775808,18446744073709551616,123456789012345680000,999999999999999900000]}',
    ],
    ['literals', '{"_id":"x","l":[null,true,false,{},[],""]}'],
    [
      'escapes',
      '{"_id":"x","s":"\\u0000\\u0008\\u0009\\u000a\\u000b\\u000c\\u000d\\u001f\\u0020\\u0022\\u005c\\u002f\\u007f\\u2028\\ud83d\\ude00\\ufeff"}',
    ],
    ['an id that is not ASCII', '{"_id":"\\u00e9/\\ud83d\\ude00"}'],
    ['the deepest nesting', nested(MAX_CONTENT_DEPTH)],
  ]
  const valid = inputs.map(([name, input]) => {
    const document: { _id: string } = JSON.parse(input)
    const bytes = utf8(canonicalJson(document))
    return {
      name,
      input,
      id: document._id,
      bytes: toHex(bytes),
      size: bytes.length,
      digest: toHex(sha256(bytes)),
      cid: cidOfBytes(DAG_JSON, bytes).toString(),
    }
  })
  const former = [
    ['a whole number beyond 2^63 as digits', '{"_id":"x","n":100000000000000000000}'],
    ['2^63 as digits', '{"_id":"x","n":9223372036854776000}'],
    ['-2^63 as digits', '{"_id":"x","n":-9223372036854776000}'],
    ['keys by UTF-16 units', '{"_id":"x","😀":2,"\ue000":1}'],
    ['both, deeper', '{"_id":"x","a":[{"😀":1e+21,"\uffff":123456789012345680000}]}'],
  ].map(([name = '', text = '']) => {
    const bytes = utf8(text)
    return { name, id: 'x', bytes: toHex(bytes), canonical: toHex(utf8(canonicalJson(JSON.parse(text)))), cid: cidOfBytes(DAG_JSON, bytes).toString() }
  })
  const invalid = (name: string, text: string, reason: string, id = 'x') => ({ name, id, bytes: toHex(utf8(text)), reason })
  return {
    description:
      'Document content. input is JSON text, bytes its canonical form; context.former are accepted too, canonical is how the same value would be written today; invalid bytes are refused as content of the document id.',
    context: { former },
    valid,
    invalid: [
      invalid('empty', '', 'bad-content'),
      invalid('not JSON', '{', 'bad-content'),
      invalid('another id', '{"_id":"y"}', 'bad-content'),
      invalid('no id', '{}', 'bad-content'),
      invalid('an id that is not text', '{"_id":1}', 'bad-content', '1'),
      invalid('an array', '["x"]', 'bad-content'),
      invalid('a string', '"x"', 'bad-content'),
      invalid('null', 'null', 'bad-content'),
      invalid('white space', '{"_id": "x"}', 'not-canonical'),
      invalid('a new line at the end', '{"_id":"x"}\n', 'not-canonical'),
      invalid('keys not sorted', '{"a":1,"_id":"x"}', 'not-canonical'),
      invalid('keys in numeric order', '{"9":1,"10":2,"_id":"x"}', 'not-canonical'),
      invalid('a key twice', '{"_id":"x","a":1,"a":1}', 'not-canonical'),
      invalid('1.0', '{"_id":"x","a":1.0}', 'not-canonical'),
      invalid('-0', '{"_id":"x","a":-0}', 'not-canonical'),
      invalid('1E3', '{"_id":"x","a":1E3}', 'not-canonical'),
      invalid('an exponent below 2^63', '{"_id":"x","a":9.223372036854775e+18}', 'not-canonical'),
      invalid('an exponent without its sign', '{"_id":"x","a":1e20}', 'not-canonical'),
      invalid('a number in the canonical form, keys in the former', '{"_id":"x","a":1e+20,"😀":2,"\ue000":1}', 'not-canonical'),
      invalid('keys in the canonical form, a number in the former', '{"_id":"x","a":100000000000000000000,"\ue000":1,"😀":2}', 'not-canonical'),
      invalid('an integer that a double cannot hold', '{"_id":"x","a":9007199254740993}', 'not-canonical'),
      invalid('a number beyond the doubles', '{"_id":"x","a":1e400}', 'bad-content'),
      invalid('an escape that is not needed', '{"_id":"x","a":"\\u00e9"}', 'not-canonical'),
      invalid('an escape in upper case', '{"_id":"x","a":"\\u001F"}', 'not-canonical'),
      invalid('an escaped slash', '{"_id":"x","a":"\\/"}', 'not-canonical'),
      invalid('a lone surrogate', '{"_id":"x","a":"\\ud800"}', 'bad-content'),
      invalid('a lone surrogate in a key', '{"_id":"x","\\ud800":1}', 'bad-content'),
      invalid('the field /', '{"/":1,"_id":"x"}', 'bad-content'),
      invalid('the field __proto__', '{"__proto__":1,"_id":"x"}', 'bad-content'),
      invalid('the field __proto__, deeper', '{"_id":"x","a":[{"__proto__":{}}]}', 'bad-content'),
      invalid('nested too deep', nested(MAX_CONTENT_DEPTH + 1), 'bad-content'),
      invalid('a byte order mark', '\ufeff{"_id":"x"}', 'bad-content'),
      { name: 'not UTF-8', id: 'x', bytes: `${toHex(utf8('{"_id":"x","a":"'))}ff227d`, reason: 'bad-content' },
      { name: 'a surrogate in UTF-8', id: 'x', bytes: `${toHex(utf8('{"_id":"x","a":"'))}eda080227d`, reason: 'bad-content' },
    ],
  }
}

function ed25519File(): VectorFile {
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`)
  const toLittleEndian = (value: bigint): Uint8Array => bytesOf(value.toString(16).padStart(64, '0')).reverse()
  const { scalar, point } = ed25519.utils.getExtendedPublicKey(seedOf('alice'))
  const message = (hash: Uint8Array): Uint8Array => concatBytes(utf8('docstore/head\0'), hash)
  const challenge = (r: Uint8Array, key: Uint8Array, hash: Uint8Array): bigint =>
    fromLittleEndian(
      Uint8Array.from(
        createHash('sha512')
          .update(concatBytes(r, key, message(hash)))
          .digest(),
      ),
    ) % order
  const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] ?? '')
  const multikey = (key: Uint8Array): Uint8Array => concatBytes(bytesOf('ed01'), key)
  const r = fromLittleEndian(seedOf('nonce scalar')) % order
  const rB = Point.BASE.multiply(r)

  interface Case {
    readonly author: Uint8Array
    readonly hash: Uint8Array
    readonly signature: Uint8Array
  }
  /** A signature under key = secret * B + something of small order, for the first hash whose challenge suits. */
  function craft(key: Uint8Array, secret: bigint, rBytes: Uint8Array, rScalar: bigint, suits: (k: bigint) => boolean, extra = 0n): Case {
    for (let i = 0; i < 1000; i++) {
      const hash = seedOf(`crafted ${i}`)
      const k = challenge(rBytes, key, hash)
      if (suits(k)) return { author: multikey(key), hash, signature: concatBytes(rBytes, toLittleEndian(((rScalar + k * secret) % order) + extra)) }
    }
    throw new Error('no hash suits')
  }
  const any = (): boolean => true
  const aliceKey = alice.author.subarray(2)
  const mixed = point.add(torsion).toBytes()
  const row = (name: string, { author, hash, signature }: Case, domain = 'head') => ({
    name,
    author: toHex(author),
    domain,
    hash: toHex(hash),
    signature: toHex(signature),
  })
  const refused = (name: string, fields: Case, reason: string) => ({ ...row(name, fields), reason })
  const hash = seedOf('signed hash')
  const plain: Case = { author: alice.author, hash, signature: alice.sign('head', hash) }
  const flipped = (bytes: Uint8Array, index: number): Uint8Array => bytes.with(index, (bytes[index] ?? 0) ^ 1)
  const identity = Point.ZERO.toBytes()
  const offCurve = toLittleEndian(2n)
  if (Point.fromBytes(toLittleEndian(3n), true).isSmallOrder()) throw new Error('y = 3 is of small order')
  return {
    description:
      'Signatures of docstore/<domain> NUL <hash>. Valid are exactly those whose key passes the key rules, with S < L, R not of small order, and R = [S]B - [k]A without cofactor, R compared byte by byte. did is the did:key of the author.',
    valid: [
      ...['head', 'seal'].flatMap((domain) =>
        ['alice', 'bob'].map((label) => {
          const identityOf = identityFromSeed(seedOf(label))
          return {
            ...row(`${label} signs a ${domain}`, { author: identityOf.author, hash, signature: identityOf.sign(domain, hash) }, domain),
            seed: toHex(seedOf(label)),
            did: identityOf.did,
          }
        }),
      ),
      row(
        'key of mixed order, challenge divisible by 8',
        craft(mixed, scalar, rB.toBytes(), r, (k) => k % 8n === 0n),
      ),
      row(
        'key of mixed order and R with the torsion that makes up for it',
        craft(mixed, scalar, rB.add(torsion.multiplyUnsafe(5n)).toBytes(), r, (k) => k % 8n === 3n),
      ),
    ],
    invalid: [
      refused('hash changed', { ...plain, hash: flipped(hash, 0) }, 'bad-signature'),
      refused('R changed', { ...plain, signature: flipped(plain.signature, 0) }, 'bad-signature'),
      refused('S changed', { ...plain, signature: flipped(plain.signature, 32) }, 'bad-signature'),
      refused('other domain', { ...plain, signature: alice.sign('seal', hash) }, 'bad-signature'),
      refused('other key', { ...plain, author: bob.author }, 'bad-signature'),
      refused('signature of zeros', { ...plain, signature: new Uint8Array(64) }, 'bad-signature'),
      refused('signature of 63 bytes', { ...plain, signature: plain.signature.subarray(0, 63) }, 'bad-signature'),
      refused('signature of 65 bytes', { ...plain, signature: concatBytes(plain.signature, Uint8Array.of(0)) }, 'bad-signature'),
      refused('S + L', craft(aliceKey, scalar, rB.toBytes(), r, any, order), 'bad-signature'),
      refused('S = L', { ...plain, signature: concatBytes(plain.signature.subarray(0, 32), toLittleEndian(order)) }, 'bad-signature'),
      refused('S = 2^256 - 1', { ...plain, signature: concatBytes(plain.signature.subarray(0, 32), new Uint8Array(32).fill(255)) }, 'bad-signature'),
      refused(
        'key of mixed order, valid only with cofactor',
        craft(mixed, scalar, rB.toBytes(), r, (k) => k % 8n !== 0n),
        'bad-signature',
      ),
      refused('R with torsion, valid only with cofactor', craft(aliceKey, scalar, rB.add(torsion).toBytes(), r, any), 'bad-signature'),
      refused('R of order 8, valid only with cofactor', craft(aliceKey, scalar, torsion.toBytes(), 0n, any), 'bad-signature'),
      refused('R is the neutral element, equation holds', craft(aliceKey, scalar, identity, 0n, any), 'bad-signature'),
      refused(
        'R is of order 8, equation holds for a key of mixed order',
        craft(mixed, scalar, torsion.toBytes(), 0n, (k) => k % 8n === 7n),
        'bad-signature',
      ),
      refused('R is the neutral element as y = p + 1', craft(aliceKey, scalar, bytesOf(`ee${'ff'.repeat(30)}7f`), 0n, any), 'bad-signature'),
      refused('R is the neutral element with a sign bit', craft(aliceKey, scalar, bytesOf(`01${'00'.repeat(30)}80`), 0n, any), 'bad-signature'),
      ...SMALL_ORDER_KEYS.map((hex) =>
        refused(
          `key of small order ${hex.slice(0, 4)}…${hex.slice(-2)}, equation holds`,
          craft(bytesOf(hex), 0n, rB.toBytes(), r, (k) => k % 8n === 0n),
          'bad-key',
        ),
      ),
      refused('key not canonical, y = p + 3', { ...plain, author: multikey(bytesOf(`f0${'ff'.repeat(30)}7f`)) }, 'bad-key'),
      refused('key y = 2^255 - 1', { ...plain, author: multikey(bytesOf(`${'ff'.repeat(31)}7f`)) }, 'bad-key'),
      refused('key not on the curve', { ...plain, author: multikey(offCurve) }, 'bad-signature'),
      refused('key with the prefix of secp256k1', { ...plain, author: concatBytes(bytesOf('e701'), aliceKey) }, 'bad-key'),
      refused('key of 33 bytes', { ...plain, author: alice.author.subarray(0, 33) }, 'bad-key'),
    ],
  }
}

function clockFile(): VectorFile {
  const ms = Date.UTC(2026, 0, 1)
  const steps = [
    { now: ms, seen: 0 },
    { now: ms, seen: 0 },
    { now: ms + 1, seen: 0 },
    { now: ms - 60_000, seen: 0 },
    { now: ms - 60_000, seen: timeFromMs(ms + 60_000) },
    { now: ms, seen: timeFromMs(ms) },
    { now: ms + 120_000, seen: 0 },
    // The clock is set back: by what others still accept, by more, and before all times.
    { now: ms - 179_999, seen: 0 },
    { now: ms - 180_001, seen: 0 },
    { now: ms, seen: timeFromMs(ms + 86_400_000) },
    { now: ms, seen: 0 },
    { now: 0, seen: 0 },
  ]
  let now = 0
  const clock = new Clock(() => now)
  const history = steps.map((step) => {
    now = step.now
    return { ...step, time: clock.next(step.seen) }
  })
  return {
    description:
      'Hybrid times. ms is Unix time in milliseconds. history is what one clock gives in turn: now is the wall clock, seen the newest known time of the key.',
    context: { history },
    valid: [Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 1) + 1, ms, Date.UTC(2094, 0, 1)].map((at) => ({
      name: new Date(at).toISOString(),
      ms: at,
      time: timeFromMs(at),
    })),
    invalid: [
      { name: 'negative', time: -1, reason: 'malformed' },
      { name: 'beyond 2^53 - 1', time: 2 ** 53, reason: 'malformed' },
      { name: 'fraction', time: 0.5, reason: 'malformed' },
    ],
  }
}

function slotFile(): VectorFile {
  const keys = ['people/ada', 'people/a/b', 'p/é😀', `p/${'€'.repeat(170)}`, `people/${authorName(alice.author)}/1`, `people/${authorName(laptop.author)}/1`]
  const authors = { alice, bob, 'the laptop of a person': laptop, 'the phone of that person': phone }
  const valid = keys.flatMap((key) => {
    const kh = keyHash(ns, key)
    return Object.entries(authors).map(([name, { author }]) => ({
      name: `${key.slice(0, 24)} by ${name}`,
      key,
      author: toHex(author),
      keyHash: toHex(kh),
      slots: Object.fromEntries(WRITE_POLICIES.map((write) => [write, toHex(slotOf(write, kh, author))])),
      mayWrite: Object.fromEntries(WRITE_POLICIES.map((write) => [write, mayWrite(write, alice.author, author, key.slice(key.indexOf('/') + 1))])),
      ownedByPerson: mayWrite('owner', principalOf(laptop.author), author, undefined),
      mayDelete: Object.fromEntries(WRITE_POLICIES.map((write) => [write, mayWrite(write, alice.author, author, undefined)])),
    }))
  })
  const invalid = [
    '',
    '/',
    'people',
    'people/',
    '/ada',
    'pe ople/ada',
    'é/ada',
    `${'a'.repeat(65)}/ada`,
    'people/a\0',
    `p/${'x'.repeat(MAX_KEY_BYTES - 1)}`,
  ]
  return {
    description:
      'Key hashes and slots in the namespace of the context, and what each write policy lets the author do there; alice owns the namespace. ownedByPerson is what the policy owner says where the person of the context does.',
    context: { namespace: ns.toString(), owner: toHex(alice.author), person: toHex(principalOf(laptop.author)) },
    valid,
    invalid: invalid.map((key) => ({ name: JSON.stringify(key.slice(0, 24)), key, reason: 'malformed' })),
  }
}

function batchFile(): VectorFile {
  const wire = (record: DocRecord, seal: number): WireRecord => ({
    key: record.del ? record.kh : record.k,
    at: record.at,
    content: record.del ? null : contentBytes,
    seal,
    prev: record.prev ?? null,
    exp: record.exp ?? null,
    ...(record.seen === undefined ? {} : { seen: record.seen }),
  })
  const bare = ['put', 'put over a version that was seen', 'delete', 'delete with all fields', 'put that has seen versions of two authors', 'delete that has seen']
    .map((name) => records[name])
    .filter((record) => record !== undefined)
  const seal = createSeal(net, concatBytes(...bare.map((record) => recordHash(scope, record))), alice)
  const batch = { seals: [seal], records: bare.map((record) => wire(record, 0)) }
  const bytes = encodeBatch(batch)
  const byDevices = ['put for a person', 'delete for a person'].map((name) => records[name]).filter((record) => record !== undefined)
  const devices = encodeBatch({
    seals: [laptop, phone].map((device, i) => createSeal(net, concatBytes(...byDevices.slice(i, i + 1).map((record) => recordHash(scope, record))), device)),
    records: byDevices.map(wire),
  })
  const expiring = records['put with an expiry']
  if (expiring === undefined) throw new Error('There is no such record')
  const expiringSeal = createSeal(net, recordHash(scope, expiring), alice)
  const erased = { digest: sha256(contentBytes), size: contentBytes.length }
  const expired = encodeBatch({ seals: [expiringSeal], records: [{ ...wire(expiring, 0), content: null, erased }] })
  const sealItem = [seal.by, seal.signature, seal.hashes]
  const item: readonly unknown[] = ['people/ada', AT, contentBytes, 0, null, null]
  const refused = (name: string, value: unknown, reason = 'malformed') => ({ name, bytes: toHex(encodeCbor(value)), reason })
  const changed = (name: string, index: number, value: unknown, reason = 'malformed') =>
    refused(name, [[sealItem], [item.with(index, value)]], reason)
  const single = encodeCbor([[sealItem], [item]])
  return {
    description:
      'Batches as peers send them. The records are those of record.json, in the namespace of the context; recordHashes follow from the batch and its scope.',
    context: { network: network.id, namespace: ns.toString() },
    valid: [
      { name: 'empty', bytes: toHex(encodeBatch({ seals: [], records: [] })), seals: 0, recordHashes: [] },
      { name: 'six records under one seal', bytes: toHex(bytes), seals: 1, recordHashes: bare.map((record) => toHex(recordHash(scope, record))) },
      { name: 'two records by two devices of one person', bytes: toHex(devices), seals: 2, recordHashes: byDevices.map((record) => toHex(recordHash(scope, record))) },
      { name: 'one that has expired, without its content', bytes: toHex(expired), seals: 1, recordHashes: [toHex(recordHash(scope, expiring))] },
    ],
    invalid: [
      { name: 'no bytes', bytes: '', reason: 'malformed' },
      { name: 'cut short by one byte', bytes: toHex(bytes).slice(0, -2), reason: 'malformed' },
      { name: 'one byte too many', bytes: `${toHex(bytes)}00`, reason: 'malformed' },
      { name: 'array of indefinite length', bytes: `9f${toHex(bytes).slice(2)}ff`, reason: 'malformed' },
      { name: 'time as a float', bytes: toHex(single).replace(`1b${AT.toString(16).padStart(16, '0')}`, 'fb3ff0000000000000'), reason: 'malformed' },
      { name: 'seal number not in its shortest form', bytes: `${toHex(single).slice(0, -6)}1800f6f6`, reason: 'malformed' },
      { name: 'key that is not UTF-8', bytes: patch(single, toHex(utf8('people/ada')), `${toHex(utf8('people/'))}f09f98`), reason: 'malformed' },
      {
        name: 'key that is not UTF-8, with one item too many behind it',
        bytes: patch(single, toHex(utf8('people/ada')), `${toHex(utf8('people/'))}f09f985820${'00'.repeat(32)}`),
        reason: 'malformed',
      },
      { name: 'an array that claims 2^32 records', bytes: '82809b0000000100000000', reason: 'malformed' },
      refused('not an array', { seals: [], records: [] }),
      refused('three parts', [[], [], []]),
      refused('a seal without records', [[sealItem], []]),
      refused('a seal without signature', [[[seal.by, seal.hashes]], [item]]),
      refused('a seal with 31 bytes of hashes', [[[seal.by, seal.signature, new Uint8Array(31)]], [item]]),
      refused('a seal of 65 records', [[[seal.by, seal.signature, new Uint8Array(65 * 32)]], [item]]),
      changed('unknown seal', 3, 1),
      changed('time beyond 2^53 - 1', 1, 2n ** 53n),
      changed('key not allowed', 0, 'people/'),
      changed('key hash of 16 bytes', 0, new Uint8Array(16)),
      changed('a delete with content', 0, new Uint8Array(32)),
      changed('a put without content', 2, null),
      changed('content as text', 2, contentText),
      changed('digest and length in place of the content of a put that does not expire', 2, [erased.digest, erased.size]),
      refused('a digest of 31 bytes', [[sealItem], [item.with(2, [new Uint8Array(31), 5]).with(5, AT)]]),
      refused('a digest without a length', [[sealItem], [item.with(2, [erased.digest]).with(5, AT)]]),
      refused('a length beyond that of any content', [[sealItem], [item.with(2, [erased.digest, MAX_CONTENT_BYTES + 1]).with(5, AT)]]),
      refused('a delete with digest and length', [[sealItem], [[new Uint8Array(32), AT, [erased.digest, erased.size], 0, null, AT]]]),
      changed('prev of 31 bytes', 4, new Uint8Array(31)),
      changed('negative expiry', 5, -1),
      refused('more seals than records', [[sealItem, sealItem], [item]]),
      refused('an edit with an empty path', [[sealItem], [[...item, []]]]),
      refused('an edit whose path is text', [[sealItem], [[...item, 'name']]]),
      refused('an edit that has seen null', [[sealItem], [[...item, ['name'], null]]]),
      refused('a record with one item too many', [[sealItem], [[...item, null, [AT], null]]]),
      refused('a record whose slot is not its own', [[sealItem], [[...item, false]]]),
      ...badSeen.map(([name, seen]) => refused(`seen: ${name}`, [[sealItem], [[...item, null, seen]]])),
      refused('a delete with a path', [[sealItem], [[new Uint8Array(32), AT, null, 0, null, null, ['name']]]]),
    ],
  }
}

/** All vector files by name. Deterministic. */
export function generateVectors(): Readonly<Record<string, VectorFile>> {
  return {
    'network.json': networkFile(),
    'genesis.json': genesisFile(),
    'head.json': headFile(),
    'profile.json': profileFile(),
    'rules.json': rulesFile(),
    'record.json': recordFile(),
    'seal.json': sealFile(),
    'content.json': contentFile(),
    'dag-json.json': dagJsonFile(),
    'ed25519.json': ed25519File(),
    'clock.json': clockFile(),
    'slot.json': slotFile(),
    'batch.json': batchFile(),
    'edit.json': editFile(),
    'merge.json': mergeFile(),
    'types.json': typesFile(),
    'export.json': exportFile(),
    'files.json': filesFile(),
    'names.json': namesFile(),
    'people.json': peopleFile(),
    'nostr.json': nostrFile(),
    'schnorr.json': schnorrFile(),
    'placement.json': placementFile(),
    ...reconcileVectors(),
  }
}

if (import.meta.main) {
  for (const [name, file] of Object.entries({ ...generateVectors(), 'people-keys.json': await peopleKeysFile() })) writeFileSync(new URL(name, import.meta.url), vectorText(file))
}
