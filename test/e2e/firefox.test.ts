import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { FirefoxPeer, hasFirefox, WEBRTC_ON_LOOPBACK } from './firefox-peer.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const TABS = 5
if (!hasFirefox()) console.warn('Skipped: the page in Firefox. Install it (on Debian: apt-get install firefox-esr), or set FIREFOX_PATH')

describe.skipIf(!hasFirefox())('the page in Firefox', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-firefox-'))
  const relayData = join(folder, 'relay')
  let relay: RelayChild
  let ada: FirefoxPeer
  let ben: FirefoxPeer
  let notes: string
  const figures: string[] = []

  beforeAll(async () => {
    await buildPageIfMissing()
    relay = await startRelayChild(relayData)
    const began = Date.now()
    ada = await FirefoxPeer.open(join(folder, 'ada'), relay.ready.join)
    figures.push(`started and loaded in ${Date.now() - began} ms`)
  }, 120_000)

  afterAll(async () => {
    console.info(`Firefox: ${figures.join(', ')}`)
    await Promise.all([ada?.close(), ben?.close()])
    await relay?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('connects with the preferences that everybody has', async () => {
    await ada.untilConnection('connected')
    const began = Date.now()
    await ada.reload()
    await ada.untilConnection('connected')
    figures.push(`connected by ${await ada.part('connection').getAttribute('data-via')} ${Date.now() - began} ms after a reload began`)
  }, 120_000)

  it('creates a namespace, adds to it and edits', async () => {
    notes = await ada.createNamespace('Notes')
    await ada.add({ title: 'written in Firefox' })
    await ada.edit('written in Firefox', { title: 'edited in Firefox' })
    await ada.row('edited in Firefox').waitFor()
    await ada.part('count', '[data-total="1"]').waitFor()
  }, 120_000)

  it('asks the browser to keep the data only when its user wishes so, and says then whose answer it waits for', async () => {
    await ada.part('connection').click()
    await ada.part('durability', '[data-state="may-be-cleared"]').waitFor()
    await ada.part('durabilityAsk').click()
    // Nobody answers the question here.
    await ada.part('durability', '[data-state="asking"]').filter({ hasText: 'answer its question' }).waitFor()
    await ada.part('durabilityAsk', '[aria-disabled="true"]').click()
    await ada.press('Escape')
    await ada.part('peerPanel').waitFor({ state: 'detached' })
    expect(await ada.focused()).toBe(TEST_IDS.connection)
  }, 120_000)

  it('shows in each of two profiles what is written in the other one', async () => {
    ben = await FirefoxPeer.open(join(folder, 'ben'), relay.ready.join, WEBRTC_ON_LOOPBACK)
    await ben.openNamespace(notes)
    await ben.row('edited in Firefox').waitFor()
    await ben.add({ title: 'from Ben' })
    await ada.edit('from Ben', { title: 'from Ben, edited by Ada' })
    await ben.row('edited by Ada').waitFor()
  }, 120_000)

  it('becomes directly connected to Chromium, and stays so without the relay', async () => {
    const cara = await BrowserPeer.open(join(folder, 'cara'), relay.ready.join)
    try {
      // A namespace that these two alone have: nobody else is whom they are connected to.
      const shared = await cara.createNamespace('Two')
      await cara.part('connection').click()
      await ben.openNamespace(shared)
      await cara.part('relayRow', '[data-via="webrtc"][data-state="connected"]').filter({ hasText: 'WebRTC, direct' }).waitFor()
      // The check-up, which ran before, has noticed.
      await cara.part('doctorFinding').filter({ hasText: 'Directly connected with 1 other browser' }).waitFor()
      await cara.add({ title: 'from Chromium' })
      await ben.row('from Chromium').waitFor()
      await Promise.all([ada.untilPageIsKept(), relay.kill()])
      await ben.add({ title: 'from Firefox' })
      await cara.row('from Firefox').waitFor()
    } finally {
      await Promise.all([ben.close(), cara.close()])
    }
  }, 120_000)

  it('opens without its relay, with every document, and takes writes', async () => {
    const began = Date.now()
    await ada.reload()
    await ada.row('edited by Ada').waitFor()
    figures.push(`rows ${Date.now() - began} ms after a reload without the relay began`)
    await ada.untilConnection('offline')
    await ada.add({ title: 'without the relay' })
    await ada.row('without the relay').waitFor()
    relay = await startRelayChild(relayData, { port: relay.port })
    await ada.untilConnection('connected')
    await ada.part('syncState', '[data-state="synced"]').waitFor()
  }, 180_000)

  it('loses nothing in five tabs when the one that holds the data is closed', async () => {
    const tabs = [ada]
    while (tabs.length < TABS) tabs.push(await ada.openTab(`${relay.ready.http}/#/ns/${notes}`))
    for (const tab of tabs) await tab.part('connection').click()
    const roles = await Promise.all(tabs.map((tab) => tab.part('tabRole').getAttribute('data-state')))
    expect(roles).toEqual(['owner', ...tabs.slice(1).map(() => 'follower')])
    for (const [i, tab] of tabs.entries()) await tab.add({ title: `before, ${i}.` })
    await ada.closeTab()
    const rest = tabs.slice(1)
    const began = Date.now()
    for (const [i, tab] of rest.entries()) await tab.add({ title: `after, ${i}.` })
    figures.push(`${rest.length} writes in the tabs that were left ${Date.now() - began} ms after the owner was closed`)
    const total = 3 + TABS + rest.length
    for (const tab of rest) await tab.part('count', `[data-total="${total}"]`).waitFor()
    const left = await Promise.all(rest.map((tab) => tab.part('tabRole').getAttribute('data-state')))
    expect(left.filter((role) => role === 'owner')).toHaveLength(1)
    await rest[0]?.untilConnection('connected')
  }, 180_000)

  it('can be used in a private window, which keeps nothing', async () => {
    const guest = await FirefoxPeer.open(join(folder, 'guest'), relay.ready.join, { 'browser.privatebrowsing.autostart': true })
    try {
      await guest.part('openFailed', '[data-code="no-opfs"]').waitFor()
      await guest.part('openWithoutStoring').click()
      await guest.untilConnection('connected')
      await guest.openNamespace(notes)
      await guest.add({ title: 'from a private window' })
      await guest.part('syncState', '[data-state="synced"]').waitFor()
      await guest.part('connection').click()
      await guest.part('durability', '[data-state="not-stored"]').waitFor()
    } finally {
      await guest.close()
    }
  }, 120_000)
})
