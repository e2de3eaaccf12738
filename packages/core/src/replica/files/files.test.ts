import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { errorCode } from '../../errors.ts'
import { blockCid, encodeFileNode, type FilePart, partsBelow, rootPart } from '../../files/index.ts'
import { CHUNK_BYTES, UPLOAD_LIFE_MS } from '../../files/limits.ts'
import { concatBytes } from '../../model/bytes.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { openReplica } from '../open-replica.ts'
import type { Replica } from '../types.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(storage: Storage = openNodeStorage(':memory:'), now = Date.now): Promise<{ replica: Replica; ns: string }> {
  const replica = await openReplica(storage, { now })
  // Two of them on one storage, as after a restart, close it twice.
  closing.push(() => codeOf(replica.close()))
  const { id } = await replica.createNamespace({ name: 'notes', write: 'owner', nonce: new Uint8Array(16) })
  return { replica, ns: id }
}

const piece = (i: number, length: number = CHUNK_BYTES): Uint8Array => new Uint8Array(length).fill(i + 1)

/** The blocks of a file whose pieces are those above, by CID. */
function blocksOf(size: number): { readonly cid: string; readonly blocks: ReadonlyMap<string, Uint8Array> } {
  const blocks = new Map<string, Uint8Array>()
  const make = (part: FilePart): Uint8Array => {
    const bytes = part.level === 0 ? piece(part.at / CHUNK_BYTES, part.length) : encodeFileNode(part, partsBelow(part).map(make))
    const digest = sha256(bytes)
    blocks.set(blockCid(part, digest).toString(), bytes)
    return digest
  }
  const root = rootPart(size)
  return { cid: blockCid(root, make(root)).toString(), blocks }
}

async function name(replica: Replica, ns: string, cid: string, size: unknown): Promise<void> {
  await replica.write(ns, 'files', [{ id: cid, content: JSON.stringify({ _id: cid, size }) }])
}

/** Takes the blocks that are missing from a map; resolves with how many were taken. */
async function fill(
  replica: Replica,
  ns: string,
  cid: string,
  blocks: ReadonlyMap<string, Uint8Array>,
  range = { from: 0, to: Infinity },
): Promise<number> {
  for (let taken = 0; ; ) {
    const missing = await replica.missingBlocks(ns, cid, range)
    if (missing.length === 0) return taken
    for (const block of missing) {
      const bytes = blocks.get(block.cid)
      if (bytes === undefined) throw new Error(`${block.cid} is asked for, and is none of the file`)
      expect(await replica.storeBlock(ns, cid, block, bytes)).toBe(true)
      taken++
    }
  }
}

const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', errorCode)

