import { decode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'

/** A CID with what it stands for. */
export interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** What of a DAG is wanted: its first block, a file (its blocks are all there is below it here), or all of it. */
export type Scope = 'block' | 'entity' | 'all'

/** Bytes of a file, the last one included; negative ones count from its end, without `to` up to that. */
export interface ByteSpan {
  readonly from: number
  readonly to: number | undefined
}

/** What is walked, and how. */
export interface WalkInit {
  readonly scope: Scope
  /** Bytes of the file that are wanted, with `entity`; all unless given. */
  readonly span: ByteSpan | undefined
  /** Whether a block comes as often as it is linked. */
  readonly repeats: boolean
  readonly get: (cid: CID) => Promise<Uint8Array | undefined>
}

const DAG_PB = 0x70
/** Levels below a root; the largest file of a relay has two. */
const MAX_DEPTH = 8
/** Blocks that are remembered as sent: more than the largest file has. */
const MAX_SENT = 8192

/** The blocks of a file or a document, depth first, each before those below it. Ends where one is not here any more: the file was deleted meanwhile. */
export async function* blocksOf(root: Block, { scope, span, repeats, get }: WalkInit): AsyncGenerator<Block> {
  const sent = new Set<string>()
  const isNew = ({ cid }: { readonly cid: CID }): boolean => {
    const key = cid.toString()
    if (repeats) return true
    if (sent.has(key)) return false
    if (sent.size < MAX_SENT) sent.add(key)
    return true
  }
  async function* walk(block: Block, wanted: Wanted | undefined, depth: number): AsyncGenerator<Block> {
    if (isNew(block)) yield block
    if (scope === 'block' || block.cid.code !== DAG_PB || depth >= MAX_DEPTH) return
    for (const { cid, from, length } of partsOf(block.bytes)) {
      if (wanted !== undefined && (wanted.start >= wanted.end || from >= wanted.end || from + length <= wanted.start)) continue
      const below = wanted && { start: wanted.start - from, end: wanted.end - from }
      const bytes = await get(cid)
      if (bytes === undefined) throw new Error(`The block ${cid.toString()} is not here any more`)
      yield* walk({ cid, bytes }, below, depth + 1)
    }
  }
  yield* walk(root, span === undefined || scope !== 'entity' ? undefined : wantedOf(span, sizeOf(root)), 0)
}

/** Bytes from `start` on and before `end`, counted from the beginning of a part. */
interface Wanted {
  readonly start: number
  readonly end: number
}

function wantedOf({ from, to }: ByteSpan, size: number): Wanted {
  const place = (at: number): number => Math.max(0, at < 0 ? size + at : at)
  return { start: place(from), end: to === undefined ? size : Math.min(size, place(to) + 1) }
}

/** Bytes of the file that a block is the root of. */
function sizeOf({ cid, bytes }: Block): number {
  return cid.code === DAG_PB ? partsOf(bytes).reduce((sum, { length }) => sum + length, 0) : bytes.length
}

/** The parts of a node that was checked when it was stored: where each begins, and how many bytes of the file it has. */
function partsOf(node: Uint8Array): readonly { readonly cid: CID; readonly from: number; readonly length: number }[] {
  const { Data, Links } = decode(node)
  const sizes = Data === undefined ? [] : UnixFS.unmarshal(Data).blockSizes.map(Number)
  let from = 0
  return Links.map(({ Hash }, i) => {
    const length = sizes[i] ?? 0
    from += length
    return { cid: Hash, from: from - length, length }
  })
}
