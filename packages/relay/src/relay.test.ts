import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, formatJoinLink, readNetwork } from 'p2p-docstore'
import { afterEach, describe, expect, it } from 'vitest'
import { type Relay, type RelayOptions, startRelay } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'relay-test-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const started = await startRelay({ data: folder(), port: 0, ...options })
  cleanups.push(() => started.close())
  return started
}

async function client(join: string, data = 'memory'): Promise<Docstore> {
  const store = await createDocstore({ data, join })
  cleanups.push(() => store.close())
  return store
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('a relay', () => {
  it('carries documents from one peer to another, live, with edits and deletes', async () => {
    const { ready } = await relay()
    const a = await client(ready.join)
    const b = await client(ready.join)
    const notes = await a.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'one', n: 1 })
    expect(await notes.delivered()).toEqual([ready.peer])
    const same = await b.namespaces.open(notes.id)
    await same.sync()
    expect(await same.get('one')).toEqual({ _id: 'one', n: 1 })

    const seen: unknown[] = []
    for await (const { type, _id, document, from } of same.changes({ since: 0 })) {
      seen.push([type, _id, document?.['n']])
      if (seen.length === 1) await notes.put({ _id: 'one', n: 2 })
      if (seen.length === 2) await notes.delete('one')
      if (seen.length === 3) break
      expect(from).toBe(a.me)
    }
    expect(seen).toEqual([
      ['put', 'one', 1],
      ['put', 'one', 2],
      ['delete', 'one', undefined],
    ])
    // A write by another author in an open namespace goes the other way.
    await same.put({ _id: 'two', by: 'b' })
    await same.delivered()
    await notes.sync()
    expect(await notes.get('two')).toEqual({ _id: 'two', by: 'b' })
    expect((await notes.status()).root).toBe((await same.status()).root)
  })

  it('takes what was written without it as soon as there is a connection', async () => {
    const data = folder()
    const { ready } = await relay()
    const offline = await createDocstore({ data, join: ready.join, network: 'off' })
    const notes = await offline.namespaces.create({ name: 'notes' })
    await notes.putMany(Array.from({ length: 3000 }, (_, n) => ({ n })))
    for (let n = 0; n < 70; n++) await notes.put({ single: n })
    await offline.close()
    const online = await client(ready.join, data)
    const again = await online.namespaces.open(notes.id)
    await again.delivered()
    const { root, documents } = await again.status()
    const other = await client(ready.join)
    const copy = await other.namespaces.open(notes.id)
    expect(await copy.sync()).toMatchObject({ root, documents })
    expect(documents).toBe(3070)
  })

  it('says who it is, how it is, and serves documents to read', async () => {
    const { ready, store } = await relay()
    const notes = await store.namespaces.create({ name: 'notes' })
    const { cid } = await notes.put({ _id: 'a/b', n: 1 })
    await notes.putMany([
      { _id: 'x', n: 2 },
      { _id: 'y', n: 3 },
    ])
    const get = (path: string, headers = {}): Promise<Response> => fetch(ready.http + path, { headers })

    const wellKnown = (await (await get('/.well-known/docstore.json')).json()) as Record<string, unknown>
    expect(wellKnown).toMatchObject({ network: ready.network, peer: ready.peer, addresses: ready.addresses })
    expect(await (await get('/health')).json()).toMatchObject({ ok: true, namespaces: 1 })
    expect((await get('/')).status).toBe(200)

    const document = await get(`/ns/${notes.id}/docs/a%2Fb`)
    expect(await document.text()).toBe('{"_id":"a/b","n":1}')
    expect(document.headers.get('etag')).toBe(`"${cid}"`)
    expect(document.headers.get('x-content-type-options')).toBe('nosniff')
    expect(document.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await get('/')).headers.get('x-content-type-options')).toBe('nosniff')
    expect((await get(`/ns/${notes.id}/docs/a/b`, { 'if-none-match': `"${cid}"` })).status).toBe(304)
    expect(await (await get(`/content/${cid}`)).json()).toEqual({ _id: 'a/b', n: 1 })
    const first = (await (await get(`/ns/${notes.id}/docs?filter={"n":{"$gt":1}}&sort=-n&limit=1`)).json()) as {
      documents: unknown[]
      cursor: string
    }
    expect(first.documents).toEqual([{ _id: 'y', n: 3 }])
    // Blanks around names are nobody's, and names that look like numbers stay where they were typed.
    const sorted = await get(`/ns/${notes.id}/docs?filter={"n":{"$gt":1}}&sort=${encodeURIComponent('n, -1')}`)
    expect((await sorted.json()) as { documents: { n: number }[] }).toMatchObject({ documents: [{ n: 2 }, { n: 3 }] })
    const next = await get(`/ns/${notes.id}/docs?filter={"n":{"$gt":1}}&sort=-n&limit=1&cursor=${encodeURIComponent(first.cursor)}`)
    expect(((await next.json()) as { documents: unknown[] }).documents).toEqual([{ _id: 'x', n: 2 }])

    expect(await (await get('/metrics')).text()).toMatch(/^docstore_namespaces 1$/m)
    for (const [path, status, code] of [
      ['/nowhere', 404, 'not-found'],
      [`/ns/${notes.id}/docs/none`, 404, 'not-found'],
      ['/ns/nonsense/docs', 404, 'unknown-namespace'],
      [`/ns/${notes.id}/docs?filter={`, 400, 'bad-filter'],
      [`/ns/${notes.id}/docs?filter={"n":9007199254740993}`, 400, 'bad-filter'],
      [`/ns/${notes.id}/docs?filter={"n":1,"n":2}`, 400, 'bad-filter'],
      [`/ns/${notes.id}/docs?filter={"n":"%FF"}`, 400, 'bad-filter'],
      [`/ns/${notes.id}/docs?filter={"n":1}&filter={"n":2}`, 400, 'bad-filter'],
      [`/ns/${notes.id}/docs?limit=0`, 400, 'bad-limit'],
      [`/ns/${notes.id}/docs?cursor=x`, 400, 'bad-cursor'],
      [`/ns/${notes.id}/docs?skip=5`, 400, 'bad-option'],
      [`/ns/${notes.id}/docs?sort=-`, 400, 'bad-sort'],
      ['/content/nonsense', 400, 'bad-cid'],
    ] as const) {
      const response = await get(path)
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code], path).toEqual([status, code])
    }
  })

  it('has its page where join links lead, whatever stands there, in capitals too', async () => {
    const { ready } = await relay()
    const page = await (await fetch(ready.http)).text()
    for (const path of ['/j/', '/J/', `/j/${ready.text}`, `/J/${ready.text.toUpperCase()}`, `/j/${'a'.repeat(6000)}`]) {
      const response = await fetch(ready.http + path)
      expect([response.status, await response.text()], path).toEqual([200, page])
    }
    expect((await fetch(`${ready.http}/join`)).status).toBe(404)
  })

  it('is the same after a restart: network, peer, ports, certificate', async () => {
    const data = folder()
    const first = await startRelay({ data, port: 0 })
    await first.close()
    const { ready } = await relay({ data, port: Number(new URL(first.ready.http).port) })
    // The port for UDP is given back only when a process ends; the end-to-end tests restart real ones.
    const withoutUdpPort = (one: Relay['ready']): unknown => ({
      ...one,
      addresses: one.addresses.map((address) => address.replace(/udp\/\d+/, 'udp')),
    })
    expect(withoutUdpPort(ready)).toEqual(withoutUdpPort(first.ready))
  })

  it('refuses a port in use, a folder in use and a link to another network, and leaves them alone', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    cleanups.push(() => taken.close())
    const address = taken.address()
    const data = folder()
    expect(await codeOf(startRelay({ data, port: typeof address === 'object' && address !== null ? address.port : 0 }))).toBe('port-in-use')
    const running = await relay({ data })
    expect(await codeOf(startRelay({ data, port: 0 }))).toBe('data-in-use')
    expect((await fetch(`${running.ready.http}/health`)).status).toBe(200)
    await running.store.namespaces.create({ name: 'mine' })
    const other = await relay()
    const link = formatJoinLink(other.ready.http, readNetwork(other.store.info.network.descriptor))
    await running.close()
    cleanups.pop()
    expect(await codeOf(startRelay({ data, port: 0, join: link }))).toBe('other-network')
  })

  it('takes no more than its disk may hold, says so, and goes on serving what it has', async () => {
    const { ready } = await relay({ maxBytes: 400_000 })
    const a = await client(ready.join)
    const notes = await a.namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'first', n: 1 })
    await notes.delivered()
    await notes.putMany(Array.from({ length: 500 }, (_, n) => ({ n, body: 'x'.repeat(2000) })))
    await expect.poll(async () => (await notes.status()).peers[0]?.error).toMatch(/limit/)
    expect(await codeOf(notes.delivered({ timeoutMs: 100 }))).toBe('not-delivered')
    expect(await notes.count()).toBe(501)
    expect((await fetch(`${ready.http}/ns/${notes.id}/docs/first`)).status).toBe(200)
  })

  it('copies everything of the network that it joins, and passes on what comes in', async () => {
    const first = await relay()
    const a = await client(first.ready.join)
    const notes = await a.namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'old' })
    await notes.delivered()
    const second = await relay({ join: first.ready.join })
    expect(second.ready.network).toBe(first.ready.network)
    const b = await client(second.ready.join)
    const copy = await b.namespaces.open(notes.id)
    await expect.poll(() => copy.get('old')).toEqual({ _id: 'old' })
    await notes.put({ _id: 'new' })
    await expect.poll(() => copy.get('new')).toEqual({ _id: 'new' })
  })

  it('lets forty peers of one address in at once, lets others reach them, and counts them', async () => {
    const { ready, store } = await relay()
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${ready.http}/metrics`)).text()
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    }
    const stores = await Promise.all(Array.from({ length: 40 }, () => client(ready.join)))
    const reached = await Promise.all(stores.map(async ({ network }) => network?.connected({ timeoutMs: 60_000 })))
    expect(reached).toEqual(stores.map(() => 1))
    expect((await store.peers()).length).toBeGreaterThanOrEqual(40)
    await expect.poll(() => metric('docstore_reservations')).toBe(40)
    await Promise.all(stores.slice(0, 30).map((one) => one.close()))
    await expect.poll(() => metric('docstore_reservations')).toBe(10)
    expect(await metric('docstore_reservations_refused_total')).toBe(0)
    expect(await metric('docstore_strangers_total')).toBe(0)
  })
})

describe('messages', () => {
  it('reach every subscriber of the topic in the network, and nobody else', async () => {
    const { ready } = await relay()
    const [a, b, c] = await Promise.all([client(ready.join), client(ready.join), client(ready.join)])
    const heard: string[] = []
    const ended = new AbortController()
    const listen = async (store: Docstore, name: string, topic: string): Promise<void> => {
      for await (const { text, from } of store.subscribe(topic, { signal: ended.signal })) {
        expect(from).toBe(await a.network?.peerId())
        heard.push(`${name}:${text}`)
      }
    }
    const listeners = [listen(b, 'b', 'room'), listen(c, 'c', 'elsewhere')]
    await Promise.all([a, b, c].map(async ({ network }) => network?.connected({ timeoutMs: 60_000 })))
    await expect.poll(async () => (await a.publish('room', 'hi')).recipients).toBe(1)
    await expect.poll(() => heard.includes('b:hi')).toBe(true)
    expect(heard.every((one) => one.startsWith('b:'))).toBe(true)
    expect(await codeOf(a.publish('', 'x'))).toBe('bad-topic')
    expect(await codeOf(a.publish('room', 'x'.repeat(70_000)))).toBe('message-too-large')
    ended.abort()
    await Promise.all(listeners)
  })
})

describe('a client', () => {
  it('of another network is told so', async () => {
    const one = await relay()
    const two = await relay()
    const stranger = await client(formatJoinLink(two.ready.http, readNetwork(one.store.info.network.descriptor)))
    await expect.poll(async () => (await stranger.peers())[0]?.error).toMatch(/in the network .* not in ours/)
    const report = await stranger.doctor()
    expect(report.some(({ check, ok, message }) => check === 'relay' && !ok && message.includes('another network'))).toBe(true)
  })
})
