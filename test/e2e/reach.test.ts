import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_CERTIFICATES } from '../../packages/relay/src/testing/certificates.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { RELAY_HOST, twoMachines } from './network-namespace.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

/** Port of the relay's page, on a machine of its own. */
const PORT = 8080
const ORIGIN = `https://${RELAY_HOST}:${PORT}`
/** A trial of Chromium that refuses what WebRTC-direct does: it changes the credentials that the browser chose (libp2p/specs#672). */
const NO_MUNGING = '--force-fieldtrials=WebRTC-NoSdpMangleUfrag/Enabled/'

const machines = twoMachines({ udp: true, decoys: true })
if (machines === undefined) console.warn('Skipped: a relay on another machine. It takes root, and nftables (on Debian: apt-get install nftables)')

describe.skipIf(machines === undefined)('a page on another machine than its relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-reach-'))
  const open: BrowserPeer[] = []
  let relay: RelayChild

  beforeAll(async () => {
    await buildPageIfMissing()
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    writeFileSync(tls.cert, TEST_CERTIFICATES[0]?.cert ?? '')
    writeFileSync(tls.key, TEST_CERTIFICATES[0]?.key ?? '')
    relay = await startRelayChild(join(folder, 'relay'), { prefix: machines?.relay ?? [], host: '0.0.0.0', port: PORT, tls, publicUrl: ORIGIN })
  }, 120_000)

  afterAll(async () => {
    await Promise.all(open.map((browser) => browser.close()))
    await relay?.kill()
    machines?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The page in a new Chromium; `webSockets` says whether those get through. */
  async function page(name: string, { flags = [], webSockets }: { flags?: readonly string[]; webSockets: boolean }): Promise<BrowserPeer> {
    const browser = await BrowserPeer.open(join(folder, name), `${ORIGIN}/health`, machines?.chromium(folder, ...flags))
    open.push(browser)
    // A certificate that nobody vouches for, or a proxy that passes on pages only, has the same effect.
    if (!webSockets) await browser.page.routeWebSocket(/./, (socket) => void socket.close())
    await browser.page.goto(relay.ready.join)
    return browser
  }

  it('is connected by WebRTC-direct where WebSockets do not get through', async () => {
    const browser = await page('ada', { webSockets: false })
    await browser.part('connection', '[data-state="connected"][data-via="webrtc-direct"]').waitFor()
  })

  it('is connected by WebSocket where Chromium lets nobody choose credentials of WebRTC, and documents arrive', async () => {
    const ada = await page('ada of the trial', { webSockets: true, flags: [NO_MUNGING] })
    const ben = await page('ben of the trial', { webSockets: true, flags: [NO_MUNGING] })
    for (const browser of [ada, ben]) await browser.part('connection', '[data-state="connected"][data-via="websocket"]').waitFor()
    await ben.openNamespace(await ada.createNamespace('Notes'))
    await ada.add({ title: 'from Ada' })
    await ben.row('from Ada').waitFor()
  })

  it('works alone where neither is there, and says so', async () => {
    const browser = await page('alone', { webSockets: false, flags: [NO_MUNGING] })
    await browser.untilConnection('offline')
    await browser.createNamespace('Notes')
    await browser.add({ title: 'for later' })
    await browser.row('for later').waitFor()
    expect(await browser.part('connection').getAttribute('data-via')).toBeNull()
  })
})
