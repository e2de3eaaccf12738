import { decode, encode } from '@ipld/dag-cbor'
import {
  DAG_CBOR,
  DAG_JSON,
  decodeBatch,
  DocstoreError,
  type FileKey,
  isFormerJson,
  lastParts,
  type Replica,
  RAW,
  type Summary,
} from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { fileBlocks } from './file-blocks.ts'
import { logBlocks } from './log-blocks.ts'
import { BATCH_BYTES, MAX_LISTED_BATCHES, MAX_LISTS } from './limits.ts'

/** What an export reads from. */
export type ExportSource = Pick<Replica, 'exportNamespace' | 'info' | 'batchSince' | 'block' | 'ownerLog' | 'logTips' | 'exportActs'>

/**
 * The blocks of a namespace in the order of docs/spec/export.md: network, genesis, head, contents, batches and lists, files, end. All is of one moment,
 * the last of the reading; `onEnd` is called with what the records in the file add up to then. The `files` have to be whole here.
 */
export async function* exportBlocks(
  replica: ExportSource,
  ns: string,
  { files = [], onEnd = () => undefined }: { readonly files?: readonly FileKey[]; readonly onEnd?: (summary: Summary) => void } = {},
): AsyncGenerator<Block> {
  const namespace = await replica.exportNamespace(ns)
  if (namespace === undefined) throw new DocstoreError('unknown-namespace', `The namespace ${ns} is not here`)
  const { network } = await replica.info()
  yield blockOf(DAG_CBOR, network.descriptor)
  const genesis = blockOf(DAG_CBOR, namespace.genesis)
  yield genesis
  const head = blockOf(DAG_CBOR, encode({ v: 2, t: 'signed', head: decode(namespace.head), signature: namespace.signature }))
  yield head
  const logs: Block['cid'][] = []
  for await (const block of logBlocks(replica, ns, namespace.genesis)) {
    yield block
    logs.push(block.cid)
  }
  const lists: Block['cid'][] = []
  let batches: Block['cid'][] = []
  for (let since = 0; ; ) {
    const { batch, seq, more, summary } = await replica.batchSince(ns, since, { maxBytes: BATCH_BYTES })
    since = seq
    if (batch !== undefined) {
      const linked = yield* batchBlocks(batch)
      batches.push(linked)
    }
    // What was written meanwhile comes too: the root is that of the records in the file. It came with the last of them, so that a writer who
    // never waits cannot come between for ever.
    const isLast = !more && summary !== undefined
    if (batches.length === MAX_LISTED_BATCHES || (isLast && batches.length > 0)) {
      if (lists.length === MAX_LISTS) throw new DocstoreError('too-large', 'The namespace is too large for one file')
      const list = blockOf(DAG_CBOR, encode({ v: 2, t: 'list', batches }))
      yield list
      lists.push(list.cid)
      batches = []
    }
    if (!isLast) continue
    onEnd(summary)
    const fileLists: Block['cid'][] = []
    yield* fileBlocks(replica, files, (cid) => fileLists.push(cid))
    const listed = fileLists.length === 0 ? {} : { files: fileLists }
    yield blockOf(
      DAG_CBOR,
      encode({
        v: 2,
        t: 'end',
        ns: genesis.cid,
        head: head.cid,
        lists,
        ...listed,
        ...(logs.length === 0 ? {} : { logs }),
        root: summary.root,
        records: summary.count,
      }),
    )
    return
  }
}

/** The contents of a batch as blocks of their own, then the batch with links to them. Returns the CID of the batch. */
function* batchBlocks(bytes: Uint8Array): Generator<Block, Block['cid']> {
  const batch = decodeBatch(bytes)
  if (!batch.ok) throw new DocstoreError('internal', `A batch of our own cannot be read (${batch.reason})`)
  const written = new Set<string>()
  const records: unknown[] = []
  for (const { key, at, content, erased, seal, prev, exp, ...rest } of batch.value.records) {
    const block = content === null ? undefined : contentBlock(content)
    if (block !== undefined && !written.has(block.cid.toString())) {
      written.add(block.cid.toString())
      yield block
    }
    const link = erased === undefined ? (block?.cid ?? null) : [erased.digest, erased.size]
    records.push([key, at, link, seal, prev, exp, ...lastParts(rest)])
  }
  const seals = batch.value.seals.map(({ by, signature, hashes }) => [by, signature, hashes])
  const linked = blockOf(DAG_CBOR, encode({ v: 2, t: 'batch', seals, records }))
  yield linked
  return linked.cid
}

const decoder = new TextDecoder()

/** A document in the former form may be one that other tools cannot read, and one such block would make them refuse the whole file. */
function contentBlock(content: Uint8Array): Block {
  return blockOf(isFormerJson(decoder.decode(content)) ? RAW : DAG_JSON, content)
}
