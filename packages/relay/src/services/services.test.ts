import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDocstore } from 'p2p-docstore'
import { afterEach, describe, expect, it } from 'vitest'
import type { RelayOptions } from '../config.ts'
import { type Relay, startRelay } from '../relay.ts'
import { loadService } from './load-service.ts'

const EXAMPLE = fileURLToPath(new URL('../../../../examples/relay-service/visitors.js', import.meta.url))
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const started = await startRelay({ data: 'memory', port: 0, ...options })
  cleanups.push(() => started.close())
  return started
}

async function get({ ready }: Relay, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(ready.http + path)
  return { status: answer.status, text: await answer.text() }
}

async function ownServices({ store }: Relay): Promise<readonly string[] | undefined> {
  return (await store.directory()).find(({ isSelf }) => isSelf)?.services
}

describe('the services of a relay', () => {
  it('are all that there are where nothing is chosen, and its descriptor and its page say so', async () => {
    const all = await relay()
    const told = ['signaling', 'discovery', 'directory', 'storage', 'profiles', 'gateway', 'messages']
    await expect.poll(() => ownServices(all)).toEqual(['relay', ...told])
    expect(JSON.parse((await get(all, '/.well-known/docstore.json')).text)).toMatchObject({ services: told })
    const { status, text } = await get(all, '/health/ready')
    expect([status, Object.keys((JSON.parse(text) as { services: object }).services)]).toEqual([200, told.filter((name) => name !== 'profiles')])
  })

  it('are those that were chosen: one that only helps browsers to meet has no documents, over HTTP neither, and is asked for none', async () => {
    const gate = await relay({ services: ['signaling', 'directory'], settings: { signaling: { places: 3 } } })
    await expect.poll(() => ownServices(gate)).toEqual(['relay', 'signaling', 'directory'])
    const guest = await createDocstore({ data: 'memory', join: gate.ready.text })
    cleanups.push(() => guest.close())
    await guest.network?.connected({ timeoutMs: 60_000 })
    const notes = await guest.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'one' })
    await expect(notes.delivered({ copies: 1, timeoutMs: 200 })).rejects.toMatchObject({ code: 'not-delivered' })
    await expect.poll(async () => (await notes.status()).peers.map(({ state }) => state)).toEqual(['declined'])
    expect(await gate.store.replica.namespaceIds()).toEqual([])
    expect((await get(gate, `/ns/${notes.id}/docs`)).status).toBe(404)
    expect((await get(gate, '/metrics')).text).not.toContain('docstore_namespaces')
    expect(gate.store.libp2p?.services.places?.max).toBe(3)
  })

  it('are those of old and Nostr where that is named besides, and clients of Nostr are served then', async () => {
    const plain = await relay()
    const both = await relay({ services: ['default', 'nostr'], settings: { nostr: { name: 'notes' } } })
    await expect
      .poll(() => ownServices(both))
      .toEqual(['relay', 'signaling', 'discovery', 'directory', 'storage', 'profiles', 'gateway', 'messages', 'nostr'])
    const asked = async ({ ready }: Relay): Promise<string> => (await fetch(ready.http, { headers: { accept: 'application/nostr+json' } })).text()
    expect(JSON.parse(await asked(both))).toMatchObject({ name: 'notes' })
    expect(await asked(plain)).not.toContain('supported_nips')
    const members = await relay({ services: ['default', 'nostr'], inviteOnly: true })
    expect(await asked(members)).not.toContain('supported_nips')
  })

  it('are refused by name where there is no such service, one needs another, or a setting is wrong', async () => {
    const refused = async (options: Partial<RelayOptions>): Promise<unknown> => startRelay({ data: 'memory', port: 0, ...options })
    await expect(refused({ services: ['storag'] })).rejects.toMatchObject({ code: 'bad-setting', message: expect.stringContaining('"storag"') })
    await expect(refused({ services: ['gateway'] })).rejects.toMatchObject({ code: 'bad-setting', message: expect.stringContaining('needs storage') })
    const settings = { signaling: { places: 0 } }
    await expect(refused({ settings })).rejects.toMatchObject({ code: 'bad-setting', message: 'signaling.places is a whole number from 1 to 2000' })
  })
})

describe('a service of a module', () => {
  it('runs like those that come with a relay: told to others, with routes, metrics, health and settings', async () => {
    const visitors = await loadService(EXAMPLE)
    const own = await relay({ services: ['directory', 'storage'], load: [visitors] })
    const guest = await createDocstore({ data: 'memory', join: own.ready.text })
    cleanups.push(() => guest.close())
    await expect.poll(async () => (await get(own, '/visitors')).text).toBe('{"visits":1}')
    expect((await get(own, '/metrics')).text).toContain('# TYPE docstore_visitors_total counter\ndocstore_visitors_total 1\n')
    expect(JSON.parse((await get(own, '/health')).text)).toMatchObject({ ok: true, services: { visitors: { ok: true, visits: 1 } } })
    await expect.poll(() => ownServices(own)).toContain('visitors')
  })

  it('that fails takes nothing else with it: the relay is alive, and not ready', async () => {
    const lame = {
      name: 'lame',
      about: 'fails',
      start: () => ({
        health: () => ({ ok: false, fault: 'broken' }),
        metrics: () => {
          throw new Error('no')
        },
      }),
    }
    const own = await relay({ services: ['directory'], load: [lame], log: { level: 'silent' } })
    expect(await get(own, '/health/live')).toMatchObject({ status: 200 })
    const { status, text } = await get(own, '/health/ready')
    expect([status, JSON.parse(text)]).toMatchObject([503, { ok: false, fault: 'broken', services: { directory: { ok: true } } }])
    expect((await get(own, '/metrics')).text).toContain('docstore_listed_relays')
    const broken = { name: 'broken', about: 'throws', start: () => Promise.reject(new Error('no luck')) }
    const starting = startRelay({ data: 'memory', port: 0, load: [broken] })
    await expect(starting).rejects.toMatchObject({ code: 'service-failed', message: 'The service broken does not start: no luck' })
  })

  it('is refused with what is wrong with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docstore-service-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const faultOf = async (text: string): Promise<string> => {
      const path = join(folder, `${Math.random()}.mjs`)
      writeFileSync(path, text)
      return loadService(path).then(
        () => 'none',
        (error: Error) => error.message.replace(/^.*\.mjs:? /, ''),
      )
    }
    expect(await faultOf('export const other = 1')).toBe('has no export `service`')
    expect(await faultOf('export const service = { name: "storage" }')).toBe(
      'has a service storage, which is the name of one that comes with a relay',
    )
    expect(await faultOf('export const service = { name: "a", about: "b", start: 1 }')).toBe('has a service a whose `start` is no function')
    expect(await faultOf('export const service = { name: "a", about: "b", settings: { x: {} } }')).toBe('has a service a whose setting "x" is none')
    await expect(loadService('./nowhere.js', folder)).rejects.toMatchObject({ code: 'bad-service' })
  })
})
