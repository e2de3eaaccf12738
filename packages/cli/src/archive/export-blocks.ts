import { createHash } from 'node:crypto'
import { decode, encode } from '@ipld/dag-cbor'
import { DAG_CBOR, DAG_JSON, decodeBatch, DocstoreError, type Replica } from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { BATCH_BYTES } from './limits.ts'

/** The blocks of a namespace in the order of docs/spec/export.md: network, genesis, head, contents and batches, end. */
export async function* exportBlocks(replica: Replica, ns: string): AsyncGenerator<Block> {
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
    const { batch, seq, more } = await replica.batchSince(ns, since, { maxBytes: BATCH_BYTES })
    since = seq
    if (batch !== undefined) for (const block of batchBlocks(batch)) yield count(block)
    if (more) continue
    const summary = await replica.summary(ns)
    // What was written meanwhile comes too: the root is that of the records in the file.
    if (summary.seq > since) continue
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
