import { Readable } from 'node:stream'
import { encode } from '@ipld/dag-cbor'
import { concatBytes, DocstoreError, utf8 } from '@p2p-docstore/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { varint } from 'multiformats'
import { base32 } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import type { Docstore } from 'p2p-docstore'
import { type Block, blocksOf, type ByteSpan, type Scope } from './dag-walk.ts'

/** Formats of the trustless gateway (specs.ipfs.tech/http-gateways/trustless-gateway): what is sent can be checked by whoever asked, whoever sends it. */
const RAW_TYPE = 'application/vnd.ipld.raw'
const CAR_TYPE = 'application/vnd.ipld.car'

const IDENTITY = 0x00
const SHA2_256 = 0x12
const RAW = 0x55
const DAG_PB = 0x70
const DAG_JSON = 0x0129

/** Bytes that a CID may have in itself. */
const MAX_IDENTITY_BYTES = 128
/** How long other relays are asked, milliseconds. */
const FIND_MS = 10_000
const SHA256_BYTES = 32
/** Content by CID never changes: caches may keep it for so long, seconds. */
const CACHED_S = 29_030_400

const ANY_BASE = base32.decoder.or(base58btc.decoder).or(base36.decoder)

type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** Content by CID for IPFS tools: single blocks, and what hangs together as a CAR. Only what documents of this relay have now, and their files. */
export async function ipfsRoutes(http: FastifyInstance, { store }: { store: Docstore }): Promise<void> {
  http.get('/ipfs/:cid', async (request: FastifyRequest<{ Params: { cid: string }; Querystring: Query }>, reply) => {
    const cid = checkedCid(request.params.cid)
    const asked = formatOf(request)
    void reply
      .header('access-control-allow-origin', '*')
      .header('x-content-type-options', 'nosniff')
      .header('x-ipfs-path', `/ipfs/${request.params.cid}`)
      .header('x-ipfs-roots', request.params.cid)
      .header('vary', 'accept')
    if (request.query['format'] === undefined) void reply.header('content-location', locationOf(request, asked))
    // The specification's way to ask what is here without anybody looking for it elsewhere.
    const isOnlyHere = /\bonly-if-cached\b/.test(request.headers['cache-control'] ?? '')
    const root = await blockOf(store, cid, { isOnlyHere })
    if (root === undefined) {
      if (isOnlyHere) return reply.status(412).send()
      throw new DocstoreError('not-found', 'No document or file with this content is here')
    }
    return asked.type === 'raw' ? sendBlock(request, reply, cid, root) : sendCar(request, reply, { store, cid, root, ...asked })
  })
  http.get('/ipfs/:cid/*', async (request: FastifyRequest<{ Params: { cid: string }; Querystring: Query }>) => {
    checkedCid(request.params.cid)
    if (formatOf(request).type === 'raw') throw new DocstoreError('bad-option', 'A block is asked for by its CID alone, without a path behind it')
    throw new DocstoreError('not-found', 'Content is found here by its CID alone: documents and files have no paths below it')
  })
}

function sendBlock(request: FastifyRequest, reply: FastifyReply, cid: CID, bytes: Uint8Array): FastifyReply {
  const tag = `"${cid.toString()}.raw"`
  void reply.header('etag', tag).header('cache-control', `public, max-age=${CACHED_S}, immutable`)
  if (isKnown(request, tag)) return reply.status(304).send()
  void reply.type(RAW_TYPE).header('content-disposition', `attachment; filename="${fileName(request, `${cid.toString()}.bin`)}"`)
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}

/** The name that who asks wants to save it by, where that says nothing else in a header. */
function fileName({ query }: FastifyRequest, otherwise: string): string {
  const { filename } = query as Query
  return typeof filename === 'string' && /^[\w. -]{1,200}$/.test(filename) ? filename : otherwise
}

