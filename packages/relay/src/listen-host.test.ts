import { mkdtempSync, rmSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startRelay } from './index.ts'
import { listenAddress } from './listen-host.ts'

const data = mkdtempSync(join(tmpdir(), 'listen-host-'))
afterEach(() => rmSync(data, { recursive: true, force: true }))

describe('the address that a relay listens on', () => {
  it('is what a name stands for, or the address itself', async () => {
    expect(isIP(await listenAddress('localhost'))).toBeGreaterThan(0)
    expect(await listenAddress('127.0.0.1')).toBe('127.0.0.1')
    expect(await listenAddress('[::1]')).toBe('::1')
  })

  it('can be given by name, and everything listens there', async () => {
    const relay = await startRelay({ data, port: 0, host: 'localhost' })
    try {
      expect(relay.ready.addresses).toHaveLength(3)
      expect((await fetch(`${relay.ready.http}/health`)).status).toBe(200)
    } finally {
      await relay.close()
    }
  })

  it.each(['no.such.machine.invalid', '300.1.1.1', ''])('is refused by name where %j is none', async (host) => {
    await expect(startRelay({ data, port: 0, host })).rejects.toMatchObject({ code: 'bad-host' })
  })

  it.each(['relay.example:4001', '/ip4/relay.example/tcp/4001'])(
    'is announced as a name in a form that the message shows, not as %s',
    async (announce) => {
      const refused = expect.objectContaining({ code: 'bad-address', message: expect.stringContaining('/dns/relay.example/tcp/4001') as string })
      await expect(startRelay({ data, port: 0, announce: [announce] })).rejects.toEqual(refused)
    },
  )
})
