import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const DOCUMENTS = 1000
/** How long it may take from the words to the last document, milliseconds. */
const RESTORE_MS = 30_000
const SOON = { timeout: 20_000 }

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-restored-'))
let relay: Relay
let bob: Docstore
let plans: Namespace
let fresh: BrowserPeer

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'restored', names: 'own' })
  bob = await createDocstore({ data: 'memory', person: 'new', join: relay.ready.join })
  plans = await bob.namespaces.create({ name: 'Plans', write: 'members' })
}, 120_000)

afterAll(async () => {
  await fresh?.close()
  await Promise.all([bob?.close(), relay?.close()])
  rmSync(folder, { recursive: true, force: true })
})

it('all devices lost: words and a relay bring a person, their roles, name and 1,000 documents back in a browser that never saw them, and it writes', {
  timeout: 120_000,
}, async () => {
  const ada = await createDocstore({ data: 'memory', person: 'new', join: relay.ready.join })
  const { person = '' } = await ada.person.show()
  const words = await ada.person.words()
  await ada.names.claim('ada')
  await ada.profiles.set('name', 'Ada')
  const notes = await ada.namespaces.create({ name: 'Notes' })
  await notes.putMany(Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: `n${String(i).padStart(4, '0')}`, title: `Note ${i}.` })))
  await plans.grant(person, 'write')
  await plans.delivered()
  const there = await ada.namespaces.open(plans.id)
  await expect.poll(async () => (await there.info())?.writable, SOON).toBe(true)
  await there.put({ _id: 'p', title: 'Her plan' })
  for (const one of [notes, there, await ada.namespaces.open((await ada.profiles.mine()).namespace)]) await one.delivered()
  await ada.close()

  fresh = await BrowserPeer.open(join(folder, 'fresh'), relay.ready.http)
  await fresh.untilConnection('connected')
  const begun = performance.now()
  await fresh.part('restoreOpen').click()
  await fresh.part('restoreWords').fill(words.join('\n'))
  await fresh.part('restoreSubmit').click()
  await fresh.part('restoreFound').waitFor()
  await fresh.part('restoreGo').click()
  await fresh.part('namespaceItem', `[data-id="${notes.id}"][data-documents="${DOCUMENTS}"]`).waitFor({ timeout: RESTORE_MS })
  const took = performance.now() - begun
  console.log(`restored after ${(took / 1000).toFixed(1)} s`)
  expect(took).toBeLessThan(RESTORE_MS)

  // What is theirs, and what they may.
  await fresh.part('namespaceItem', `[data-id="${notes.id}"]`).click()
  await fresh.add({ _id: 'back', title: 'Back again' })
  await fresh.part('namespaceItem', `[data-id="${plans.id}"]`).click()
  await fresh.row('Her plan').waitFor()
  await fresh.add({ _id: 'q', title: 'Her next plan' })
  await expect.poll(() => plans.get('q'), SOON).toEqual({ _id: 'q', title: 'Her next plan' })
  const hers = await bob.namespaces.open(notes.id)
  await expect.poll(() => hers.get('back'), SOON).toEqual({ _id: 'back', title: 'Back again' })
  expect(await hers.count()).toBe(DOCUMENTS + 1)
  await fresh.part('profileOpen').click()
  await fresh.part('ownName', '[data-name="ada"]').waitFor()
  expect(await fresh.part('devices').getAttribute('data-person')).toBe(person)
  await expect.poll(() => fresh.part('profileName').inputValue(), SOON).toBe('Ada')
})
