import Fastify, { type FastifyInstance } from 'fastify'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { documentRoutes } from './document-routes.ts'

const bytes = new Uint8Array(600_000).map((_, i) => i * 31)
let store: Docstore
let http: FastifyInstance
let url: string

beforeEach(async () => {
  store = await createDocstore({ network: 'off' })
  const album = await store.namespaces.create({ name: 'album' })
  const { cid } = await album.putFile(bytes, { name: "Ada's picture.png", type: 'image/png' })
  url = `/ns/${album.id}/files/${cid}`
  http = Fastify()
  await http.register(documentRoutes, { store })
})
afterEach(async () => {
  await http.close()
  await store.close()
})

it('gives a file with its name and type, and nothing to who has it', async () => {
  const { statusCode, headers, rawPayload } = await http.inject(url)
  expect([statusCode, headers['content-type'], headers['content-length']]).toEqual([200, 'image/png', '600000'])
  expect(headers['content-disposition']).toBe("inline; filename*=UTF-8''Ada%27s%20picture.png")
  expect(Buffer.compare(rawPayload, bytes)).toBe(0)
  expect((await http.inject({ url, headers: { 'if-none-match': String(headers.etag) } })).statusCode).toBe(304)
})

it('gives ranges as they are asked for', async () => {
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=262143-262144', 262_143, 262_145],
    ['bytes=599990-', 599_990, 600_000],
    ['bytes=-10', 599_990, 600_000],
    ['bytes=599999-999999999', 599_999, 600_000],
  ] as const) {
    const { statusCode, headers, rawPayload } = await http.inject({ url, headers: { range } })
    expect([range, statusCode, headers['content-range']]).toEqual([range, 206, `bytes ${start}-${end - 1}/600000`])
    expect(Buffer.compare(rawPayload, bytes.subarray(start, end))).toBe(0)
  }
  for (const range of ['bytes=600000-', 'bytes=5-4', 'bytes=-0']) expect((await http.inject({ url, headers: { range } })).statusCode).toBe(416)
  for (const range of ['lines=1-2', 'bytes=0-1,5-6', 'bytes=-'])
    expect((await http.inject({ url, headers: { range } })).rawPayload.length).toBe(600_000)
})

it('hands out as something to save whatever a browser could run', async () => {
  const [album] = await store.namespaces.list()
  const page = await (await store.namespaces.open(album?.id ?? '')).putFile(new TextEncoder().encode('<script>'), {
    name: 'a.html',
    type: 'text/html',
  })
  const { headers } = await http.inject(`/ns/${album?.id}/files/${page.cid}`)
  expect([headers['content-type'], headers['content-disposition']]).toEqual(['application/octet-stream', "attachment; filename*=UTF-8''a.html"])
})

it('has nothing where no document names it, or not all of it is here', async () => {
  const [album] = await store.namespaces.list()
  const namespace = await store.namespaces.open(album?.id ?? '')
  const missing = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
  await namespace.collection('files').put({ _id: missing, size: 12 })
  for (const cid of [missing, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', 'nonsense'])
    expect((await http.inject(`/ns/${album?.id}/files/${cid}`)).statusCode).toBe(404)
})
