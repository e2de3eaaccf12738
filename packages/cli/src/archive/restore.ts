import {
  ANY_DEVICE,
  DAG_CBOR,
  DAG_JSON,
  DAG_PB,
  decodeGenesis,
  decodeHead,
  decodeNetwork,
  DocstoreError,
  encodeBatch,
  equalBytes,
  RAW,
  type Replica,
} from '@p2p-docstore/core'
import { type Block, blockOf } from './block.ts'
import { badExport, type CarReader } from './car-reader.ts'
import { decodeSigned, decodeStruct, type ExportVersion, type LinkedBatch } from './export-structs.ts'
import { FileTaking } from './file-taking.ts'
import { CountedOrder, type FileOrder, LinkedOrder } from './file-order.ts'
import { MAX_WAITING_BYTES } from './limits.ts'

/** The beginning of an export: everything about the namespace but its records. */
export interface ExportHead {
  readonly version: ExportVersion
  /** CID of the root that the file names. */
  readonly root: string
  /** Descriptor of the network. */
  readonly network: Uint8Array
  readonly genesis: Uint8Array
  readonly head: Uint8Array
  readonly signature: Uint8Array
  /** The blocks that were read. */
  readonly read: readonly Block[]
}

/** Reads the beginning of an export. Throws `bad-export`. */
export async function readExportHead({ root, blocks }: CarReader): Promise<ExportHead> {
  const read: Block[] = []
  for (let i = 0; i < 3; i++) {
    const next = await blocks.next()
    if (next.done === true) throw badExport('it ends too early')
    if (next.value.cid.code !== DAG_CBOR) throw badExport('it does not begin with a namespace')
    read.push(next.value)
  }
  const [network, genesis, signed] = read
  if (network === undefined || genesis === undefined || signed === undefined) throw badExport('it ends too early')
  if (!decodeNetwork(network.bytes).ok) throw badExport('its network cannot be read')
  const head = decodeSigned(signed.bytes)
  if (head.version === 1 && genesis.cid.toString() !== root) throw badExport('its root is not a namespace')
  return { root, network: network.bytes, genesis: genesis.bytes, ...head, read }
}

/** What an export brought. */
export interface Restored {
  /** Of the namespace. */
  readonly id: string
  /** Files that came with it and are whole here. */
  readonly files: number
}

/**
 * Takes the namespace of an export into a replica. Every record is verified like one that comes from a peer,
 * and kept as soon as it is. Throws `bad-export` where the file is damaged or cut off, `other-network`, `future-records`; `details.records` says
 * how many records of it are here then.
 */
export async function restore(replica: Replica, exported: ExportHead, blocks: AsyncIterable<Block>): Promise<Restored> {
  const { id, logs, rest } = await takeOwner(replica, exported, blocks)
  const imported = await replica.importNamespace(exported.genesis, exported.head, exported.signature)
  if ('refused' in imported) throw refused(imported.refused, `its namespace is refused (${imported.refused})`)
  const taken = { records: 0 }
  try {
    return { id, files: await takeBlocks({ replica, id, exported, blocks: rest, logs, taken }) }
  } catch (error) {
    throw told(error, taken.records)
  }
}

/** Takes the log of the owner, where that is a person: it comes first, and the namespace is judged by it. `rest` are the blocks behind it. */
async function takeOwner(
  replica: Replica,
  { genesis, version }: ExportHead,
  blocks: AsyncIterable<Block>,
): Promise<{ readonly id: string; readonly logs: readonly Block[]; readonly rest: AsyncIterable<Block> }> {
  const id = blockOf(DAG_CBOR, genesis).cid.toString()
  const owner = await replica.ownerLog(genesis)
  if (owner === undefined) return { id, logs: [], rest: blocks }
  const iterator = blocks[Symbol.asyncIterator]()
  const logs: Block[] = []
  for (let next = await iterator.next(); ; next = await iterator.next()) {
    const struct = next.done === true || next.value.cid.code !== DAG_CBOR ? undefined : decodeStruct(next.value.bytes, version)
    if (next.done !== true && struct?.t === 'logs' && struct.logs.every(({ log }) => equalBytes(log, owner.log))) {
      await replica.importActs(id, struct.logs, genesis)
      logs.push(next.value)
      continue
    }
    return { id, logs, rest: joined(next.done === true ? [] : [next.value], iterator) }
  }
}

async function* joined(first: readonly Block[], iterator: AsyncIterator<Block>): AsyncGenerator<Block> {
  yield* first
  yield* { [Symbol.asyncIterator]: () => iterator }
}

