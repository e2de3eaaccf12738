import { CarReader } from '@ipld/car'
import { cidOfBytes, DAG_PB, utf8 } from '@p2p-docstore/core'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import Fastify, { type FastifyInstance } from 'fastify'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { documentRoutes } from './document-routes.ts'

/** Two pieces that are alike, one that is not, and a part of one. */
const PIECE = 262_144
const bytes = new Uint8Array(3 * PIECE + 1000).map((_, i) => (i < 2 * PIECE ? (i % PIECE) * 7 : i * 31))
let store: Docstore
let http: FastifyInstance
let album: Namespace
let file: string
let note: string

beforeAll(async () => {
  store = await createDocstore({ network: 'off' })
  album = await store.namespaces.create({ name: 'album' })
  file = (await album.putFile(bytes)).cid
  const { _id } = await album.put({ _id: 'note', text: 'hello' })
  note = (await album.get(_id, { meta: true }))?.cid ?? ''
  http = Fastify()
  await http.register(documentRoutes, { store })
})
afterAll(async () => {
  await http.close()
  await store.close()
})

/** The blocks of a CAR: each has the bytes that its CID says. */
async function blocksOf(url: string, headers: Record<string, string> = {}): Promise<readonly { readonly cid: string; readonly bytes: Uint8Array }[]> {
  const { statusCode, rawPayload } = await http.inject({ url, headers })
  expect(statusCode).toBe(200)
  const reader = await CarReader.fromBytes(rawPayload)
  const blocks = []
  for await (const { cid, bytes } of reader.blocks()) {
    expect(cidOfBytes(cid.code, bytes).toString()).toBe(cid.toString())
    blocks.push({ cid: cid.toString(), bytes })
  }
  expect((await reader.getRoots()).map(String)).toEqual([url.split(/[/?]/)[2]])
  return blocks
}

/** Pieces among blocks, as text of the file that they are. */
function joined(blocks: readonly { readonly cid: string; readonly bytes: Uint8Array }[]): Uint8Array {
  return Buffer.concat(blocks.filter(({ cid }) => cid.startsWith('bafkrei')).map((block) => block.bytes))
}

it('gives a block as it is, for ever', async () => {
  for (const [url, headers] of [
    [`/ipfs/${note}?format=raw`, {}],
    [`/ipfs/${note}`, { accept: 'text/html, application/vnd.ipld.raw' }],
    // What is in the address counts.
    [`/ipfs/${note}?format=raw`, { accept: 'application/vnd.ipld.car' }],
  ] as const) {
    const { statusCode, rawPayload, headers: answered } = await http.inject({ url, headers })
    expect([statusCode, rawPayload.toString()]).toEqual([200, '{"_id":"note","text":"hello"}'])
    expect(answered).toMatchObject({
      'content-type': 'application/vnd.ipld.raw',
      'content-length': '29',
      'content-disposition': `attachment; filename="${note}.bin"`,
      'cache-control': 'public, max-age=29030400, immutable',
      etag: `"${note}.raw"`,
      'x-ipfs-path': `/ipfs/${note}`,
      'x-ipfs-roots': note,
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': '*',
    })
  }
  const head = await http.inject({ method: 'HEAD', url: `/ipfs/${note}?format=raw` })
  expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, '29', 0])
  for (const tag of [`"${note}.raw"`, `W/"${note}.raw"`, '"other", *'])
    expect((await http.inject({ url: `/ipfs/${note}?format=raw`, headers: { 'if-none-match': tag } })).statusCode).toBe(304)
})

it('takes a CID in the bases that IPFS tools write, and the name to save it by', async () => {
  const cid = CID.parse(note)
  for (const text of [cid.toString(base58btc), cid.toString(base36)]) {
    const { statusCode, rawPayload, headers } = await http.inject(`/ipfs/${text}?format=raw&filename=note.json`)
    expect([statusCode, rawPayload.toString()]).toEqual([200, '{"_id":"note","text":"hello"}'])
    expect(headers['content-disposition']).toBe('attachment; filename="note.json"')
    expect(headers['x-ipfs-path']).toBe(`/ipfs/${text}`)
  }
  const odd = await http.inject(`/ipfs/${note}?format=raw&filename=${encodeURIComponent('a"; x=\r\ny')}`)
  expect(odd.headers['content-disposition']).toBe(`attachment; filename="${note}.bin"`)
})

it('says where caches find the same, where only a header asked for it', async () => {
  const { headers } = await http.inject({ url: `/ipfs/${file}?dag-scope=block`, headers: { accept: 'application/vnd.ipld.car' } })
  expect(headers['content-location']).toBe(`/ipfs/${file}?format=car&dag-scope=block`)
  expect((await http.inject(`/ipfs/${file}?format=raw`)).headers['content-location']).toBeUndefined()
})

it('answers who asks whether it works: by a CID that has its bytes in itself', async () => {
  const { statusCode, rawPayload } = await http.inject('/ipfs/bafkqaaa?format=raw')
  expect([statusCode, rawPayload.length]).toEqual([200, 0])
})