describe('a file that arrives block by block', () => {
  const SIZE = 180 * CHUNK_BYTES + 5

  it('is whole when nothing is missing, and every block was asked for once', async () => {
    const { replica, ns } = await open()
    const { cid, blocks } = blocksOf(SIZE)
    await name(replica, ns, cid, SIZE)
    expect(await replica.partialFiles(0, 10)).toEqual([{ ns, cid, size: SIZE, position: expect.any(Number) }])
    expect(await replica.readFile(ns, cid, 0)).toBeUndefined()
    expect(await fill(replica, ns, cid, blocks)).toBe(blocks.size)
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'whole', size: SIZE })
    expect(await replica.partialFiles(0, 10)).toEqual([])
    expect(await replica.readFile(ns, cid, SIZE - 3)).toEqual(piece(180, 3))
    expect(await replica.readFile(ns, cid, SIZE)).toEqual(new Uint8Array())
    expect(await replica.block(cid)).toEqual(blocks.get(cid))
  })

  it('takes what a range needs and no more', async () => {
    const { replica, ns } = await open()
    const { cid, blocks } = blocksOf(SIZE)
    await name(replica, ns, cid, SIZE)
    // The root, the second node, and the piece.
    expect(await fill(replica, ns, cid, blocks, { from: 176 * CHUNK_BYTES, to: 176 * CHUNK_BYTES + 1 })).toBe(3)
    expect(await replica.readFile(ns, cid, 176 * CHUNK_BYTES + 7)).toEqual(piece(176, CHUNK_BYTES - 7))
    expect(await replica.readFile(ns, cid, 0)).toBeUndefined()
    expect(await replica.file(ns, cid)).toMatchObject({ state: 'partial' })
  })

  it('goes on after a restart with what is still missing, and takes what other files have', async () => {
    const storage = openNodeStorage(':memory:')
    const { replica, ns } = await open(storage)
    const [short, long] = [blocksOf(100 * CHUNK_BYTES), blocksOf(SIZE)]
    await name(replica, ns, short.cid, 100 * CHUNK_BYTES)
    await fill(replica, ns, short.cid, short.blocks)
    await name(replica, ns, long.cid, SIZE)
    await fill(replica, ns, long.cid, long.blocks, { from: 0, to: 120 * CHUNK_BYTES })
    const { replica: next } = await open(storage)
    // All but the first 120 pieces, the root and the first node.
    expect(await fill(next, ns, long.cid, long.blocks)).toBe(long.blocks.size - 122)
    await next.write(ns, 'files', [{ id: short.cid, content: null }])
    await expect.poll(() => next.block(short.cid)).toBeUndefined()
    expect(await next.readFile(ns, long.cid, 0)).toEqual(piece(0))
  })

  it('refuses bytes that are not the block, and stores nothing of them', async () => {
    const { replica, ns } = await open()
    const { cid, blocks } = blocksOf(2 * CHUNK_BYTES)
    await name(replica, ns, cid, 2 * CHUNK_BYTES)
    const [root] = await replica.missingBlocks(ns, cid, { from: 0, to: 1 })
    if (root === undefined) throw new Error('The root is here')
    expect(await replica.storeBlock(ns, cid, root, piece(9))).toBe(false)
    expect(await replica.storeBlock(ns, cid, root, blocks.get(cid) ?? piece(0))).toBe(true)
    const [first] = await replica.missingBlocks(ns, cid, { from: 0, to: 1 })
    if (first === undefined) throw new Error('The piece is here')
    expect(await replica.storeBlock(ns, cid, first, piece(1))).toBe(false)
    expect(await replica.missingBlocks(ns, cid, { from: 0, to: 1 })).toEqual([first])
  })
})

describe('a document that lies about its file', () => {
  it('is found out at the root, and nothing more is fetched', async () => {
    const { replica, ns } = await open()
    const { cid, blocks } = blocksOf(2 * CHUNK_BYTES)
    for (const size of [2 * CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 1, 400 * CHUNK_BYTES]) {
      await name(replica, ns, cid, size)
      const [root] = await replica.missingBlocks(ns, cid, { from: 0, to: size })
      if (root === undefined) throw new Error('The root is here')
      expect(await codeOf(replica.storeBlock(ns, cid, root, blocks.get(cid) ?? piece(0)))).toBe('bad-file')
      expect(await codeOf(replica.missingBlocks(ns, cid, { from: 0, to: 1 }))).toBe('bad-file')
      expect(await replica.file(ns, cid)).toMatchObject({ state: 'bad' })
      expect(await replica.partialFiles(0, 10)).toEqual([])
    }
    await name(replica, ns, cid, 2 * CHUNK_BYTES)
    expect(await fill(replica, ns, cid, blocks)).toBe(3)
  })

  it('is found out by a single piece of another length, and by a CID of the other kind', async () => {
    const { replica, ns } = await open()
    const { cid } = blocksOf(100)
    await name(replica, ns, cid, 99)
    const [root] = await replica.missingBlocks(ns, cid, { from: 0, to: 99 })
    if (root === undefined) throw new Error('The piece is here')
    expect(await codeOf(replica.storeBlock(ns, cid, root, piece(0, 100)))).toBe('bad-file')
    await name(replica, ns, cid, CHUNK_BYTES + 1)
    expect(await codeOf(replica.missingBlocks(ns, cid, { from: 0, to: 1 }))).toBe('bad-file')
  })

  it('is found out where the blocks are here already', async () => {
    const { replica, ns } = await open()
    const { cid, blocks } = blocksOf(2 * CHUNK_BYTES)
    await name(replica, ns, cid, 2 * CHUNK_BYTES)
    await fill(replica, ns, cid, blocks)
    await replica.write(ns, 'files', [{ id: `other/${cid}`, content: `{"_id":"other/${cid}","size":${2 * CHUNK_BYTES + 1}}` }])
    const { id: other } = await replica.createNamespace({ name: 'other', write: 'owner', nonce: new Uint8Array(16).fill(1) })
    await name(replica, other, cid, 2 * CHUNK_BYTES + 1)
    expect(await codeOf(replica.missingBlocks(other, cid, { from: 0, to: 1 }))).toBe('bad-file')
    expect(await replica.readFile(ns, cid, 0)).toEqual(piece(0))
  })

  it('names no file where its size is none', async () => {
    const { replica, ns } = await open()
    const { cid } = blocksOf(1)
    for (const size of [-1, 0.5, 2 ** 30 + 1, '1', null]) {
      await name(replica, ns, cid, size)
      expect(await replica.file(ns, cid)).toBeUndefined()
    }
    expect(await codeOf(replica.missingBlocks(ns, cid, { from: 0, to: 1 }))).toBe('not-found')
  })
})

