import { createHash } from 'node:crypto'
import { concatBytes, toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { type CID, cidOfBytes, DAG_CBOR, DAG_JSON, RAW } from '../packages/core/src/model/encoding/cid.ts'
import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { canonicalJson } from '../packages/core/src/model/content.ts'
import { identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { createGenesis, signHead } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { authorTag, seenList } from '../packages/core/src/model/edits/seen.ts'
import type { Json } from '../packages/core/src/model/json/json-value.ts'
import { logId } from '../packages/core/src/model/types/log-id.ts'
import { type DocRecord, editSlotOf, keyHash, type PutRecord, recordHash, slotOf } from '../packages/core/src/model/record.ts'
import { type SignedAct } from '../packages/core/src/model/people/act.ts'
import { identityFor } from '../packages/core/src/model/people/author.ts'
import { createSeal } from '../packages/core/src/model/seal.ts'
import { keyNamed, PersonView } from '../packages/core/src/testing/log-writer.ts'
import { SummedTree } from '../packages/core/src/sets/summed-tree.ts'
import { DAG_PB, encodeFileNode, rootPart } from '../packages/core/src/files/index.ts'
import { CHUNK_BYTES } from '../packages/core/src/files/limits.ts'
import type { VectorFile } from './vector-file.ts'

/** A block of a file. */
interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

const hashOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())
const seedOf = (label: string): Uint8Array => hashOf(utf8(`docstore vectors: export: ${label}`))
const blockOf = (codec: number, bytes: Uint8Array): Block => ({ cid: cidOfBytes(codec, bytes), bytes })
const struct = (value: unknown): Block => blockOf(DAG_CBOR, encodeCbor(value))

/** An unsigned LEB128 varint. */
function varint(value: number): Uint8Array {
  return value < 0x80 ? Uint8Array.of(value) : concatBytes(Uint8Array.of((value & 0x7f) | 0x80), varint(value >>> 7))
}

function section(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = concatBytes(...parts)
  return concatBytes(varint(bytes.length), bytes)
}

/** A CARv1 file. */
export function carOf(roots: readonly CID[], blocks: readonly Block[]): Uint8Array {
  return concatBytes(section(encodeCbor({ roots, version: 1 })), ...blocks.map(({ cid, bytes }) => section(cid.bytes, bytes)))
}

/** Exports of one small namespace, whole and broken. Files are given as their root and the names of their blocks, in order. */
export function exportFile(): VectorFile {
  const alice = identityFromSeed(seedOf('alice'))
  const network = createNetwork('Vectors', { nonce: seedOf('nonce').subarray(0, 16) })
  const otherNetwork = createNetwork('Elsewhere', { nonce: seedOf('nonce').subarray(0, 16) })
  const net = network.cid
  const at = timeFromMs(Date.UTC(2026, 0, 1))
  const later = timeFromMs(Date.UTC(2090, 0, 1))
  const { cid: ns, bytes: genesisBytes } = createGenesis({ net, owner: alice, write: 'owner', nonce: seedOf('genesis').subarray(0, 16) })
  const scope = { net, ns, write: 'owner' as const }
  const signed = signHead({ net, ns, epoch: 0, seq: 0, prev: null, at, body: { title: 'People' } }, alice)
  const otherGenesis = createGenesis({ net: otherNetwork.cid, owner: alice, write: 'owner', nonce: null })
  const otherHead = signHead({ net: otherNetwork.cid, ns: otherGenesis.cid, epoch: 0, seq: 0, prev: null, at, body: { title: 'People' } }, alice)

  const ada = blockOf(DAG_JSON, utf8(canonicalJson({ _id: 'ada', name: 'Ada', size: 1e20 })))
  const bob = blockOf(DAG_JSON, utf8(canonicalJson({ _id: 'bob', '\ue000': 1, '😀': 2 })))
  const formerText = '{"_id":"eve","size":100000000000000000000}'
  const eve = blockOf(RAW, utf8(formerText))

  const put = (k: string, { bytes }: Block, time = at): PutRecord => ({ del: false, k, at: time, digest: hashOf(bytes), size: bytes.length, by: alice.author })
  const records = {
    ada: put('people/ada', ada),
    team: put('team/ada', ada),
    bob: put('people/bob', bob),
    eve: put('people/eve', eve),
    gone: { del: true, kh: keyHash(ns, 'people/old'), at, by: alice.author } satisfies DocRecord,
    late: put('people/late', blockOf(DAG_JSON, utf8('{"_id":"late"}')), later),
  }
  const late = blockOf(DAG_JSON, utf8('{"_id":"late"}'))
  const seal = (...sealed: readonly DocRecord[]): unknown => {
    const { by, signature, hashes } = createSeal(net, concatBytes(...sealed.map((record) => recordHash(scope, record))), alice)
    return [by, signature, hashes]
  }
  const row = (record: DocRecord, content?: Block, sealNumber = 0): unknown =>
    record.del ? [record.kh, record.at, null, sealNumber, null, null] : [record.k, record.at, content?.cid ?? null, sealNumber, null, null]
  const firstParts = { seals: [seal(records.ada, records.team, records.gone)], records: [row(records.ada, ada), row(records.team, ada), row(records.gone)] }
  const secondParts = { seals: [seal(records.bob, records.eve)], records: [row(records.bob, bob), row(records.eve, eve)] }
  const both = {
    seals: [...firstParts.seals, ...secondParts.seals],
    records: [...firstParts.records, row(records.bob, bob, 1), row(records.eve, eve, 1)],
  }
  const eveAsDagJson = blockOf(DAG_JSON, eve.bytes)

  const descriptor = blockOf(DAG_CBOR, network.bytes)
  const genesis = blockOf(DAG_CBOR, genesisBytes)
  const headOf = (v: number, signature: Uint8Array = signed.signature): Block => struct({ v, t: 'signed', head: signed.head, signature })
  const head = headOf(2)
  const batchOf = (v: number, parts: object): Block => struct({ v, t: 'batch', ...parts })
  const first = batchOf(2, firstParts)
  const second = batchOf(2, secondParts)
  const listOf = (...batches: readonly Block[]): Block => struct({ v: 2, t: 'list', batches: batches.map(({ cid }) => cid) })
  const tree = new SummedTree()
  for (const record of [records.ada, records.team, records.bob, records.eve, records.gone]) {
    tree.set(slotOf('owner', record.del ? record.kh : keyHash(ns, record.k), alice.author), recordHash(scope, record), record.at)
  }
  const sums = { root: tree.root(), records: 5 }
  const none = { root: new SummedTree().root(), records: 0 }
  const endOf = (lists: readonly Block[], change: object = {}): Block =>
    struct({ v: 2, t: 'end', ns, head: head.cid, lists: lists.map(({ cid }) => cid), ...sums, ...change })
  const list = listOf(first, second)
  const single = batchOf(2, both)

  const head1 = headOf(1)
  const first1 = batchOf(1, firstParts)
  const second1 = batchOf(1, { ...secondParts, records: [row(records.bob, bob), row(records.eve, eveAsDagJson)] })
  const end1Of = (before: readonly Block[], change: object = {}): Block =>
    struct({ v: 1, t: 'end', ...sums, blocks: before.length, digest: hashOf(concatBytes(...before.map(({ cid }) => cid.bytes))), ...change })

  const secondDagJson = batchOf(2, { ...secondParts, records: [row(records.bob, bob), row(records.eve, eveAsDagJson)] })
  const changedTime = batchOf(2, { ...firstParts, records: [['people/ada', at + 1, ada.cid, 0, null, null], ...firstParts.records.slice(1)] })
  const longRow = batchOf(2, { ...firstParts, records: [['people/ada', at, ada.cid, 0, null, null, null], ...firstParts.records.slice(1)] })
  const lateBatch = batchOf(2, { seals: [seal(records.late)], records: [row(records.late, late)] })
  const otherLink = struct({ v: 2, t: 'list', batches: [ada.cid] })

  const start = [descriptor, genesis, head]
  const body = [...start, ada, first, bob, eve, second, list]
  const body1 = [descriptor, genesis, head1, ada, first1, bob, eveAsDagJson, second1]
  const end = endOf([list])
  const lists = [listOf(first), listOf(second)] as const
  const end1 = end1Of(body1)
  // A file of two pieces, one of one piece, and one that no document names. The documents are in a third batch.
  const noise = concatBytes(new Uint8Array(CHUNK_BYTES), utf8('behind many zeros'))
  const pieces = [blockOf(RAW, noise.subarray(0, CHUNK_BYTES)), blockOf(RAW, noise.subarray(CHUNK_BYTES))] as const
  const node = blockOf(DAG_PB, encodeFileNode(rootPart(noise.length), pieces.map(({ bytes }) => hashOf(bytes))))
  const small = blockOf(RAW, utf8('hello world\n'))
  const stray = blockOf(RAW, utf8('nobody names this'))
  const fileDocument = ({ cid }: Block, size: number): Block => blockOf(DAG_JSON, utf8(canonicalJson({ _id: cid.toString(), size })))
  const nodeDocument = fileDocument(node, noise.length)
  const smallDocument = fileDocument(small, small.bytes.length)
  const fileRecords = [put(`files/${node.cid.toString()}`, nodeDocument), put(`files/${small.cid.toString()}`, smallDocument)] as const
  const naming = batchOf(2, { seals: [seal(...fileRecords)], records: [row(fileRecords[0], nodeDocument), row(fileRecords[1], smallDocument)] })
  const filesTree = new SummedTree()
  for (const record of fileRecords) filesTree.set(slotOf('owner', keyHash(ns, record.del ? '' : record.k), alice.author), recordHash(scope, record), record.at)
  const filesSums = { root: filesTree.root(), records: 2 }
  const filesOf = (...some: readonly (readonly [Block, number])[]): Block => struct({ v: 2, t: 'files', files: some.map(([{ cid }, size]) => [cid, size]) })
  const named: readonly (readonly [Block, number])[] = [
    [node, noise.length],
    [small, small.bytes.length],
  ]
  const fileList = filesOf(...named)
  const namingStart = [...start, nodeDocument, smallDocument, naming, listOf(naming)]
  const namingEnd = (fileLists: readonly Block[]): Block =>
    endOf([listOf(naming)], { ...filesSums, ...(fileLists.length === 0 ? {} : { files: fileLists.map(({ cid }) => cid) }) })
  const strayList = filesOf([stray, stray.bytes.length])
  const lyingList = filesOf([node, noise.length + 1])
  // Where several write: what has seen versions of others, and what lies in a slot of its author's own.
  const ben = identityFromSeed(seedOf('ben'))
  const shared = createGenesis({ net, owner: alice, write: 'anyone', nonce: seedOf('shared').subarray(0, 16) })
  const sharedScope = { net, ns: shared.cid, write: 'anyone' as const }
  const sharedHead = signHead({ net, ns: shared.cid, epoch: 0, seq: 0, prev: null, at, body: { title: 'Shared', collections: { chat: { type: 'log' } } } }, alice)
  const document = (value: Json & object): Block => blockOf(DAG_JSON, utf8(canonicalJson(value)))
  const contents = { put: document({ _id: 'a', n: 1 }), edit: document({ _id: 'a', value: 2 }), entry: document({ _id: logId(at, alice.author, '01234567'), text: 'hi' }) }
  const seen = { base: at - 9, authors: [{ tag: authorTag(ben.author), to: at - 1, but: [at - 5] }] }
  const sharedRecords: readonly (readonly [record: DocRecord, content: Block | null, last: readonly unknown[]])[] = [
    [{ ...put('docs/a', contents.put), seen }, contents.put, [null, seenList(seen)]],
    [{ ...put('docs/a', contents.edit, at + 1), path: ['n'], seen }, contents.edit, [['n'], seenList(seen)]],
    [{ ...put(`chat/${logId(at, alice.author, '01234567')}`, contents.entry), ownSlot: true }, contents.entry, [true]],
    [{ del: true, kh: keyHash(shared.cid, 'docs/gone'), at, by: alice.author, seen }, null, [null, seenList(seen)]],
    [{ del: true, kh: keyHash(shared.cid, 'chat/gone'), at, by: alice.author, ownSlot: true, seen }, null, [true, seenList(seen)]],
  ]
  const sharedSeal = createSeal(net, concatBytes(...sharedRecords.map(([record]) => recordHash(sharedScope, record))), alice)
  const sharedBatchOf = (lastOf: (last: readonly unknown[]) => readonly unknown[]): Block =>
    batchOf(2, {
      seals: [[sharedSeal.by, sharedSeal.signature, sharedSeal.hashes]],
      records: sharedRecords.map(([record, content, last]) => [record.del ? record.kh : record.k, record.at, content?.cid ?? null, 0, null, null, ...lastOf(last)]),
    })
  const sharedTree = new SummedTree()
  for (const [record] of sharedRecords) {
    const kh = record.del ? record.kh : keyHash(shared.cid, record.k)
    const slot = !record.del && record.path !== undefined ? editSlotOf('anyone', kh, alice.author, record.path) : slotOf('anyone', kh, alice.author, record.ownSlot)
    sharedTree.set(slot, recordHash(sharedScope, record), record.at)
  }
  const sharedSums = { root: sharedTree.root(), records: sharedRecords.length }
  const sharedGenesis = blockOf(DAG_CBOR, shared.bytes)
  const signedShared = struct({ v: 2, t: 'signed', head: sharedHead.head, signature: sharedHead.signature })
  const sharedFile = (batch: Block): readonly Block[] => [
    descriptor,
    sharedGenesis,
    signedShared,
    contents.put,
    contents.edit,
    contents.entry,
    batch,
    listOf(batch),
    struct({ v: 2, t: 'end', ns: shared.cid, head: signedShared.cid, lists: [listOf(batch).cid], ...sharedSums }),
  ]
  // Of a person: the log by which the head and a record of a second device are judged comes before them.
  const life = PersonView.create()
  life.add('laptop', 'phone')
  const [laptop, phone] = [identityFor(life.person.digest, keyNamed('laptop')), identityFor(life.person.digest, keyNamed('phone'))]
  const hers = createGenesis({ net, owner: laptop, write: 'owner', nonce: seedOf('hers').subarray(0, 16) })
  const hersScope = { net, ns: hers.cid, write: 'owner' as const }
  const hersHead = signHead({ net, ns: hers.cid, epoch: 0, seq: 0, prev: null, at, body: { title: 'Hers' } }, laptop)
  const hersContent = document({ _id: 'a', from: 'the phone' })
  const hersRecord: PutRecord = { ...put('docs/a', hersContent), by: phone.author }
  const hersSeal = createSeal(net, recordHash(hersScope, hersRecord), phone)
  const hersBatch = batchOf(2, { seals: [[hersSeal.by, hersSeal.signature, hersSeal.hashes]], records: [row(hersRecord, hersContent)] })
  const hersTree = new SummedTree()
  hersTree.set(slotOf('owner', keyHash(hers.cid, 'docs/a'), phone.author), recordHash(hersScope, hersRecord), at)
  const hersSums = { root: hersTree.root(), records: 1 }
  const signedHers = struct({ v: 2, t: 'signed', head: hersHead.head, signature: hersHead.signature })
  const logOf = (acts: readonly SignedAct[], genesis: Uint8Array | null = life.person.bytes): Block =>
    struct({ v: 2, t: 'logs', logs: [[life.person.digest, genesis, acts.map(({ bytes: act, signature }) => [act, signature])]] })
  const hersLog = logOf(life.acts)
  const hersFile = (logs: readonly Block[], behind: readonly Block[] = []): readonly Block[] => [
    descriptor,
    blockOf(DAG_CBOR, hers.bytes),
    signedHers,
    ...logs,
    hersContent,
    hersBatch,
    ...behind,
    listOf(hersBatch),
    struct({
      v: 2,
      t: 'end',
      ns: hers.cid,
      head: signedHers.cid,
      lists: [listOf(hersBatch).cid],
      ...hersSums,
      ...(logs.length + behind.length === 0 ? {} : { logs: [...logs, ...behind].map(({ cid }) => cid) }),
    }),
  ]
  const names = new Map<string, string>()
  const blocks = new Map<string, { readonly cid: string; readonly bytes: string; readonly zeros?: number }>()
  /** Gives a block its name in the file of vectors. */
  const nameOf = (block: Block): string => {
    const cid = block.cid.toString()
    const known = names.get(cid)
    if (known !== undefined) return known
    const name = `block ${names.size + 1}`
    names.set(cid, name)
    const areZeros = block.bytes.length === CHUNK_BYTES
    blocks.set(name, areZeros ? { cid, bytes: '', zeros: block.bytes.length } : { cid, bytes: toHex(block.bytes) })
    return name
  }
  const file = (name: string, fileBlocks: readonly Block[], roots: readonly Block[] = fileBlocks.slice(-1)) => ({
    name,
    roots: roots.map(({ cid }) => cid.toString()),
    blocks: fileBlocks.map(nameOf),
    sha256: toHex(
      hashOf(
        carOf(
          roots.map(({ cid }) => cid),
          fileBlocks,
        ),
      ),
    ),
  })
  const whole = (name: string, fileBlocks: readonly Block[], roots?: readonly Block[]) => ({ ...file(name, fileBlocks, roots), namespace: ns.toString(), ...sums })
  const refused = (name: string, fileBlocks: readonly Block[], roots?: readonly Block[], code = 'bad-export') => ({ ...file(name, fileBlocks, roots), code })
  const bytes = carOf([end.cid], [...body, end])
  const asWritten = [...start, ada, bob, eve, single, listOf(single), endOf([listOf(single)])]
  const broken = (name: string, changed: Uint8Array) => ({ name, file: toHex(changed), code: 'bad-export' })
  const valid = [
    { ...whole('as the reference implementation writes it', asWritten), file: toHex(carOf([endOf([listOf(single)]).cid], asWritten)) },
    {
      ...whole('records that have seen others, and some in slots of their author', sharedFile(sharedBatchOf((last) => last))),
      namespace: shared.cid.toString(),
      ...sharedSums,
    },
    { ...whole('a namespace of a person, with the log', hersFile([hersLog])), namespace: hers.cid.toString(), ...hersSums },
    whole('two batches in one list', [...body, end]),
    whole('two lists', [...start, ada, first, lists[0], bob, eve, second, lists[1], endOf(lists)]),
    whole('the contents of a batch in another order', [...start, ada, first, eve, bob, second, list, end]),
    whole('a batch twice', [...body, ada, first, lists[0], endOf([list, lists[0]])]),
    whole('content in the former form linked as dag-json', [
      ...start,
      ada,
      first,
      bob,
      eveAsDagJson,
      secondDagJson,
      listOf(first, secondDagJson),
      endOf([listOf(first, secondDagJson)]),
    ]),
    { ...whole('no records', [...start, endOf([], none)]), ...none },
    whole('version 1', [...body1, end1], [genesis]),
    { ...whole('with files', [...namingStart, fileList, node, ...pieces, small, namingEnd([fileList])]), ...filesSums, files: 2 },
    {
      ...whole('with two lists of files, one of which nothing names', [
        ...namingStart,
        strayList,
        stray,
        fileList,
        node,
        ...pieces,
        small,
        namingEnd([strayList, fileList]),
      ]),
      ...filesSums,
      files: 2,
    },
  ]
  const invalid = [
    refused('what records have seen, and whose their slots are, left out', sharedFile(sharedBatchOf((last) => last.filter(Array.isArray).slice(0, 1).filter((part) => part[0] === 'n')))),
    refused('a record that has seen nothing', sharedFile(sharedBatchOf((last) => (last.length === 2 ? [last[0], [0]] : last)))),
    refused('a record with a part too many behind what it has seen', sharedFile(sharedBatchOf((last) => (last.length === 2 ? [...last, null] : last)))),
    refused('a namespace of a person without the log', hersFile([])),
    refused('a log that does not let in who wrote', hersFile([logOf([])])),
    refused('a log behind a batch', hersFile([], [hersLog])),
    refused('a log that the end does not name', hersFile([hersLog]).toSpliced(-1, 1, ...hersFile([]).slice(-1))),
    refused('a log without a genesis', hersFile([logOf(life.acts, null)])),
    refused('the root is the genesis', [...body, end], [genesis]),
    refused('the root is no block of it', [...body, end], [late]),
    refused('two roots', [...body, end], [end, genesis]),
    refused('no root', [...body, end], []),
    refused('no end', body, [end]),
    refused('a block after the end', [...body, end, late], [end]),
    refused('the end twice', [...body, end, end], [end]),
    refused('a content left out', [...start, first, bob, eve, second, list, end]),
    refused('a batch left out', [...start, ada, first, list, end]),
    refused('a batch that no list names', [...start, ada, first, bob, eve, second, lists[0], endOf([lists[0]])]),
    refused('a batch behind the last list', [...start, ada, first, lists[0], bob, eve, second, endOf([lists[0]])]),
    refused('batches named in another order', [...start, ada, first, bob, eve, second, listOf(second, first), endOf([listOf(second, first)])]),
    refused('a list that the end does not name', [...body, endOf([])]),
    refused('a list left out', [...start, ada, first, bob, eve, second, end]),
    refused('an empty list', [...body, listOf(), endOf([list, listOf()])]),
    refused('a list of contents', [...start, ada, otherLink, endOf([otherLink])]),
    refused('a content without a record', [...start, late, ada, first, bob, eve, second, list, end]),
    refused('a content without a record before a list', [...start, ada, first, bob, eve, second, late, list, end]),
    refused('a content twice in one batch', [...start, ada, ada, first, bob, eve, second, list, end]),
    refused('a content in another format than its link', [...start, ada, first, bob, eveAsDagJson, second, list, end]),
    refused('the end names another namespace', [...body, endOf([list], { ns: otherGenesis.cid })]),
    refused('the end names another head', [...body, endOf([list], { head: head1.cid })]),
    refused('the end has a field too many', [...body, endOf([list], { more: 1 })]),
    refused('a batch of version 1', [...start, ada, first1, bob, eve, second, listOf(first1, second), endOf([listOf(first1, second)])]),
    refused('version 3', [descriptor, genesis, headOf(3), ada, first, bob, eve, second, list, end]),
    refused('a head with the signature of nothing', [descriptor, genesis, headOf(2, new Uint8Array(64)), end]),
    refused('a record that its seal does not list', [...start, ada, changedTime, listOf(changedTime), endOf([listOf(changedTime)])]),
    refused('a record with a field too many', [...start, ada, longRow, listOf(longRow), endOf([listOf(longRow)])]),
    refused('genesis first', [genesis, descriptor, head, ada, first, bob, eve, second, list, end]),
    refused('a record from the future', [...start, late, lateBatch, listOf(lateBatch), endOf([listOf(lateBatch)])], undefined, 'future-records'),
    refused(
      'a namespace of another network',
      [descriptor, blockOf(DAG_CBOR, otherGenesis.bytes), struct({ v: 2, t: 'signed', head: otherHead.head, signature: otherHead.signature }), end],
      [end],
      'other-network',
    ),
    refused('version 1, the root is its end', [...body1, end1]),
    refused('version 1, one block less than it says', [...body1, end1Of(body1, { blocks: body1.length + 1 })], [genesis]),
    refused('version 1, a digest of other blocks', [...body1, end1Of(body1.toReversed())], [genesis]),
    refused('version 1 with a list', [...body1, list, end1Of([...body1, list])], [genesis]),
    refused('version 1 with raw content', [descriptor, genesis, head1, eve, end1Of([descriptor, genesis, head1, eve])], [genesis]),
    refused('a piece of a file left out', [...namingStart, fileList, node, pieces[0], small, namingEnd([fileList])]),
    refused('the last file left out', [...namingStart, fileList, node, ...pieces, namingEnd([fileList])]),
    refused('pieces of a file in another order', [...namingStart, fileList, node, pieces[1], pieces[0], small, namingEnd([fileList])]),
    refused('a piece of a file twice', [...namingStart, fileList, node, ...pieces, pieces[1], small, namingEnd([fileList])]),
    refused('a node of a file without a list', [...namingStart, node, ...pieces, namingEnd([])]),
    refused('a list of files that the end does not name', [...namingStart, fileList, node, ...pieces, small, namingEnd([])]),
    refused('an empty list of files', [...namingStart, filesOf(), namingEnd([filesOf()])]),
    refused('a file of another size than its tree', [...namingStart, lyingList, node, ...pieces, namingEnd([lyingList])]),
    refused('files before the list of batches', [...start, nodeDocument, smallDocument, naming, fileList, node, ...pieces, small, listOf(naming), namingEnd([fileList])]),
    broken('no bytes', new Uint8Array()),
    broken('cut short by one byte', bytes.subarray(0, -1)),
    broken('one byte too many', concatBytes(bytes, Uint8Array.of(0))),
    broken('a block that is not what its CID says', carOf([end.cid], [...start, { cid: ada.cid, bytes: bob.bytes }, first, bob, eve, second, list, end])),
    broken('a header of 2 KiB', section(encodeCbor({ roots: Array.from({ length: 60 }, () => end.cid), version: 1 }))),
  ]
  return {
    description:
      'Exports. A file is a CARv1 of roots and blocks (named in context.blocks, with so many zero bytes behind `bytes` as `zeros` says) in this order; sha256 is the hash of its bytes, file has them where they are no such CAR or as an example. valid ones, read into a peer of context.network that has nothing, give the root, the number of records, and that of files, none where it is not said; context.files are those that documents name; invalid ones are refused with the code. The clock of the reader is context.now, Unix milliseconds.',
    context: { network: network.id, now: Date.UTC(2026, 0, 2), files: named.map(([{ cid }, size]) => ({ cid: cid.toString(), size })), blocks: Object.fromEntries(blocks) },
    valid,
    invalid,
  }
}
