import { createHash } from 'node:crypto'
import { encodeBatch } from '../packages/core/src/model/batch.ts'
import { compareBytes, toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { cidOf, DAG_JSON } from '../packages/core/src/model/encoding/cid.ts'
import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { encodeEdit } from '../packages/core/src/model/edits/edit-content.ts'
import type { EditPath } from '../packages/core/src/model/edits/edit-path.ts'
import { type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { authorName } from '../packages/core/src/model/people/author.ts'
import { createGenesis, signHead } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type DocRecord, encodeRecord, keyHash, recordHash, slotOf } from '../packages/core/src/model/record.ts'
import { createSeal } from '../packages/core/src/model/seal.ts'
import { crdtPartId } from '../packages/core/src/model/types/crdt-part-id.ts'
import { logId } from '../packages/core/src/model/types/log-id.ts'
import type { VectorFile } from './vector-file.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())
const seedOf = (label: string): Uint8Array => sha256(utf8(`docstore vectors: ${label}`))

const network = createNetwork('Vectors', { nonce: seedOf('nonce').subarray(0, 16) })
const net = network.cid
const alice = identityFromSeed(seedOf('alice'))
const bob = identityFromSeed(seedOf('bob'))
const genesis = createGenesis({ net, owner: alice, write: 'anyone', nonce: seedOf('types nonce').subarray(0, 16) })
const ns = genesis.cid
const scope = { net, ns, write: 'anyone' as const }
const AT = timeFromMs(Date.UTC(2026, 0, 1))
const collections = { chat: { type: 'log' }, people: { type: 'map' }, texts: { type: 'crdt' } } as const
const head = signHead({ net, ns, epoch: 0, seq: 0, prev: null, at: AT, body: { title: 'Typed', collections } }, alice)

/** A record as short as it can be said. */
interface Said {
  readonly by?: Identity
  readonly at?: number
  readonly collection?: string
  readonly id: string
  /** A tombstone. */
  readonly isDelete?: boolean
  readonly ownSlot?: boolean
  readonly path?: EditPath
  /** What becomes of it, by itself. */
  readonly result?: 'stored' | 'not-allowed'
}

interface Made {
  readonly by: Identity
  readonly record: DocRecord
  readonly content: Uint8Array | null
  readonly hash: Uint8Array
  readonly slot: Uint8Array
  readonly result: string
}

function made({ by = alice, at = 0, collection = 'chat', id, isDelete = false, ownSlot = true, path, result = 'stored' }: Said): Made {
  const key = `${collection}/${id}`
  const own = ownSlot ? { ownSlot } : {}
  const content = isDelete ? null : utf8(path === undefined ? `{"_id":${JSON.stringify(id)}}` : encodeEdit(id, 1))
  const base = { at: AT + at, by: by.author, ...own }
  const kh = keyHash(ns, key)
  const record: DocRecord =
    content === null
      ? { ...base, del: true, kh }
      : { ...base, del: false, k: key, digest: sha256(content), size: content.length, ...(path === undefined ? {} : { path }) }
  return { by, record, content, hash: recordHash(scope, record), slot: slotOf('anyone', kh, by.author, record.ownSlot), result }
}

function batchOf(records: readonly Made[]): string {
  const seals = records.map(({ by, hash }) => createSeal(net, hash, by))
  const wire = records.map(({ record, content }, seal) => ({
    key: record.del ? record.kh : record.k,
    at: record.at,
    content,
    seal,
    prev: null,
    exp: null,
    ...(record.ownSlot === undefined ? {} : { ownSlot: record.ownSlot }),
    ...(record.del || record.path === undefined ? {} : { path: record.path }),
  }))
  return toHex(encodeBatch({ seals, records: wire }))
}

function typeCase(name: string, said: readonly Said[]): VectorFile['valid'][number] {
  const records = said.map(made)
  const stored = records.filter(({ result }) => result === 'stored')
  // None of these cases has edits that are accepted: of each slot the winner stays.
  const kept = stored.filter((one) => !stored.some((other) => compareBytes(one.slot, other.slot) === 0 && other.record.at > one.record.at))
  return {
    name,
    records: records.map(({ record }) => toHex(encodeRecord(scope, record))),
    judged: records.map(({ result }) => (result === 'stored' ? 'accepted' : result)),
    batches: [records, records.toReversed()].map(batchOf),
    kept: kept.map(({ hash, slot }) => ({ slot: toHex(slot), hash: toHex(hash) })).toSorted((a, b) => (a.slot < b.slot ? -1 : 1)),
  }
}

/** Records in collections of types. */
export function typesFile(): VectorFile {
  const entry = (by: Identity, at = 0, nonce = '00000000'): string => logId(AT + at, by.author, nonce)
  const part = (by: Identity, number: number, document = 'a/b'): string =>
    crdtPartId({ document, author: authorName(by.author), writer: '0123456789abcdef', number })
  const refused = (said: Said): Said => ({ ...said, result: 'not-allowed' })
  const id = entry(alice)
  const structure = { v: 1, t: 'rec', net, ns, k: `chat/${id}`, at: AT, cid: cidOf(DAG_JSON, seedOf('x')), size: 1, by: alice.author }
  const malformed = (name: string, change: Readonly<Record<string, unknown>>) => ({ name, bytes: toHex(encodeCbor({ ...structure, ...change })), reason: 'malformed' })
  return {
    description:
      'Records in the namespace of the context, where anyone writes and whose head gives collections types. judged has what each record is by itself; each case has the same records as batches in two orders, of which a peer keeps those in kept. An invalid case has the bytes of a record.',
    context: { network: toHex(network.bytes), genesis: toHex(genesis.bytes), head: toHex(head.bytes), signature: toHex(head.signature) },
    valid: [
      typeCase('entries of a log by two authors', [{ id }, { id: entry(bob, 1), by: bob, at: 1 }, { id: entry(alice, 0, 'ZZZZZZZZ') }]),
      typeCase('an entry whose id has another time', [refused({ id: entry(alice, 1) })]),
      typeCase('an entry whose id has another author', [refused({ id, by: bob })]),
      typeCase('an entry in no slot of its author', [refused({ id, ownSlot: false })]),
      typeCase('ids that no entry has', [
        refused({ id: 'x' }),
        refused({ id: id.toLowerCase() }),
        refused({ id: `${id}/x` }),
        refused({ id: id.replace('-00000000-', '-0000000-') }),
        refused({ id: id.replace('-00000000-', '-0000000U-') }),
      ]),
      typeCase('an edit of an entry', [{ id }, refused({ id, at: 1, ownSlot: false, path: ['a'] })]),
      typeCase('an entry that its author deletes', [{ id }, { id, at: 1, isDelete: true }]),
      typeCase('an entry that another deletes, in a slot of his own and in everybody’s', [
        { id },
        { id, at: 1, by: bob, isDelete: true },
        { id, at: 1, by: bob, isDelete: true, ownSlot: false },
      ]),
      typeCase('parts of a shared document', [
        { collection: 'texts', id: part(alice, 0) },
        { collection: 'texts', id: part(bob, 63), by: bob },
        refused({ collection: 'texts', id: part(alice, 1), by: bob }),
        refused({ collection: 'texts', id: part(alice, 64) }),
        refused({ collection: 'texts', id: part(alice, 1).replace('-1', '-01') }),
        refused({ collection: 'texts', id: part(alice, 1).replace('0123456789abcdef', '0123456789ABCDEF') }),
        refused({ collection: 'texts', id: part(alice, 1, '') }),
        refused({ collection: 'texts', id: part(alice, 1), ownSlot: false }),
        refused({ collection: 'texts', id: part(alice, 0), at: 1, ownSlot: false, path: ['a'] }),
      ]),
      typeCase('a later part in the place of an earlier one', [
        { collection: 'texts', id: part(alice, 0) },
        { collection: 'texts', id: part(alice, 0), at: 1 },
      ]),
      typeCase('own slots where the type has none', [
        { collection: 'people', id: 'ada', ownSlot: false },
        refused({ collection: 'people', id: 'bob' }),
        refused({ collection: 'docs', id: 'ada' }),
        refused({ collection: 'docs', id }),
      ]),
    ],
    invalid: [malformed('own false', { own: false }), malformed('own as a number', { own: 1 }), malformed('an edit with own', { own: true, f: ['a'] })],
  }
}
