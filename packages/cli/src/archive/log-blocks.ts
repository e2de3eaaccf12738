import { encode } from '@ipld/dag-cbor'
import { DAG_CBOR, equalBytes, type LogParcel, type LogTips, type LogWant, type Replica } from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { LOG_BLOCK_BYTES, LOGS_PAGE } from './limits.ts'

/** The logs by which a namespace is judged, as blocks: that of its owner first, without which its head is not accepted. */
export async function* logBlocks(
  replica: Pick<Replica, 'ownerLog' | 'logTips' | 'exportActs'>,
  ns: string,
  genesis: Uint8Array,
): AsyncGenerator<Block> {
  const owner = await replica.ownerLog(genesis)
  if (owner !== undefined) yield* blocksOf(replica, ns, [owner])
  for (let after: Uint8Array = new Uint8Array(); ; ) {
    const page = await replica.logTips(ns, after, LOGS_PAGE)
    const last = page.at(-1)
    if (last === undefined) return
    yield* blocksOf(
      replica,
      ns,
      page.filter(({ log }) => owner === undefined || !equalBytes(log, owner.log)),
    )
    after = last.log
  }
}

async function* blocksOf(replica: Pick<Replica, 'exportActs'>, ns: string, logs: readonly LogTips[]): AsyncGenerator<Block> {
  let wants: readonly LogWant[] = logs.map(({ log }) => ({ log, tips: [], skip: 0 }))
  while (wants.length > 0) {
    const { logs: parcels, more } = await replica.exportActs(ns, wants, LOG_BLOCK_BYTES)
    if (parcels.length === 0) return
    yield blockOf(DAG_CBOR, encode({ v: 2, t: 'logs', logs: parcels.map(parcelList) }))
    wants = more ? restOf(wants, parcels) : []
  }
}

function parcelList({ log, genesis, acts }: LogParcel): unknown {
  return [log, genesis ?? null, acts.map(({ bytes, signature }) => [bytes, signature])]
}

function restOf(wants: readonly LogWant[], parcels: readonly LogParcel[]): readonly LogWant[] {
  const last = parcels.at(-1)
  const at = wants.findIndex(({ log }) => last !== undefined && equalBytes(log, last.log))
  const want = wants[at]
  if (last === undefined || want === undefined) return []
  return last.acts.length === 0 ? wants.slice(at + 1) : [{ ...want, skip: want.skip + last.acts.length }, ...wants.slice(at + 1)]
}
