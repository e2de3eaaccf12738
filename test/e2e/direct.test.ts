import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

/** `RELOADS=20 OUTAGE_S=600` for the whole of it. */
const RELOADS = Number(process.env['RELOADS'] ?? 4)
const OUTAGE_MS = Number(process.env['OUTAGE_S'] ?? 10) * 1000
/** Between two writes while the relay is away, milliseconds. */
const PAUSE_MS = 1000

const folder = mkdtempSync(join(tmpdir(), 'docstore-direct-'))
const relayData = join(folder, 'relay')

let relay: RelayChild
let ada: BrowserPeer
let ben: BrowserPeer

/** Resolves when the page says that it is connected to the other one directly. */
async function untilDirect(browser: BrowserPeer): Promise<void> {
  if (!(await browser.part('peerPanel').isVisible())) await browser.part('connection').click()
  await browser.part('relayRow', '[data-via="webrtc"][data-state="connected"]').filter({ hasText: 'WebRTC, direct' }).waitFor()
  await browser.part('peerPanelClose').click()
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelayChild(relayData)
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.join)
  ben = await BrowserPeer.open(join(folder, 'ben'), relay.ready.join)
  await ben.openNamespace(await ada.createNamespace('Notes'))
}, 120_000)

afterAll(async () => {
  await Promise.all([ada?.close(), ben?.close()])
  await relay?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('two browsers that joined by the same link', () => {
  it('become directly connected, and their pages say so', async () => {
    await Promise.all([untilDirect(ada), untilDirect(ben)])
  })

  it('are equal and directly connected again after each reload of one', async () => {
    const took: [equal: number, direct: number][] = []
    for (let i = 0; i < RELOADS; i++) {
      const began = Date.now()
      const reloading = ben.page.reload()
      await ada.add({ title: `reload ${i}.` })
      await reloading
      await ben.row(`reload ${i}.`).waitFor()
      const equal = Date.now() - began
      await untilDirect(ben)
      took.push([equal, Date.now() - began])
    }
    console.info(`after a reload, equal and direct again after, ms: ${took.map((both) => both.join('/')).join(' ')}`)
  }, 300_000)

  it(
    'stay equal and hear each other while the relay is away',
    async () => {
      await relay.kill()
      const end = Date.now() + OUTAGE_MS
      for (let i = 0; i < 3 || Date.now() < end; i++) {
        await ada.add({ title: `Ada, ${i}.` })
        await ben.add({ title: `Ben, ${i}.` })
        for (const browser of [ada, ben]) await browser.part('count', `[data-total="${RELOADS + 2 * i + 2}"]`).waitFor()
        await sleep(PAUSE_MS)
      }
      await untilDirect(ada)
      await ada.joinTopic('tea')
      await ben.joinTopic('tea')
      await ben.say('The kettle is on')
      await ada.part('message').filter({ hasText: 'The kettle is on' }).waitFor()
    },
    OUTAGE_MS * 2 + 120_000,
  )
})
