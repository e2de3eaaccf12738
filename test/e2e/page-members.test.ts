import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const SOON = { timeout: 20_000 }
const folder = mkdtempSync(join(tmpdir(), 'docstore-page-members-'))
let relay: Relay
let ada: BrowserPeer
let bob: BrowserPeer
let cy: Docstore

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'members' })
  cy = await createDocstore({ data: 'memory', join: relay.ready.join })
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.http)
  bob = await BrowserPeer.open(join(folder, 'bob'), relay.ready.http)
  await Promise.all([ada.untilConnection('connected'), bob.untilConnection('connected')])
}, 120_000)

afterAll(async () => {
  await Promise.all([ada?.close(), bob?.close()])
  await Promise.all([cy?.close(), relay?.close()])
  rmSync(folder, { recursive: true, force: true })
})

/** Who somebody is, as his own profile says it. */
async function idOf(peer: BrowserPeer): Promise<string> {
  await peer.part('profileOpen').click()
  const id = (await peer.part('devices').getAttribute('data-person')) ?? ''
  await peer.part('profileClose').click()
  return id
}

it('the owner gives roles in the page: who has one writes, and whose is taken away writes no more', async () => {
  const who = await idOf(bob)
  await ada.part('createOpen').click()
  await ada.part('createName').fill('Plans')
  await ada.part('createPolicy', '[value="members"]').check()
  await ada.part('createSubmit').click()
  await ada.part('namespaceTitle').waitFor()
  const id = new URL(ada.page.url()).hash.slice('#/ns/'.length)
  await ada.add({ _id: 'a', title: 'by Ada' })
  await bob.openNamespace(id)
  await bob.row('by Ada').waitFor()
  await expect.poll(() => bob.part('documentAdd').isDisabled(), SOON).toBe(true)

  await ada.part('settingsOpen').click()
  await ada.part('memberWho').fill(who)
  await ada.part('memberGrant').click()
  await ada.part('member', `[data-who="${who}"][data-role="write"][data-ended="false"]`).waitFor()
  expect(await axeViolations(ada.page)).toEqual([])
  await expect.poll(() => bob.part('documentAdd').isEnabled(), SOON).toBe(true)
  await bob.add({ _id: 'b', title: 'by Bob' })
  await ada.part('settingsClose').click()
  await ada.row('by Bob').waitFor()

  // Somebody at a terminal, who manages, sees the same and gives roles too.
  const plans = await cy.namespaces.open(id)
  await expect.poll(async () => (await plans.members()).map((member) => member.who), SOON).toEqual([who])
  await expect(plans.put({ _id: 'c', title: 'by Cy' })).rejects.toMatchObject({ code: 'not-allowed' })
  await ada.part('settingsOpen').click()
  await ada.part('memberWho').fill(cy.me)
  await ada.part('memberRole').selectOption('manage')
  await ada.part('memberGrant').click()
  await ada.part('member', `[data-who="${cy.me}"][data-role="manage"]`).waitFor()
  await expect.poll(async () => (await plans.info())?.writable, SOON).toBe(true)
  await plans.put({ _id: 'c', title: 'by Cy' })

  await ada.part('member', `[data-who="${who}"]`).getByRole('button', { name: 'Take away' }).click()
  await ada.part('member', `[data-who="${who}"][data-ended="true"]`).waitFor()
  await ada.part('settingsClose').click()
  await expect.poll(() => bob.part('documentAdd').isDisabled(), SOON).toBe(true)
  await bob.part('settingsOpen').filter({ hasText: 'Members' }).click()
  await bob.part('member', `[data-who="${who}"][data-ended="true"]`).waitFor()
  expect(await bob.part('memberGrant').count()).toBe(0)
  // What was written until then stands.
  await bob.part('settingsClose').click()
  await bob.row('by Bob').waitFor()
  await ada.row('by Cy').waitFor()
})