/** Where caches find the same without looking at the header `Accept`. */
function locationOf({ params, query }: FastifyRequest<{ Params: { cid: string }; Querystring: Query }>, { type }: Format): string {
  const more = Object.entries(query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  return `/ipfs/${params.cid}?${new URLSearchParams([['format', type], ...more]).toString()}`
}

interface CarInit {
  readonly store: Docstore
  readonly cid: CID
  readonly root: Uint8Array
  readonly scope: Scope
  readonly span: ByteSpan | undefined
  readonly repeats: boolean
}

function sendCar(request: FastifyRequest, reply: FastifyReply, { store, cid, root, scope, span, repeats }: CarInit): FastifyReply {
  const part = span === undefined ? scope : `${scope}.${span.from}-${span.to ?? ''}`
  const tag = `W/"${cid.toString()}.car.${part}.${repeats ? 'y' : 'n'}"`
  void reply.header('etag', tag).header('cache-control', `public, max-age=${CACHED_S}, immutable`).header('accept-ranges', 'none')
  if (isKnown(request, tag)) return reply.status(304).send()
  void reply
    .header('content-type', `${CAR_TYPE}; version=1; order=dfs; dups=${repeats ? 'y' : 'n'}`)
    .header('content-disposition', `attachment; filename="${fileName(request, `${cid.toString()}.car`)}"`)
  if (request.method === 'HEAD') return reply.send()
  const blocks = blocksOf({ cid, bytes: root }, { scope, span, repeats, get: (below) => blockOf(store, below, { isOnlyHere: false }) })
  return reply.send(Readable.from(carChunks(cid, blocks), { objectMode: false, highWaterMark: 0 }))
}

/**
 * A CAR (version 1, ipld.io/specs/transport/car/carv1) of blocks. One that breaks off is known by whoever reads it: a block is missing. The writer of
 * `@ipld/car` waits for ever where its reader goes away.
 */
async function* carChunks(root: CID, blocks: AsyncGenerator<Block>): AsyncGenerator<Uint8Array> {
  const header = encode({ version: 1, roots: [root] })
  yield concatBytes(lengthOf(header.length), header)
  for await (const { cid, bytes } of blocks) yield concatBytes(lengthOf(cid.bytes.length + bytes.length), cid.bytes, bytes)
}

function lengthOf(length: number): Uint8Array {
  return varint.encodeTo(length, new Uint8Array(varint.encodingLength(length)))
}

/** The bytes that a CID stands for, from here or else from another relay; `undefined` where nobody has them. */
async function blockOf({ replica, network }: Docstore, cid: CID, { isOnlyHere }: { readonly isOnlyHere: boolean }): Promise<Uint8Array | undefined> {
  const { code, digest } = cid.multihash
  // What asks whether a gateway works asks for such a CID: the bytes are in it.
  if (code === IDENTITY) return digest.length <= MAX_IDENTITY_BYTES ? digest : undefined
  if (code !== SHA2_256 || digest.length !== SHA256_BYTES || ![DAG_JSON, RAW, DAG_PB].includes(cid.code)) return undefined
  const text = cid.toV1().toString(base32)
  const content = cid.code === DAG_JSON ? await replica.content(text) : undefined
  const here = content === undefined ? await replica.block(text) : utf8(content)
  return here ?? (isOnlyHere ? undefined : (await network?.content({ cid: text, timeoutMs: FIND_MS }))?.bytes)
}

function checkedCid(text: string): CID {
  try {
    return text.startsWith('Qm') ? CID.parse(text) : CID.parse(text, ANY_BASE)
  } catch (cause) {
    throw new DocstoreError('bad-cid', `${JSON.stringify(text.slice(0, 80))} is not a CID. It looks like baguqeera…, bafybei… or bafkrei…`, { cause })
  }
}

type Format =
  | { readonly type: 'raw' }
  | { readonly type: 'car'; readonly scope: Scope; readonly span: ByteSpan | undefined; readonly repeats: boolean }

/** What is asked for, by the parameter `format` or else by the header `Accept`. Throws `not-acceptable`, `bad-option`. */
function formatOf({ query, headers }: FastifyRequest<{ Querystring: Query }>): Format {
  const accepted = (headers.accept ?? '').split(',').map((one) => one.trim())
  const car = accepted.find((one) => one.startsWith(CAR_TYPE))
  const format = query['format'] ?? (car !== undefined ? 'car' : accepted.some((one) => one.startsWith(RAW_TYPE)) ? 'raw' : undefined)
  if (format === 'raw') return { type: 'raw' }
  // Who says nothing is told what to say; who wants something else is told that it is not here.
  if (format === undefined && accepted.every((one) => one === '' || one.startsWith('*/*')))
    throw new DocstoreError('bad-option', `Say what you want of the CID: ?format=raw or ?format=car, or accept ${RAW_TYPE} or ${CAR_TYPE}`)
  if (format !== 'car')
    throw new DocstoreError(
      'not-acceptable',
      `Blocks and CARs are served here: ask with ?format=raw or ?format=car, or accept ${RAW_TYPE} or ${CAR_TYPE}`,
    )
  const of = parametersOf(car ?? '')
  const version = query['car-version'] ?? of.get('version') ?? '1'
  const order = query['car-order'] ?? of.get('order') ?? 'dfs'
  const repeats = query['car-dups'] ?? of.get('dups') ?? 'n'
  const span = spanOf(query['entity-bytes'])
  // Bytes of a file are asked of the file.
  const scope = query['dag-scope'] ?? (span === undefined ? 'all' : 'entity')
  if (version !== '1') throw new DocstoreError('bad-option', 'CARs have version 1 here')
  if (order !== 'dfs' && order !== 'unk') throw new DocstoreError('bad-option', 'The blocks of a CAR have the order dfs here')
  if (repeats !== 'y' && repeats !== 'n') throw new DocstoreError('bad-option', 'dups of a CAR is y or n')
  if (scope !== 'block' && scope !== 'entity' && scope !== 'all') throw new DocstoreError('bad-option', 'dag-scope is block, entity or all')
  return { type: 'car', scope, span, repeats: repeats === 'y' }
}

/** Parameters of a media type, as `version=1; order=dfs`. */
function parametersOf(type: string): ReadonlyMap<string, string> {
  return new Map(
    type
      .split(';')
      .slice(1)
      .map((one) => one.split('=').map((part) => part.trim()))
      .map(([name = '', value = '']) => [name, value]),
  )
}

/** `from:to` of `entity-bytes`, the last byte included; negative ones count from the end, and `*` is the end. */
function spanOf(text: Query[string]): ByteSpan | undefined {
  if (text === undefined) return undefined
  const [, from, to] = (typeof text === 'string' ? /^(-?\d{1,15}):(-?\d{1,15}|\*)$/.exec(text) : undefined) ?? []
  if (from === undefined || to === undefined) throw new DocstoreError('bad-option', 'entity-bytes is FROM:TO, such as 0:1023 or 1024:*')
  return { from: Number(from), to: to === '*' ? undefined : Number(to) }
}

function isKnown({ headers }: FastifyRequest, tag: string): boolean {
  const known = (headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known.includes('*') || known.includes(tag.replace(/^W\//, ''))
}
