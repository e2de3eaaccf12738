/// <reference types="node" />
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { toHex } from '../../model/bytes.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { openReplica } from '../open-replica.ts'

interface Case {
  readonly name: string
  readonly batches: readonly string[]
  readonly kept: readonly string[]
  readonly lost: readonly string[]
  readonly document?: string | null
  readonly cid: string | null
}
interface MergeFile {
  readonly context: { readonly [name in 'network' | 'genesis' | 'head' | 'signature' | 'collection' | 'id']: string }
  readonly valid: readonly Case[]
}

const { context, valid } = JSON.parse(readFileSync(new URL('../../../../../vectors/merge.json', import.meta.url), 'utf8')) as MergeFile
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

it.each(valid)('merge.json: $name', async ({ batches, kept, lost, document, cid }) => {
  for (const batch of batches) {
    const storage = openNodeStorage(':memory:')
    const replica = await openReplica(storage, { network: bytesOf(context.network), aside: false })
    const imported = await replica.importNamespace(bytesOf(context.genesis), bytesOf(context.head), bytesOf(context.signature))
    if ('refused' in imported) throw new Error(imported.refused)
    await replica.accept(imported.id, bytesOf(batch))
    const [namespace] = await storage.namespaces()
    const versions = await storage.versionsSince(namespace?.ns ?? 0, 0, 1000)
    expect(versions.map(({ hash }) => toHex(hash)).toSorted()).toEqual(kept)
    const records = await storage.recordsSince(namespace?.ns ?? 0, 0, 1000)
    expect(records.flatMap((record) => (record.lost === undefined ? [] : [toHex(record.hash)])).toSorted()).toEqual(lost)
    const version = await replica.getVersion(imported.id, context.collection, context.id)
    expect(version?.cid ?? null).toBe(cid)
    if (document !== undefined) expect(version?.content ?? null).toBe(document)
    await replica.close()
  }
})
