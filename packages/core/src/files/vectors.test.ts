import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { vectorPiece } from '../../../../vectors/generate-files.ts'
import { toHex, utf8 } from '../model/bytes.ts'
import { blockCid, rootDigest } from './file-cid.ts'
import { decodeFileNode, encodeFileNode } from './file-node.ts'
import { type FilePart, partsBelow, rootPart } from './file-shape.ts'
import { CHUNK_BYTES, MAX_FILE_BYTES, MAX_NODE_BYTES } from './limits.ts'

type Case = { readonly name: string; readonly size: number; readonly cid?: string; readonly text?: string; readonly node?: string }
const vectors = JSON.parse(readFileSync(new URL('../../../../vectors/files.json', import.meta.url), 'utf8')) as {
  readonly valid: readonly Case[]
  readonly invalid: readonly Case[]
}
/** The largest file is hashed by the benchmark: it takes a second. */
const HASHED_BYTES = 100 * 1024 * 1024

/** CID of a file, made bottom-up. */
function cidOfFile(size: number, piece: (part: FilePart) => Uint8Array): string {
  const digestOf = (part: FilePart): Uint8Array => sha256(part.level === 0 ? piece(part) : encodeFileNode(part, partsBelow(part).map(digestOf)))
  const root = rootPart(size)
  return blockCid(root, digestOf(root)).toString()
}

describe('the CID of a file is the one that IPFS tools give it', () => {
  it.each(vectors.valid.filter(({ size, node }) => node === undefined && size <= HASHED_BYTES))('$name', ({ size, cid, text }) => {
    const made = cidOfFile(size, ({ at, length }) => (text === undefined ? vectorPiece(at / CHUNK_BYTES, length) : utf8(text)))
    expect(made).toBe(cid)
    expect(rootDigest({ cid: made, size })).toHaveLength(32)
  })
})

describe('a node', () => {
  it.each(vectors.valid.filter(({ node }) => node !== undefined))('$name', ({ size, node = '', cid }) => {
    const bytes = Uint8Array.from(Buffer.from(node, 'hex'))
    expect(blockCid({ level: 1 }, sha256(bytes)).toString()).toBe(cid)
    expect(decodeFileNode(rootPart(size), bytes)).toHaveLength(2)
  })

  it.each(vectors.invalid)('is not that of a file of this size: $name', ({ size, node = '' }) => {
    expect(decodeFileNode(rootPart(size), Uint8Array.from(Buffer.from(node, 'hex')))).toBeUndefined()
  })

  it('of any level gives back what it was made of, and is that of no other size', () => {
    for (const size of [CHUNK_BYTES + 1, 174 * CHUNK_BYTES, 174 * CHUNK_BYTES + 1, MAX_FILE_BYTES - 1, MAX_FILE_BYTES]) {
      const part = rootPart(size)
      const digests = partsBelow(part).map(({ at }) => sha256(`${at}`))
      const bytes = encodeFileNode(part, digests)
      expect(bytes.length).toBeLessThan(MAX_NODE_BYTES)
      expect(decodeFileNode(part, bytes)?.map(toHex)).toEqual(digests.map(toHex))
      expect(decodeFileNode(rootPart(size - 1), bytes)).toBeUndefined()
    }
  })
})

it('the size of a file says how deep and how wide it is: the largest has two levels and 4,096 pieces', () => {
  const root = rootPart(MAX_FILE_BYTES)
  expect(root.level).toBe(2)
  const nodes = partsBelow(root)
  expect(nodes).toHaveLength(24)
  expect(nodes.flatMap(partsBelow)).toHaveLength(4096)
  expect(rootPart(0)).toEqual({ level: 0, at: 0, length: 0 })
})

it('a CID of a piece is none of a file that has several, and the other way round', () => {
  const [piece, node] = [0, 1].map((level) => blockCid({ level }, sha256('a')).toString())
  expect(rootDigest({ cid: piece ?? '', size: CHUNK_BYTES + 1 })).toBeUndefined()
  expect(rootDigest({ cid: node ?? '', size: CHUNK_BYTES })).toBeUndefined()
  for (const size of [-1, 1.5, Number.NaN, MAX_FILE_BYTES + 1]) expect(rootDigest({ cid: piece ?? '', size })).toBeUndefined()
})