it('gives a file as a CAR: depth first, each block once, or as often as it is linked', async () => {
  const once = await blocksOf(`/ipfs/${file}?format=car`)
  expect(once.map(({ cid }) => cid.slice(0, 7))).toEqual(['bafybei', 'bafkrei', 'bafkrei', 'bafkrei'])
  const all = await blocksOf(`/ipfs/${file}`, { accept: 'application/vnd.ipld.car; version=1; order=dfs; dups=y' })
  expect(Buffer.compare(joined(all), bytes)).toBe(0)
  const { headers } = await http.inject({ method: 'HEAD', url: `/ipfs/${file}?format=car&car-dups=y` })
  expect(headers).toMatchObject({
    'content-type': 'application/vnd.ipld.car; version=1; order=dfs; dups=y',
    'content-disposition': `attachment; filename="${file}.car"`,
    'accept-ranges': 'none',
  })
  const etag = String(headers.etag)
  expect((await http.inject({ url: `/ipfs/${file}?format=car&car-dups=y`, headers: { 'if-none-match': etag } })).statusCode).toBe(304)
  expect((await http.inject({ url: `/ipfs/${file}?format=car`, headers: { 'if-none-match': etag } })).statusCode).toBe(200)
})

it('gives of a file what is wanted of it', async () => {
  const part = async (query: string): Promise<readonly number[]> =>
    (await blocksOf(`/ipfs/${file}?format=car&car-dups=y&${query}`)).map((one) => one.bytes.length)
  const [node = 0] = await part('dag-scope=block')
  expect(await part('dag-scope=block')).toEqual([node])
  expect(await part('dag-scope=entity')).toEqual([node, PIECE, PIECE, PIECE, 1000])
  // Bytes of a file are asked of the file, without saying so.
  expect(await part('entity-bytes=0:0')).toEqual([node, PIECE])
  for (const [span, pieces] of [
    ['0:0', [PIECE]],
    [`${PIECE - 1}:${PIECE}`, [PIECE, PIECE]],
    ['-1:*', [1000]],
    [`-1001:-1001`, [PIECE]],
    [`${3 * PIECE}:999999999`, [1000]],
    ['5:4', []],
    ['999999999:*', []],
  ] as const)
    expect([span, ...(await part(`dag-scope=entity&entity-bytes=${span}`))]).toEqual([span, node, ...pieces])
  // A document has nothing below it.
  expect(await blocksOf(`/ipfs/${note}?format=car&dag-scope=all`)).toEqual([{ cid: note, bytes: expect.any(Uint8Array) as unknown }])
})

it('says what it does not give, and why', async () => {
  const missing = cidOfBytes(DAG_PB, utf8('nobody has this')).toString()
  for (const [url, status, code, headers] of [
    [`/ipfs/${missing}?format=raw`, 404, 'not-found', {}],
    [`/ipfs/${file}/below?format=raw`, 400, 'bad-option', {}],
    [`/ipfs/${file}/below?format=car`, 404, 'not-found', {}],
    [`/ipfs/${file}`, 400, 'bad-option', {}],
    [`/ipfs/${file}`, 400, 'bad-option', { accept: '*/*' }],
    ['/ipfs/hello?format=raw', 400, 'bad-cid', {}],
    [`/ipfs/${file}?format=tar`, 406, 'not-acceptable', {}],
    [`/ipfs/${file}`, 406, 'not-acceptable', { accept: 'text/html' }],
    [`/ipfs/${file}?format=car&car-version=2`, 400, 'bad-option', {}],
    [`/ipfs/${file}?format=car&dag-scope=some`, 400, 'bad-option', {}],
    [`/ipfs/${file}?format=car&dag-scope=all&dag-scope=block`, 400, 'bad-option', {}],
    [`/ipfs/${file}?format=car&dag-scope=entity&entity-bytes=1-2`, 400, 'bad-option', {}],
  ] as const) {
    const response = await http.inject({ url, headers })
    expect([url, response.statusCode, response.json<{ error: { code: string } }>().error.code]).toEqual([url, status, code])
  }
  expect((await http.inject({ url: `/ipfs/${missing}?format=raw`, headers: { 'cache-control': 'only-if-cached' } })).statusCode).toBe(412)
})

it('has nothing of what was deleted', async () => {
  const { cid } = await album.putFile(Uint8Array.of(1, 2, 3))
  expect((await http.inject(`/ipfs/${cid}?format=raw`)).statusCode).toBe(200)
  await album.deleteFile(cid)
  expect((await http.inject(`/ipfs/${cid}?format=raw`)).statusCode).toBe(404)
  await album.delete('note')
  expect((await http.inject(`/ipfs/${note}?format=raw`)).statusCode).toBe(404)
})

it('serves content by its CID as what it is: a document as JSON, a file to be saved', async () => {
  const { cid } = await album.put({ _id: 'shown', text: '<b>hello</b>' })
  const document = await http.inject(`/content/${CID.parse(cid).toString(base36)}`)
  expect([document.statusCode, document.body]).toEqual([200, '{"_id":"shown","text":"<b>hello</b>"}'])
  expect(document.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    etag: `"${cid}"`,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  expect((await http.inject({ url: `/content/${cid}`, headers: { 'if-none-match': `"${cid}"` } })).statusCode).toBe(304)
  const whole = await http.inject(`/content/${file}`)
  expect(Buffer.compare(whole.rawPayload, bytes)).toBe(0)
  expect(whole.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${file}"` })
  await album.delete('shown')
  for (const [text, status, code] of [
    [cid, 404, 'not-found'],
    ['hello', 400, 'bad-cid'],
    [album.id, 400, 'bad-cid'],
  ] as const) {
    const response = await http.inject(`/content/${text}`)
    expect([response.statusCode, response.json<{ error: { code: string } }>().error.code]).toEqual([status, code])
  }
})
