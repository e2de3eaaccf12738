import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-tabs-'))
let relay: RelayChild
let first: BrowserPeer
let second: BrowserPeer

async function role(tab: BrowserPeer): Promise<string | null> {
  return tab.part('tabRole').getAttribute('data-state')
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelayChild(join(folder, 'relay'))
  first = await BrowserPeer.open(join(folder, 'profile'), relay.ready.http)
  await first.createNamespace('Notes')
  await first.add({ title: 'from the first tab' })
  second = await first.openTab(first.page.url())
}, 120_000)

afterAll(async () => {
  await first?.close()
  await relay?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('the page in two tabs of one browser', () => {
  it('shows in both what is added in one of them', async () => {
    await second.row('from the first tab').waitFor()
    await second.add({ title: 'from the second tab' })
    await first.row('from the second tab').waitFor()
    for (const tab of [first, second]) await tab.untilConnection('connected')
  })

  it('carries messages from one to the other', async () => {
    await second.joinTopic('tea')
    await first.joinTopic('tea')
    await first.say('The kettle is on')
    await second.part('message').filter({ hasText: 'The kettle is on' }).waitFor()
  })

  it('tells whether the browser promises to keep what was written, which it was asked for', async () => {
    await second.part('connection').click()
    await second.part('durability', ':is([data-state="kept"], [data-state="may-be-cleared"])').waitFor()
    await second.page.getByText(/\d.* used of .*\d/).waitFor()
    if ((await second.part('durability').getAttribute('data-state')) !== 'kept')
      await second.page.getByText('The browser was asked to keep it').waitFor()
    await second.part('peerPanelClose').click()
  })

  it('says which of them holds the data, and goes on in the other one when that is gone', async () => {
    for (const tab of [first, second]) await tab.part('connection').click()
    expect([await role(first), await role(second)]).toEqual(['owner', 'follower'])
    await first.page.goto('about:blank')
    await second.part('tabRole', '[data-state="owner"]').waitFor()
    await second.add({ title: 'after the first tab' })
    await second.untilConnection('connected')
    await first.page.goBack()
    await first.row('after the first tab').waitFor()
  })
})
