import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

/** How long the relay is away, seconds. Longer outages are run by hand: `RELAY_OUTAGE_S=120 npx vitest run --project node test/e2e/relay-restart`. */
const OUTAGE_S = Number(process.env['RELAY_OUTAGE_S'] ?? 5)
/** How long everyone may take to be back, milliseconds: some seconds mostly. */
const BACK_MS = 150_000

const folder = mkdtempSync(join(tmpdir(), 'docstore-restart-'))
const relayData = join(folder, 'relay')

let relay: RelayChild
let browsers: readonly BrowserPeer[]
let terminals: readonly Docstore[]

/** Peers that others can reach through the relay, as it says itself. */
async function reservations(): Promise<number> {
  const text = await (await fetch(`${relay.ready.http}/metrics`)).text()
  return Number(/^docstore_reservations (.*)$/m.exec(text)?.[1])
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelayChild(relayData)
  browsers = await Promise.all(['ada', 'ben'].map((name) => BrowserPeer.open(join(folder, name), relay.ready.join)))
  terminals = await Promise.all(['one', 'two'].map((name) => createDocstore({ data: join(folder, name), join: relay.ready.join })))
}, 120_000)

afterAll(async () => {
  await Promise.all([...(browsers ?? []), ...(terminals ?? [])].map((peer) => peer.close()))
  await relay?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('a relay that is killed', () => {
  it(
    'has every peer back, and reachable through it, soon after it is',
    async () => {
      await expect.poll(reservations, { timeout: BACK_MS }).toBe(4)
      await relay.kill()
      await sleep(OUTAGE_S * 1000)
      relay = await startRelayChild(relayData, { port: relay.port })
      const began = performance.now()
      // Whoever is missing is said where somebody is.
      const isBack = expect.objectContaining({ state: 'connected', reservation: true })
      await expect
        .poll(
          async () => ({
            reservations: await reservations(),
            terminals: await Promise.all(terminals.map((terminal) => terminal.peers())),
          }),
          { timeout: BACK_MS, interval: 100 },
        )
        .toEqual({ reservations: 4, terminals: [[isBack], [isBack]] })
      if (process.env['RELAY_OUTAGE_S'] !== undefined) console.log(`everyone was back after ${((performance.now() - began) / 1000).toFixed(1)} s`)
      for (const browser of browsers) await browser.untilConnection('connected')
    },
    OUTAGE_S * 1000 + 3 * BACK_MS,
  )
})
