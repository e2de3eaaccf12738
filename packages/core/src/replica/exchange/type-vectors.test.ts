/// <reference types="node" />
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../model/bytes.ts'
import { decodeGenesis } from '../../model/namespace/namespace.ts'
import { decodeNetwork } from '../../model/network/network.ts'
import { decodeRecord, encodeRecord } from '../../model/record.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { openReplica } from '../open-replica.ts'

interface TypesFile {
  readonly context: { readonly [name in 'network' | 'genesis' | 'head' | 'signature']: string }
  readonly valid: readonly {
    readonly name: string
    readonly records: readonly string[]
    readonly judged: readonly string[]
    readonly batches: readonly string[]
    readonly kept: readonly { readonly slot: string; readonly hash: string }[]
  }[]
  readonly invalid: readonly { readonly name: string; readonly bytes: string; readonly reason: string }[]
}

const { context, valid, invalid } = JSON.parse(readFileSync(new URL('../../../../../vectors/types.json', import.meta.url), 'utf8')) as TypesFile
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

const network = decodeNetwork(bytesOf(context.network))
if (!network.ok) throw new Error(network.reason)
const genesis = decodeGenesis(bytesOf(context.genesis), network.value.cid)
if (!genesis.ok) throw new Error(genesis.reason)
const scope = { net: network.value.cid, ns: genesis.value.cid, write: genesis.value.genesis.write }

describe('types.json', () => {
  it.each(valid)('judges $name', async ({ records, judged, batches, kept }) => {
    for (const bytes of records) {
      const record = decodeRecord(bytesOf(bytes), scope)
      if (record.ok) expect(toHex(encodeRecord(scope, record.value))).toBe(bytes)
      else expect(record).toBe('a record')
    }
    for (const [i, batch] of batches.entries()) {
      const storage = openNodeStorage(':memory:')
      const replica = await openReplica(storage, { network: bytesOf(context.network), aside: false })
      const imported = await replica.importNamespace(bytesOf(context.genesis), bytesOf(context.head), bytesOf(context.signature))
      if ('refused' in imported) throw new Error(imported.refused)
      const accepted = await replica.accept(imported.id, bytesOf(batch))
      const words = 'refused' in accepted ? [accepted.refused] : accepted.results.map((word) => (word === 'not-allowed' ? word : 'accepted'))
      expect(i === 0 ? words : words.toReversed()).toEqual(judged)
      const [namespace] = await storage.namespaces()
      const versions = await storage.versionsBetween(namespace?.ns ?? 0, new Uint8Array(16), undefined, 1000)
      expect(versions.map(({ slot, hash }) => ({ slot: toHex(slot), hash: toHex(hash) }))).toEqual(kept)
      await replica.close()
    }
  })
  it.each(invalid)('refuses $name', ({ bytes, reason }) => {
    expect(decodeRecord(bytesOf(bytes), scope)).toEqual({ ok: false, reason })
  })
})
