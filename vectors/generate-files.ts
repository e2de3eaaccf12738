import { type PBLink, encode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { blockCid } from '../packages/core/src/files/file-cid.ts'
import { encodeFileNode } from '../packages/core/src/files/file-node.ts'
import { rootPart } from '../packages/core/src/files/file-shape.ts'
import { CHUNK_BYTES } from '../packages/core/src/files/limits.ts'
import { toHex } from '../packages/core/src/model/bytes.ts'
import { cidOfBytes, RAW } from '../packages/core/src/model/encoding/cid.ts'
import type { VectorFile } from './vector-file.ts'

/** What `ipfs add --only-hash --cid-version=1 --raw-leaves --chunker=size-262144 --max-file-links=174` of kubo 0.43.0 prints, by the size of the file. */
const CIDS: readonly (readonly [name: string, size: number, cid: string])[] = [
  ['no bytes', 0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ['one byte', 1, 'bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu'],
  ['one piece, but for a byte', 262_143, 'bafkreic6iqyxuiad5dem4bzgyy336yoi6tegdqa4e5vt24gq3btool5cra'],
  ['one piece', 262_144, 'bafkreiekhhjkxu4ztk3tyng3er3ijhg56mb44oe3gwbgquhzu4afrg2ksa'],
  ['one piece and a byte', 262_145, 'bafybeigllfqgfpqydppr6cmv56g7ax4wyhruzswvcefv6j5kj77nzttfki'],
  ['two pieces', 524_288, 'bafybeicqi7wxpmtc6545r3gzeh4v6p6u323lhtuqgktalkwycwjekjm6be'],
  ['a full node', 45_613_056, 'bafybeifcjf4m2nz2w3glqyuip43tox6msmtzhqlwqu364wqlfyd2j3jl3u'],
  ['a full node and a byte', 45_613_057, 'bafybeicujunaujmn5v5np4ho4mpbdtuj5y52hizzmugbakhv2umbyanwvu'],
  ['two nodes, one of them with a single piece', 45_875_200, 'bafybeibmuz7sf2sglzyrclyv545bz6vjlk2qay62vhfimcoyuhmokuqqeq'],
  ['three nodes', 91_226_113, 'bafybeifudqvatvxnl7qw4e24ij3osjlrk3bk7hjupsgadc6zvz265ej7oq'],
  ['the largest file', 1_073_741_824, 'bafybeicztd63rpkizjsbk7qtrzfa3ihzwghjtpu6hftwri7m7nrmtqfgyy'],
]

/** A piece of the files above. */
export function vectorPiece(index: number, length: number): Uint8Array {
  const piece = new Uint8Array(CHUNK_BYTES)
  const view = new DataView(piece.buffer)
  for (let at = 0; at < CHUNK_BYTES; at += 4) view.setUint32(at, index)
  return piece.subarray(0, length)
}

const TWO = 2 * CHUNK_BYTES

/** Files, and nodes that are none of theirs. */
export function filesFile(): VectorFile {
  const digests = [0, 1].map((i) => cidOfBytes(RAW, vectorPiece(i, CHUNK_BYTES)).multihash.digest)
  const part = rootPart(TWO)
  const links = digests.map((digest): PBLink => ({ Name: '', Hash: blockCid({ level: 0 }, digest), Tsize: CHUNK_BYTES }))
  const [first, second] = [links[0] ?? never(), links[1] ?? never()]
  const unixFs = (...sizes: readonly number[]): Uint8Array => new UnixFS({ type: 'file', blockSizes: sizes.map(BigInt) }).marshal()
  const [good, whole] = [encodeFileNode(part, digests), unixFs(CHUNK_BYTES, CHUNK_BYTES)]
  const node = (name: string, bytes: Uint8Array): Readonly<Record<string, unknown>> => ({ name, size: TWO, node: toHex(bytes) })
  const made = (name: string, data: Uint8Array, ...links: readonly PBLink[]): Readonly<Record<string, unknown>> =>
    node(name, encode({ Data: data, Links: [...links] }))
  return {
    description:
      'Valid: files of so many bytes, and their CIDs. Piece n (262,144 bytes, the last one what is left) is the number n as 32-bit big-endian integer again and again; but for the case with a text. Invalid: nodes (hexadecimal) that are not the root of a file of that size',
    valid: [
      ...CIDS.map(([name, size, cid]) => ({ name, size, cid })),
      { name: 'a text', text: 'hello world\n', size: 12, cid: 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' },
      { ...node('the root of two pieces', good), cid: 'bafybeicqi7wxpmtc6545r3gzeh4v6p6u323lhtuqgktalkwycwjekjm6be' },
    ],
    invalid: [
      node('nothing', new Uint8Array()),
      node('no dag-pb', Uint8Array.of(1, 2, 3)),
      node('a byte behind it', Uint8Array.of(...good, 0)),
      made('one piece too few', unixFs(TWO), first),
      made('one piece too many', unixFs(CHUNK_BYTES, CHUNK_BYTES / 2, CHUNK_BYTES / 2), first, second, second),
      made('sizes that are not those of pieces', unixFs(CHUNK_BYTES + 1, CHUNK_BYTES - 1), first, second),
      made('sizes that add up to more', unixFs(CHUNK_BYTES, CHUNK_BYTES + 1), first, second),
      made('a directory', new UnixFS({ type: 'directory' }).marshal(), first, second),
      made('bytes in the node itself', new UnixFS({ type: 'file', data: Uint8Array.of(1), blockSizes: [BigInt(CHUNK_BYTES), BigInt(CHUNK_BYTES)] }).marshal(), first, second),
      made('a link with another size of its tree', whole, first, { ...second, Tsize: 1 }),
      made('a link with a name', whole, first, { ...second, Name: 'a' }),
      made('a node where a piece belongs', whole, first, { ...second, Hash: blockCid({ level: 1 }, digests[1] ?? never()) }),
    ],
  }
}

function never(): never {
  throw new Error('The digests of two pieces are there')
}
