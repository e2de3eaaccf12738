import { createHash } from 'node:crypto'
import { DAG_JSON, DocstoreError, encodeBatch, equalBytes, type Replica } from '@p2p-docstore/core'
import type { Block } from './block.ts'
import { badExport, type CarReader } from './car-reader.ts'
import { decodeSigned, decodeStruct } from './export-structs.ts'
import { MAX_WAITING_BYTES } from './limits.ts'

/** The beginning of an export: everything about the namespace but its records. */
export interface ExportHead {
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
    read.push(next.value)
  }
  const [network, genesis, signed] = read
  if (network === undefined || genesis === undefined || signed === undefined || genesis.cid.toString() !== root)
    throw badExport('its root is not a namespace')
  return { network: network.bytes, genesis: genesis.bytes, ...decodeSigned(signed.bytes), read }
}

/**
 * Takes the namespace of an export into a replica; resolves with its id. Every record is verified like one that comes from a peer,
 * and kept as soon as it is. Throws `bad-export` where the file is damaged or cut off, `other-network`, `future-records`; `details.records` says
 * how many records of it are here then.
 */
export async function restore(replica: Replica, { genesis, head, signature, read }: ExportHead, blocks: AsyncIterable<Block>): Promise<string> {
  const imported = await replica.importNamespace(genesis, head, signature)
  if ('refused' in imported) throw refused(imported.refused, `its namespace is refused (${imported.refused})`)
  const { id } = imported
  const taken = { records: 0 }
  try {
    await takeBlocks({ replica, id, read, blocks, taken })
  } catch (error) {
    throw told(error, taken.records)
  }
  return id
}

/** An error that also says how much of the export is here all the same. */
function told(error: unknown, records: number): unknown {
  if (!(error instanceof DocstoreError)) return error
  const kept = `Its first ${records === 1 ? 'record was' : `${records} records were`} verified before that, and ${records === 1 ? 'is' : 'are'} here now`
  const text = records === 0 ? 'None of its documents were taken' : kept
  return new DocstoreError(error.code, `${error.message}. ${text}`, { cause: error, details: { ...error.details, records } })
}

interface Taking {
  readonly replica: Replica
  readonly id: string
  readonly read: readonly Block[]
  readonly blocks: AsyncIterable<Block>
  /** Records that are here now. */
  readonly taken: { records: number }
}

async function takeBlocks({ replica, id, read, blocks, taken }: Taking): Promise<void> {
  const count = new BlockCount(read)
  const contents = new Map<string, Uint8Array>()
  let waiting = 0
  let isEnded = false
  for await (const block of blocks) {
    if (isEnded) throw badExport('something follows its end')
    if (block.cid.code === DAG_JSON) {
      count.add(block)
      waiting += block.bytes.length
      if (waiting > MAX_WAITING_BYTES) throw badExport('contents come without their records')
      contents.set(block.cid.toString(), block.bytes)
      continue
    }
    const struct = decodeStruct(block.bytes)
    if (struct.t === 'end') {
      if (struct.blocks !== count.blocks || !equalBytes(struct.digest, count.digest())) throw badExport('blocks are missing')
      isEnded = true
      continue
    }
    count.add(block)
    const batch = struct.withContents((cid) => {
      const content = contents.get(cid)
      if (content === undefined) throw badExport('a content is missing')
      return content
    })
    contents.clear()
    waiting = 0
    const accepted = await replica.accept(id, encodeBatch(batch))
    if ('refused' in accepted) throw refused(accepted.refused, `a batch is refused (${accepted.refused})`)
    for (const result of accepted.results) {
      if (result !== 'stored' && result !== 'same' && result !== 'superseded') throw refused(result, `a record is refused (${result})`)
      taken.records++
    }
  }
  if (!isEnded) throw badExport('it ends too early')
}

/** Counts and digests the blocks of an export, to compare with its end. */
class BlockCount {
  readonly #hash = createHash('sha256')
  blocks = 0

  constructor(read: readonly Block[]) {
    for (const block of read) this.add(block)
  }

  add({ cid }: Block): void {
    this.#hash.update(cid.bytes)
    this.blocks++
  }

  digest(): Uint8Array {
    return this.#hash.digest()
  }
}

function refused(reason: string, what: string): DocstoreError {
  if (reason === 'wrong-network') return new DocstoreError('other-network', 'The export is of another network. Restore it into another data folder')
  if (reason === 'future') return new DocstoreError('future-records', 'The export has records from the future. Set the clock of this machine')
  return badExport(what)
}
