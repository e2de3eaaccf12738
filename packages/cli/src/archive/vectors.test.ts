import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagPb from '@ipld/dag-pb'
import { createNetwork, DAG_CBOR, errorCode, openReplica, type Replica, sha256, toHex } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { createUnsafe } from 'multiformats/block'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { carOf } from '../../../../vectors/generate-export.ts'
import type { Block } from './block.ts'
import { openCar } from './car-reader.ts'
import { streamCar } from './car-writer.ts'
import { exportBlocks, type ExportSource } from './export-blocks.ts'
import { MAX_LISTED_BATCHES } from './limits.ts'
import { readExportHead, restore } from './restore.ts'

/** The cases of the file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const { context, valid, invalid }: { context: Case; valid: Case[]; invalid: Case[] } = JSON.parse(
  readFileSync(new URL('../../../../vectors/export.json', import.meta.url), 'utf8'),
)
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

function blocksOf({ blocks }: Case): readonly Block[] {
  return blocks.map((name: string) => {
    const { cid, bytes, zeros = 0 } = context['blocks'][name]
    return { cid: CID.parse(cid), bytes: Uint8Array.from([...bytesOf(bytes), ...new Uint8Array(zeros)]) }
  })
}

function fileOf(one: Case): Uint8Array {
  if (one['blocks'] === undefined) return bytesOf(one['file'])
  const file = carOf(
    one['roots'].map((root: string) => CID.parse(root)),
    blocksOf(one),
  )
  expect(toHex(sha256(file))).toBe(one['sha256'])
  return file
}

/** The bytes in chunks that end wherever they do. */
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97)
}

async function readInto(file: Uint8Array): Promise<{ replica: Replica; id: string; files: number }> {
  const car = await openCar(chunksOf(file))
  const head = await readExportHead(car)
  const replica = await openReplica(openNodeStorage(':memory:'), { network: head.network, now: () => context['now'] })
  return { replica, ...(await restore(replica, head, car.blocks)) }
}

describe('export.json', () => {
  it.each(valid)('reads $name', async (one) => {
    const file = fileOf(one)
    if (one['file'] !== undefined) expect(toHex(file)).toBe(one['file'])
    const { replica, id, files } = await readInto(file)
    expect(id).toBe(one['namespace'])
    expect(files).toBe(one['files'] ?? 0)
    expect(await replica.summary(id)).toMatchObject({ root: one['root'], count: one['records'] })
    await replica.close()
  })

  it.each(valid)('writes what it read from $name as the first example, or nothing', async (one) => {
    const { replica, id } = await readInto(fileOf(one))
    const files = one['files'] === undefined ? [] : context['files']
    const written = await buffer(streamCar(exportBlocks(replica, id, { files }), new AbortController().signal))
    const isAlone = one['records'] === 0 || one['namespace'] !== valid[0]?.['namespace']
    const expected = isAlone ? one : one['files'] === undefined ? valid[0] : valid.find((other) => other['files'] !== undefined)
    expect(toHex(sha256(written))).toBe(expected?.['sha256'])
    await replica.close()
  })

  it.each(invalid)('refuses $name', async (one) => {
    const code = await readInto(fileOf(one)).then(() => 'nothing', errorCode)
    expect(code).toBe(one['code'])
  })
})

function linksOf({ cid, bytes }: Block): readonly CID[] {
  if (cid.code === dagPb.code) return dagPb.decode(bytes).Links.map(({ Hash }) => Hash)
  if (cid.code !== DAG_CBOR) return []
  return [...createUnsafe({ cid, bytes, value: dagCbor.decode(bytes), codec: dagCbor }).links()].map(([, link]) => link)
}

describe('the root of an export', () => {
  it.each(valid.filter(({ name }) => name !== 'version 1'))('leads to every block: $name', (one) => {
    const blocks = new Map(blocksOf(one).map((block) => [block.cid.toString(), block]))
    const reached = new Set<string>()
    const reach = (cid: CID): void => {
      const block = blocks.get(cid.toString())
      if (block === undefined) throw new Error(`${cid.toString()} is not in the file`)
      reached.add(cid.toString())
      for (const link of linksOf(block)) reach(link)
    }
    reach(CID.parse(one['roots'][0]))
    expect([...reached].sort()).toEqual([...blocks.keys()].sort())
  })
})

describe('a long export', () => {
  it('has a list for every 1,024 batches, which are all that it holds at once', async () => {
    const network = createNetwork('long')
    const store = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, now: () => context['now'] })
    const { id } = await store.createNamespace({ name: 'long', write: 'anyone' })
    await store.write(
      id,
      'docs',
      Array.from({ length: MAX_LISTED_BATCHES + 1 }, (_, i) => ({ id: `${i}`, content: `{"_id":"${i}"}` })),
    )
    // One record in each batch.
    const replica: ExportSource = {
      block: (cid) => store.block(cid),
      exportNamespace: (ns) => store.exportNamespace(ns),
      info: () => store.info(),
      ownerLog: (genesis) => store.ownerLog(genesis),
      logTips: (ns, after, limit) => store.logTips(ns, after, limit),
      exportActs: (ns, wants, maxBytes) => store.exportActs(ns, wants, maxBytes),
      batchSince: (ns, since) => store.batchSince(ns, since, { maxBytes: 1 }),
    }
    const blocks: Block[] = []
    for await (const block of exportBlocks(replica, id)) blocks.push(block)
    const values = blocks.filter(({ cid }) => cid.code === DAG_CBOR).map(({ bytes }) => dagCbor.decode<Record<string, unknown>>(bytes))
    const lists = values.filter(({ t }) => t === 'list').map(({ batches }) => (Array.isArray(batches) ? batches.length : 0))
    expect(lists).toEqual([MAX_LISTED_BATCHES, 1])
    const { replica: other } = await readInto(
      carOf(
        blocks.slice(-1).map(({ cid }) => cid),
        blocks,
      ),
    )
    expect(await other.summary(id)).toEqual(await store.summary(id))
    await Promise.all([store.close(), other.close()])
  }, 120_000)
})
