import { createHash } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import { DAG_CBOR, DAG_JSON, decodeBatch, DocstoreError, type Replica, type Summary } from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { BATCH_BYTES } from './limits.ts'

/**
 * The blocks of a namespace in the order of docs/spec/export.md: network, genesis, head, contents and batches, end. All is of one moment, the
 * last of the reading; `onEnd` is called with what the records in the file add up to then.
 */
export async function* exportBlocks(replica: Replica, ns: string, onEnd: (summary: Summary) => void = () => undefined): AsyncGenerator<Block> {
  const digest = createHash('sha256')
  let blocks = 0
  const count = (block: Block): Block => {
    digest.update(block.cid.bytes)
    blocks++
    return block
  }
  const namespace = await replica.exportNamespace(ns)
  if (namespace === undefined) throw new DocstoreError('unknown-namespace', `The namespace ${ns} is not here`)
  const { network } = await replica.info()
  yield count(blockOf(DAG_CBOR, network.descriptor))
  yield count(blockOf(DAG_CBOR, namespace.genesis))
  yield count(blockOf(DAG_CBOR, encode({ v: 1, t: 'signed', head: decode(namespace.head), signature: namespace.signature })))
  for (let since = 0; ; ) {
    const { batch, seq, more, summary } = await replica.batchSince(ns, since, { maxBytes: BATCH_BYTES })
    since = seq
    if (batch !== undefined) for (const block of batchBlocks(batch)) yield count(block)
    // What was written meanwhile comes too: the root is that of the records in the file. It came with the last of them, so that a writer who
    // never waits cannot come between for ever.
    if (more || summary === undefined) continue
    onEnd(summary)
    yield blockOf(DAG_CBOR, encode({ v: 1, t: 'end', root: summary.root, records: summary.count, blocks, digest: digest.digest() }))
    return
  }
}

/** The contents of a batch as blocks of their own, then the batch with links to them. */
function* batchBlocks(bytes: Uint8Array): Generator<Block> {
  const batch = decodeBatch(bytes)
  if (!batch.ok) throw new DocstoreError('internal', `A batch of our own cannot be read (${batch.reason})`)
  const written = new Set<string>()
  const records: unknown[] = []
  for (const { key, at, content, seal, prev, exp } of batch.value.records) {
    const block = content === null ? undefined : blockOf(DAG_JSON, content)
    if (block !== undefined && !written.has(block.cid.toString())) {
      written.add(block.cid.toString())
      yield block
    }
    records.push([key, at, block?.cid ?? null, seal, prev, exp])
  }
  const seals = batch.value.seals.map(({ by, signature, hashes }) => [by, signature, hashes])
  yield blockOf(DAG_CBOR, encode({ v: 1, t: 'batch', seals, records }))
}
