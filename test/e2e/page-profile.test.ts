import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-profile-'))
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')
const NAME = '<b>Ada</b>'
let relay: Relay
let ada: Docstore
let notes: Namespace
let bob: BrowserPeer

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'people', names: 'own' })
  ada = await createDocstore({ data: 'memory', join: relay.ready.join })
  await ada.profiles.set('name', NAME)
  await ada.profiles.set('about', 'Engines')
  await ada.profiles.set('links', { home: 'https://ada.example/' })
  await ada.profiles.set('picture', PIXEL)
  await ada.names.claim('ada')
  notes = await ada.namespaces.create({ name: 'Notes', write: 'anyone' })
  await notes.put({ _id: 'a', title: 'by Ada' })
  await Promise.all([notes.delivered(), (await ada.namespaces.open((await ada.profiles.mine()).namespace)).delivered()])
  bob = await BrowserPeer.open(join(folder, 'bob'), relay.ready.http)
  await bob.untilConnection('connected')
}, 120_000)

afterAll(async () => {
  await bob?.close()
  await Promise.all([ada?.close(), relay?.close()])
  rmSync(folder, { recursive: true, force: true })
})

it('names and pictures stand where keys stood, one edits the own profile, and follows others', async () => {
  await bob.openNamespace(notes.id)
  const owner = bob.page.locator(`.namespace-head [data-testid="person"][data-person="${ada.me}"]`)
  await expect.poll(() => owner.textContent()).toBe(`${NAME}@ada`)
  await expect.poll(() => owner.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1)
  await owner.click()
  const shown = bob.part('otherProfile', `[data-person="${ada.me}"]`)
  await shown.filter({ hasText: 'Engines' }).waitFor()
  expect(await shown.locator('a').getAttribute('href')).toBe('https://ada.example/')
  await bob.part('profileFollow').click()
  await bob.part('otherProfile', '[data-followed="true"]').waitFor()
  await bob.part('profilePetname').fill('Countess')
  await bob.part('profilePetnameSave').click()
  await expect.poll(() => owner.textContent()).toBe('Countess@ada')
  await bob.part('peopleList').filter({ hasText: 'followed' }).waitFor()
  expect(await axeViolations(bob.page)).toEqual([])

  await bob.part('profileOpen').click()
  await bob.part('profileOpen').click()
  await bob.part('profileName').fill('Bob\u202etxt')
  await bob.part('profileSave').click()
  await bob.part('profileSaid').filter({ hasText: 'A display name is one line' }).waitFor()
  await bob.part('profileName').fill('Bob')
  await bob.part('profileStatus').fill('Reading')
  await bob.part('profileSave').click()
  await bob.part('profileSaid').filter({ hasText: 'Saved' }).waitFor()
  await bob.part('profilePictureInput').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: PIXEL })
  await bob.part('profilePicture').waitFor()
  expect(await axeViolations(bob.page)).toEqual([])

  await bob.add({ _id: 'b', title: 'by Bob' })
  await expect.poll(async () => (await notes.get('b', { meta: true }))?.by).toBeDefined()
  const by = (await notes.get('b', { meta: true }))?.by ?? ''
  await expect
    .poll(() => ada.profiles.show(by))
    .toMatchObject({ label: 'Bob', static: { name: 'Bob', picture: { size: expect.any(Number) } }, dynamic: { status: { text: 'Reading' } } })
})

it('one claims a username, gives it away, and names lead to people wherever an id does', async () => {
  const names = bob.part('names', '[data-granted="true"]')
  if (!(await names.isVisible())) await bob.part('profileOpen').click()
  await bob.part('nameWanted').fill('a\u0431a')
  await bob.part('nameClaim').click()
  await bob.part('nameSaid', '[data-code="bad-username"]').waitFor()
  await bob.part('nameWanted').fill('@Ada')
  await bob.part('nameShow').click()
  await bob.part('nameSaid').filter({ hasText: 'belongs to' }).waitFor()
  await bob.part('nameClaim').click()
  await bob.part('nameSaid', '[data-code="name-taken"]').waitFor()
  await bob.part('nameWanted').fill('bob-b')
  await bob.part('nameClaim').click()
  await bob.part('ownName', '[data-name="bob-b"][data-state="held"]').waitFor()
  expect(await axeViolations(bob.page)).toEqual([])

  // In the terminal.
  const bin = fileURLToPath(new URL('../../packages/cli/bin/docstore.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    bin,
    '--data',
    join(folder, 'eve'),
    '--join',
    relay.ready.join,
    'name',
    'show',
    'bob-b',
    '--json',
  ])
  const person = await ada.names.person('@bob-b')
  expect(JSON.parse(stdout)).toMatchObject({ name: 'bob-b', state: 'held', person })

  await bob.part('nameGive').click()
  await bob.part('nameTo').fill('@ada')
  await bob.part('nameGiveConfirm').click()
  await bob.part('nameSaid').filter({ hasText: 'theirs once they claim it' }).waitFor()
  expect(await ada.names.claim('bob-b')).toMatchObject({ person: ada.me })
  await bob.part('openId').fill('@bob-b')
  await bob.part('openSubmit').click()
  await bob.part('otherProfile', `[data-person="${ada.me}"]`).waitFor()
  await bob.part('provenNames').filter({ hasText: '@ada, @bob-b' }).waitFor()
})

it('who looks at a namespace is seen there by others who do, once both want it', async () => {
  await bob.openNamespace(notes.id)
  await bob.part('presence', '[data-on="false"]').waitFor()
  const seen: string[][] = []
  const leaving = new AbortController()
  const watching = (async () => {
    for await (const list of ada.presence.watch(notes.id, { signal: leaving.signal })) seen.push(list.map(({ who }) => who))
  })()
  await using stay = await ada.presence.enter(notes.id, { note: 'Reading' })
  await expect.poll(() => seen.at(-1)).toEqual([ada.me])
  await bob.part('presenceSwitch').click()
  await bob.part('present', `[data-who="${ada.me}"]`).filter({ hasText: 'Reading' }).waitFor()
  await expect.poll(() => seen.at(-1)?.length).toBe(2)
  expect(await axeViolations(bob.page)).toEqual([])
  await stay.leave()
  await bob.part('presentList').filter({ hasText: 'nobody else' }).waitFor()
  await bob.part('presenceSwitch').click()
  await expect.poll(() => seen.at(-1)).toEqual([])
  leaving.abort()
  await watching
})