describe('uploads', () => {
  it('come to the CID of the pieces, and are asked for nothing', async () => {
    const { replica, ns } = await open()
    const size = 5 * CHUNK_BYTES + 1
    const { cid } = blocksOf(size)
    const digests = [
      ...(await replica.uploadPieces(
        'upload:1',
        [0, 1, 2].map((i) => piece(i)),
      )),
      ...(await replica.uploadPieces('upload:1', [piece(3), piece(4), piece(5, 1)])),
    ]
    expect(await replica.uploadTree('upload:1', concatBytes(...digests), size)).toBe(cid)
    expect(await replica.block(cid)).toBeUndefined()
    await name(replica, ns, cid, size)
    expect(await replica.missingBlocks(ns, cid, { from: 0, to: size })).toEqual([])
    await replica.endUpload('upload:1')
    expect(await replica.readFile(ns, cid, size - 1)).toEqual(piece(5, 1))
  })

  it('refuse pieces that are none', async () => {
    const { replica } = await open()
    for (const pieces of [[piece(0, CHUNK_BYTES + 1)], [new Uint8Array()], Array.from({ length: 9 }, () => piece(0))])
      expect(await codeOf(replica.uploadPieces('upload:1', pieces))).toBe('bad-argument')
    for (const [digests, size] of [
      [32, CHUNK_BYTES + 1],
      [0, 1],
      [32, 2 ** 30 + 1],
      [32, Number.NaN],
    ] as const)
      expect(await codeOf(replica.uploadTree('upload:1', new Uint8Array(digests), size))).toBe('bad-argument')
  })

  it('of a program that was killed are removed a day later, and serve until then', async () => {
    const storage = openNodeStorage(':memory:')
    let now = Date.now()
    const first = await open(storage, () => now)
    const [digest] = await first.replica.uploadPieces('upload:1', [piece(0)])
    now += UPLOAD_LIFE_MS / 2
    const second = await open(storage, () => now)
    await second.replica.endUpload('upload:none')
    const files = await storage.files()
    expect(await files.block(digest ?? new Uint8Array(), true)).toBeDefined()
    now += UPLOAD_LIFE_MS
    await open(storage, () => now)
    await expect.poll(() => files.block(digest ?? new Uint8Array(), true)).toBeUndefined()
  })
})

it('a damaged block is told, not handed out', async () => {
  const storage = openNodeStorage(':memory:')
  const { replica, ns } = await open(storage)
  const { cid } = blocksOf(100)
  await name(replica, ns, cid, 100)
  await (await storage.files()).store({ cid, size: 100 }, [{ digest: sha256(piece(0, 100)), bytes: piece(1, 100) }])
  expect(await codeOf(replica.readFile(ns, cid, 0))).toBe('data-corrupt')
})
