import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { blockUdp } from './network-namespace.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const WRITES = 20
const network = blockUdp()
if (network === undefined)
  console.warn('Skipped: what happens where UDP is blocked. It takes root, and nftables (on Debian: apt-get install nftables)')

describe.skipIf(network === undefined)('two browsers where UDP is blocked', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-blocked-'))
  let relay: RelayChild
  let ada: BrowserPeer
  let ben: BrowserPeer

  beforeAll(async () => {
    await buildPageIfMissing()
    relay = await startRelayChild(join(folder, 'relay'), { prefix: network?.prefix ?? [] })
    const chromium = network?.chromium(folder)
    ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.join, chromium)
    ben = await BrowserPeer.open(join(folder, 'ben'), relay.ready.join, chromium)
    for (const browser of [ada, ben]) await browser.part('connection', '[data-via="websocket"]').waitFor()
    await ben.openNamespace(await ada.createNamespace('Notes'))
  }, 120_000)

  afterAll(async () => {
    await Promise.all([ada?.close(), ben?.close()])
    await relay?.kill()
    network?.close()
    rmSync(folder, { recursive: true, force: true })
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
  }, 90_000)
})
