import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_CERTIFICATES } from '../../packages/relay/src/testing/certificates.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { RELAY_HOST, twoMachines } from './network-namespace.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const WRITES = 20
/** Port of the relay's page, on a machine of its own. */
const PORT = 8080
// The relay has five addresses, tells four of them, and is reached at one.
const machines = twoMachines({ udp: false, decoys: true })
if (machines === undefined)
  console.warn('Skipped: what happens where UDP is blocked. It takes root, and nftables (on Debian: apt-get install nftables)')

describe.skipIf(machines === undefined)('two browsers where UDP is blocked, and a relay on another machine that has several addresses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-blocked-'))
  let relay: RelayChild
  let ada: BrowserPeer
  let ben: BrowserPeer

  beforeAll(async () => {
    await buildPageIfMissing()
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    writeFileSync(tls.cert, TEST_CERTIFICATES[0]?.cert ?? '')
    writeFileSync(tls.key, TEST_CERTIFICATES[0]?.key ?? '')
    const where = { host: '0.0.0.0', port: PORT, tls, publicUrl: `https://${RELAY_HOST}:${PORT}` }
    relay = await startRelayChild(join(folder, 'relay'), { prefix: machines?.relay ?? [], ...where })
    const chromium = machines?.chromium(folder)
    ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.join, chromium)
    ben = await BrowserPeer.open(join(folder, 'ben'), relay.ready.join, chromium)
    for (const browser of [ada, ben]) await browser.part('connection', '[data-via="websocket"]').waitFor()
    await ben.openNamespace(await ada.createNamespace('Notes'))
  }, 120_000)

  afterAll(async () => {
    await Promise.all([ada?.close(), ben?.close()])
    await relay?.kill()
    machines?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are told of no address that would lead to their own machine', () => {
    const hosts = new Set(relay.ready.addresses.map((address) => address.split('/')[2]))
    expect(hosts).toContain(RELAY_HOST)
    expect(hosts).not.toContain('127.0.0.1')
    expect(hosts.size).toBe(4)
  })

  it('see everything that the other writes, through the relay', async () => {
    const took: number[] = []
    for (let i = 0; i < WRITES; i++) {
      const [writer, reader] = i % 2 === 0 ? [ada, ben] : [ben, ada]
      const begin = Date.now()
      await writer.add({ title: `number ${i}.` })
      await reader.row(`number ${i}.`).waitFor()
      took.push(Date.now() - begin)
    }
    expect(took).toHaveLength(WRITES)
    took.sort((a, b) => a - b)
    const p95 = took[Math.ceil(WRITES * 0.95) - 1] ?? Infinity
    console.info(`with UDP blocked, from one page to the other: p50 ${took[WRITES / 2]} ms, p95 ${p95} ms`)
  })
})
