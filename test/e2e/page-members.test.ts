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
  const id = (await peer.part('ownId').getAttribute('data-value')) ?? ''
  await peer.part('profileClose').click()
  return id
}

/** A namespace of members; resolves with its id. */
async function createNamespace(peer: BrowserPeer, name: string): Promise<string> {
  await peer.part('createOpen').click()
  await peer.part('createName').fill(name)
  await peer.part('createPolicy', '[value="members"]').check()
  await peer.part('createSubmit').click()
  await peer.part('namespaceTitle').filter({ hasText: name }).waitFor()
  return new URL(peer.page.url()).hash.slice('#/ns/'.length)
}

it('the owner gives roles in the page: who has one writes, and whose is taken away writes no more', async () => {
  const who = await idOf(bob)
  const id = await createNamespace(ada, 'Plans')
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
  // The key of a device has no role: its person has.
  await bob.part('connection').click()
  const key = (await bob.part('identity').getAttribute('data-value')) ?? ''
  await bob.part('peerPanelClose').click()
  await ada.part('settingsOpen').click()
  await ada.part('memberWho').fill(key)
  await ada.part('memberGrant').click()
  await ada.part('memberSaid').filter({ hasText: who }).waitFor()
  await ada.part('settingsClose').click()

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

  const bobs = ada.part('memberPerson', `[data-who="${who}"]`)
  await bobs.getByRole('button', { name: 'Take away' }).click()
  await bobs.getByRole('button', { name: 'Take it away' }).focus()
  await ada.page.keyboard.press('Enter')
  await ada.part('member', `[data-who="${who}"][data-ended="true"]`).waitFor()
  // What had the focus is gone; whoever uses keys goes on beside it.
  await expect.poll(() => bobs.evaluate((part) => part.contains(document.activeElement))).toBe(true)
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

it('a role of one collection, from one time until another, and who gave and took what, are in the page, too', async () => {
  const id = await createNamespace(ada, 'Drafts')
  await ada.part('settingsOpen').click()
  await ada.part('memberWho').fill(cy.me)
  await ada.part('memberLimits').click()
  await ada.part('memberCollection').fill('drafts')
  await ada.part('memberFrom').fill('2090-01-01T00:00')
  await ada.part('memberUntil').fill('2089-01-01T00:00')
  await ada.part('memberGrant').click()
  await ada.part('memberSaid').filter({ hasText: 'A role ends after it begins' }).waitFor()
  await ada.part('memberFrom').fill('2026-01-01T00:00')
  await ada.part('memberUntil').fill('2090-01-01T00:00')
  expect(await axeViolations(ada.page)).toEqual([])
  await ada.part('memberGrant').click()
  const shown = ada.part('member', `[data-who="${cy.me}"][data-role="write"]`)
  await shown.filter({ hasText: 'in “drafts”' }).filter({ hasText: 'until 1/1/2090' }).waitFor()

  const drafts = await cy.namespaces.open(id)
  await expect.poll(async () => (await drafts.members()).length, SOON).toBe(1)
  expect(await drafts.members()).toMatchObject([{ who: cy.me, role: 'write', collection: 'drafts' }])
  await drafts.collection('drafts').put({ title: 'a draft' })
  await expect(drafts.put({ title: 'no draft' })).rejects.toMatchObject({ code: 'not-allowed' })

  // The same once more is the same to look at.
  await ada.part('memberWho').fill(cy.me)
  await ada.part('memberRole').selectOption('moderate')
  await ada.part('memberGrant').click()
  await ada.part('member', `[data-who="${cy.me}"][data-role="moderate"]`).waitFor()
  await ada.part('memberWho').fill(cy.me)
  await ada.part('memberRole').selectOption('moderate')
  await ada.part('memberGrant').click()
  await ada.part('pastChangesOpen').click()
  await ada.part('pastChange').nth(3).waitFor()
  expect(await ada.part('member').count()).toBe(2)
  const types = await ada.part('pastChange').evaluateAll((changes) => changes.map((change) => (change as HTMLElement).dataset['type']))
  expect(types).toEqual(['grant', 'grant', 'grant', 'head'])
  await ada.part('pastChange').nth(2).filter({ hasText: 'in “drafts”' }).waitFor()

  // One of several roles ends, and the other one goes on as it was given.
  await ada.part('memberRevoke').click()
  await ada.part('memberRevokeOnly').selectOption({ label: 'may write, and remove what others wrote' })
  expect(await axeViolations(ada.page)).toEqual([])
  await ada.part('memberRevokeConfirm').filter({ hasText: 'Take it away' }).click()
  await ada.part('member', '[data-role="moderate"][data-ended="true"]').waitFor()
  expect(await ada.part('member').count()).toBe(2)
  await ada
    .part('member', '[data-role="write"][data-ended="false"]')
    .filter({ hasText: 'in “drafts”' })
    .filter({ hasText: 'until 1/1/2090' })
    .waitFor()
  const heldNow = async (): Promise<readonly string[]> =>
    (await drafts.members()).filter(({ until }) => until === undefined || until > new Date().toISOString()).map(({ role }) => role)
  await expect.poll(heldNow, SOON).toEqual(['write'])
  await drafts.collection('drafts').put({ title: 'another draft' })
  await expect(drafts.put({ title: 'still no draft' })).rejects.toMatchObject({ code: 'not-allowed' })
  await ada.part('memberRevoke').click()
  await ada.part('memberRevokeConfirm').filter({ hasText: 'Take it away' }).click()
  await ada.part('pastChange', '[data-type="revoke"]').filter({ hasText: 'took the roles of' }).nth(1).waitFor()
  expect(await axeViolations(ada.page)).toEqual([])
  await expect.poll(async () => (await drafts.info())?.writable, SOON).toBe(false)
  expect(await drafts.collection('drafts').distinct('title')).toEqual(['a draft', 'another draft'])
  await ada.part('settingsClose').click()
})
