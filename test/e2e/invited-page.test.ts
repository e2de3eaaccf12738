import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { formatJoinLink, formatJoinText, Invitations, readNetwork } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const OUTAGE = { timeout: 40_000, interval: 200 }
const folder = mkdtempSync(join(tmpdir(), 'docstore-invited-'))
let relay: Relay
let invitations: Invitations
let guest: BrowserPeer | undefined

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, inviteOnly: true })
  invitations = new Invitations(relay.store)
}, 120_000)
afterAll(async () => {
  await guest?.close()
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
})

it('a page that is opened through an invitation gets in, again without the link, and has to go when it is taken back', async () => {
  const { id, invitation } = await invitations.create({ label: 'Ada' })
  const network = readNetwork(relay.store.info.network.descriptor)
  guest = await BrowserPeer.open(join(folder, 'guest'), formatJoinLink(relay.ready.http, network, { invitation }))
  await guest.untilConnection('connected')
  // The secret is out of the address bar, and so out of what is copied from there.
  expect(guest.page.url()).toBe(`${relay.ready.http}/#/`)
  await guest.page.goto('about:blank')
  await guest.page.goto(relay.ready.http)
  await guest.untilConnection('connected')
  await guest.createNamespace('Notes')
  await expect.poll(async () => (await relay.store.namespaces.list()).map(({ name }) => name), OUTAGE).toEqual(['Notes'])
  await invitations.revoke(id)
  await guest.untilConnection('offline')
  await expect.poll(() => relay.store.libp2p?.services.doorkeeper.refusals.get('invitation-revoked'), OUTAGE).toBeGreaterThan(0)
  // It is said where one looks: in the header, and over the documents.
  await guest.part('shutOutBanner', '[data-code="invitation-revoked"]').waitFor()
  await guest.part('connection').filter({ hasText: 'Invitation withdrawn' }).waitFor()
  await guest.part('syncState').filter({ hasText: 'Saved here only' }).waitFor()
}, 120_000)

it('a page that is opened without an invitation does not get in, says so with what to do, and takes an invitation', async () => {
  const outsider = await BrowserPeer.open(join(folder, 'outsider'), relay.ready.join)
  try {
    await outsider.untilConnection('offline')
    expect([new URL(relay.ready.join).pathname, outsider.page.url()]).toEqual([`/j/${relay.ready.text}`, `${relay.ready.http}/#/`])
    await expect.poll(() => relay.store.libp2p?.services.doorkeeper.refusals.get('not-invited'), OUTAGE).toBeGreaterThan(0)
    expect(await relay.store.peers()).toEqual([])
    await outsider.part('shutOutBanner', '[data-code="not-invited"]').filter({ hasText: 'Ask whoever runs it for an invitation' }).waitFor()
    await outsider.part('connection').filter({ hasText: 'Not invited' }).waitFor()
    await outsider.part('enterLink').click()
    await expect.poll(() => outsider.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(TEST_IDS.openId)
    const { invitation } = await invitations.create({ label: 'Ben' })
    const link = formatJoinText(relay.ready.http, readNetwork(relay.store.info.network.descriptor), { invitation })
    await outsider.page.keyboard.type(link)
    await outsider.page.keyboard.press('Enter')
    await outsider.untilConnection('connected')
    expect(await outsider.part('shutOutBanner').count()).toBe(0)
  } finally {
    await outsider.close()
  }
}, 120_000)
