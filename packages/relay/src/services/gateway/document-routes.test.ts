import { connect } from 'node:net'
import { type Asker, DocstoreError } from '@p2p-docstore/core'
import Fastify from 'fastify'
import type { Docstore } from 'p2p-docstore'
import { expect, it } from 'vitest'
import { documentRoutes } from './document-routes.ts'

type Find = (ns: string, collection: string, query: unknown, asker: Asker) => Promise<unknown>

/** The routes on a store that answers queries as it is told. */
async function serve(find: Find) {
  const store = { replica: { namespace: async () => ({}), find } } as unknown as Docstore
  const http = Fastify()
  await http.register(documentRoutes, { store })
  return http
}

it('says of a query that has no place which one that is, and when to ask again', async () => {
  for (const [code, status] of [
    ['too-many-queries', 429],
    ['queries-full', 503],
    ['no-text-index', 503],
  ] as const) {
    const http = await serve(async () => {
      throw new DocstoreError(code, 'No room', { details: { retryAfter: 7 } })
    })
    const response = await http.inject('/ns/x/docs')
    expect(response.statusCode).toBe(status)
    expect(response.headers['retry-after']).toBe('7')
    expect(response.json()).toEqual({ error: { code, message: 'No room' } })
  }
})

it('answers for a namespace that other relays have as soon as it was brought, and says where nobody has it', async () => {
  const here = new Set<string>()
  const store = {
    replica: { namespace: async (ns: string) => (here.has(ns) ? {} : undefined), get: async () => '{"_id":"a"}' },
    network: {
      bring: async (ns: string) => {
        if (ns === 'elsewhere') here.add(ns)
      },
    },
  } as unknown as Docstore
  const http = Fastify()
  await http.register(documentRoutes, { store })
  expect((await http.inject('/ns/elsewhere/docs/a')).json()).toEqual({ _id: 'a' })
  const nowhere = await http.inject('/ns/nowhere/docs/a')
  expect([nowhere.statusCode, nowhere.json()]).toMatchObject([404, { error: { code: 'unknown-namespace' } }])
})

it('tells hosts from each other, behind a proxy on this machine too, and believes nobody else', async () => {
  const hosts: string[] = []
  const http = await serve(async (_ns, _collection, _query, { host }) => {
    hosts.push(host)
    return { contents: [], cursor: undefined }
  })
  for (const [remoteAddress, forwarded] of [
    ['127.0.0.1', undefined],
    ['::ffff:127.0.0.1', '10.9.9.9, 203.0.113.7'],
    ['203.0.113.8', '203.0.113.7'],
    ['2001:db8:1:2:3::4', undefined],
  ] as const)
    await http.inject({ url: '/ns/x/docs', remoteAddress, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } })
  expect(hosts).toEqual(['127.0.0.1', '203.0.113.7', '203.0.113.8', '2001:db8:1:2'])
})

it('gives a query up when its client goes away', async () => {
  const begun = Promise.withResolvers<AbortSignal>()
  const http = await serve(async (_ns, _collection, _query, { signal }) => {
    begun.resolve(signal)
    await new Promise((_resolve, fail) => signal.addEventListener('abort', () => fail(signal.reason)))
  })
  try {
    await http.listen({ port: 0, host: '127.0.0.1' })
    const address = http.server.address()
    const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
    client.write('GET /ns/x/docs HTTP/1.1\r\nHost: x\r\n\r\n')
    const signal = await begun.promise
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    client.destroy()
    await aborted
  } finally {
    await http.close()
  }
})