/** An error that also says how much of the export is here all the same. */
function told(error: unknown, records: number): unknown {
  if (!(error instanceof DocstoreError)) return error
  const kept = `Its first ${records === 1 ? 'record was' : `${records} records were`} verified before that, and ${records === 1 ? 'is' : 'are'} here now`
  const text = records === 0 ? 'None of its documents were taken' : kept
  return DocstoreError.passedOn(error.code, `${error.message}. ${text}`, { cause: error, details: { ...error.details, records } })
}

interface Taking {
  readonly replica: Replica
  readonly id: string
  readonly exported: ExportHead
  readonly blocks: AsyncIterable<Block>
  /** Blocks of the log of the owner, which have been taken. */
  readonly logs: readonly Block[]
  /** Records that are here now. */
  readonly taken: { records: number }
}

async function takeBlocks({ replica, id, exported: { version, root, read, network }, blocks, logs, taken }: Taking): Promise<number> {
  const order: FileOrder = version === 1 ? new CountedOrder(read) : new LinkedOrder(root, read)
  for (const block of logs) order.logs(block)
  const contents = new WaitingContents(version)
  const files = new FileTaking(replica, id)
  const ended = await endOf(replica, id, network)
  let isEnded = false
  for await (const block of blocks) {
    if (isEnded) throw badExport('something follows its end')
    if (files.isDue && block.cid.code !== DAG_CBOR) {
      await files.add(block)
      continue
    }
    files.checkNone()
    if (block.cid.code === DAG_PB) throw badExport('a block is unknown')
    if (block.cid.code === DAG_JSON || block.cid.code === RAW) {
      contents.add(block)
      order.content(block)
      continue
    }
    const struct = decodeStruct(block.bytes, version)
    if (struct.t !== 'batch') {
      contents.checkNone()
      if (struct.t === 'list') order.list(block, struct)
      else if (struct.t === 'end') order.end(block, struct)
      else if (struct.t === 'logs') {
        order.logs(block)
        // What is refused of it is missed by the records that need it.
        await replica.importActs(id, struct.logs)
      } else {
        order.files(block)
        await files.begin(struct.files)
      }
      isEnded = struct.t === 'end'
      continue
    }
    order.batch(block)
    const batch = contents.take(struct)
    const accepted = await replica.accept(id, encodeBatch(batch))
    if ('refused' in accepted) throw refused(accepted.refused, `a batch is refused (${accepted.refused})`)
    for (const [i, result] of accepted.results.entries()) {
      if (result === 'not-allowed' && (batch.records[i]?.at ?? 0) > ended) continue
      if (result !== 'stored' && result !== 'same' && result !== 'superseded') throw refused(result, `a record is refused (${result})`)
      taken.records++
    }
  }
  if (!isEnded) throw badExport('it ends too early')
  return files.taken
}

/** After which time the namespace takes nothing: who exported it may not have known of its end yet, and what came later is passed over. */
async function endOf(replica: Replica, id: string, descriptor: Uint8Array): Promise<number> {
  const [stored, network] = [await replica.exportNamespace(id), decodeNetwork(descriptor)]
  const genesis = stored && network.ok ? decodeGenesis(stored.genesis, network.value.cid) : undefined
  const head = stored && genesis?.ok === true ? await decodeHead(stored.head, stored.signature, genesis.value, ANY_DEVICE) : undefined
  return (head?.ok === true ? head.value.head.body.ended : undefined) ?? Number.POSITIVE_INFINITY
}

/** Contents that wait for the batch which links them. */
class WaitingContents {
  readonly #version: ExportVersion
  readonly #contents = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(version: ExportVersion) {
    this.#version = version
  }

  add({ cid, bytes }: Block): void {
    if (this.#version === 1 && cid.code === RAW) throw badExport('a block has another format')
    this.#bytes += bytes.length
    if (this.#bytes > MAX_WAITING_BYTES) throw badExport('contents come without their records')
    const text = cid.toString()
    if (this.#version > 1 && this.#contents.has(text)) throw badExport('a content is there twice')
    this.#contents.set(text, bytes)
  }

  /** The batch with its contents. None waits any more. */
  take(linked: LinkedBatch): ReturnType<LinkedBatch['withContents']> {
    const taken = new Set<string>()
    const batch = linked.withContents((cid) => {
      const content = this.#contents.get(cid)
      if (content === undefined) throw badExport('a content is missing')
      taken.add(cid)
      return content
    })
    if (this.#version > 1 && taken.size < this.#contents.size) throw badExport('a content has no record')
    this.#contents.clear()
    this.#bytes = 0
    return batch
  }

  checkNone(): void {
    if (this.#version > 1 && this.#contents.size > 0) throw badExport('a content has no record')
  }
}

function refused(reason: string, what: string): DocstoreError {
  if (reason === 'wrong-network') return new DocstoreError('other-network', 'The export is of another network. Restore it into another data folder')
  if (reason === 'future') return new DocstoreError('future-records', 'The export has records from the future. Set the clock of this machine')
  return badExport(what)
}
