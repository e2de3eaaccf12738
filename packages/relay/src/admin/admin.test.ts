import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterAll, describe, expect, it } from 'vitest'
import { startRelay } from '../index.ts'
import type { AdminReport } from './admin-report.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-admin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEY = 'a key that nobody guesses'
const basic = (user: string, password: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
})

describe('the page for who runs a relay', () => {
  it('says who stores how much, which services run, what holds and how copies stand, to who has the key', async () => {
    const relay = await startRelay({
      data: join(folder, 'one'),
      port: 0,
      networkName: '<b>shop</b>',
      adminKey: KEY,
      settings: { storage: { maxDisk: 3 } },
    })
    const client = await createDocstore({ data: 'memory', join: relay.ready.join })
    const notes = await client.namespaces.create({ name: 'notes' })
    await client.profiles.set('name', '<i>Ada</i>')
    await notes.putMany(Array.from({ length: 20 }, (_, n) => ({ n })))
    await notes.delivered()
    const get = (path: string, init?: RequestInit): Promise<Response> => fetch(relay.ready.http + path, init)

    for (const path of ['/admin', '/admin.json'])
      for (const init of [{}, basic('admin', 'another key of that kind'), basic('someone', KEY), { headers: { authorization: 'Bearer x' } }]) {
        const refused = await get(path, init)
        expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic realm="relay"/)])
        expect(((await refused.json()) as { error: { code: string } }).error.code).toBe('not-allowed')
      }

    const answer = await get('/admin.json', basic('admin', KEY))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const report = (await answer.json()) as AdminReport
    expect(report).toMatchObject({ ready: true, network: { name: '<b>shop</b>' }, peer: relay.ready.peer, peers: 1, limitsMet: {} })
    expect(report.services.map(({ name }) => name)).toContain('storage')
    expect(report.services.find(({ name }) => name === 'storage')).toMatchObject({ health: { ok: true }, settings: { maxDisk: { value: 3 } } })
    expect(report.placement).toMatchObject({ everywhere: true, draining: false })
    const [ada] = report.authors.most
    expect(ada).toMatchObject({ author: client.me, records: expect.any(Number) })
    expect(ada?.records).toBeGreaterThanOrEqual(20)
    expect(report.authors.bytes).toBeGreaterThanOrEqual(ada?.bytes ?? Infinity)

    const page = await get('/admin', basic('admin', KEY))
    const html = await page.text()
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    // What others chose is text.
    expect(html).toContain('&lt;b&gt;shop&lt;/b&gt;')
    expect(html).not.toMatch(/<script|<b>|<i>/)
    expect(html).toContain(client.me)
    expect(html).toContain('storage.maxDisk')
    await client.close()
    await relay.close()
  })

  it('is not there without a key, and a key that can be guessed keeps the relay from starting', async () => {
    await expect(startRelay({ data: join(folder, 'two'), port: 0, adminKey: 'short' })).rejects.toMatchObject({ code: 'bad-setting' })
    const relay = await startRelay({ data: join(folder, 'two'), port: 0 })
    expect((await fetch(`${relay.ready.http}/admin`)).status).toBe(404)
    await relay.close()
  })
})
