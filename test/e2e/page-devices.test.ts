import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { authorOfDid, errorCode } from '@p2p-docstore/core'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-devices-'))
let relay: Relay
let laptop: BrowserPeer
const others: BrowserPeer[] = []
const stores: Docstore[] = []

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'mine' })
  laptop = await open('laptop')
}, 120_000)

afterAll(async () => {
  await Promise.all([laptop?.close(), ...[...others, ...stores].map((peer) => peer.close())])
  await relay?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(name: string, url: string = relay.ready.http): Promise<BrowserPeer> {
  const peer = await BrowserPeer.open(join(folder, name), url)
  if (name !== 'laptop') others.push(peer)
  await peer.untilConnection('connected')
  return peer
}

/** Makes a namespace in which its owner alone writes; resolves with its id. */
async function createOwn(peer: BrowserPeer, name: string): Promise<string> {
  await peer.part('createOpen').click()
  await peer.part('createName').fill(name)
  await peer.part('createSubmit').click()
  await peer.part('namespaceTitle').waitFor()
  return new URL(peer.page.url()).hash.slice('#/ns/'.length)
}

it('one writes down the words, adds a second browser by a link, both write, and the words bring all back in a third one', {
  timeout: 180_000,
}, async () => {
  // Nothing is asked of anybody who has nothing to lose yet.
  expect(await laptop.part('wordsNotice').count()).toBe(0)
  const id = await createOwn(laptop, 'Trip')
  await laptop.add({ _id: 'a', title: 'Packing' })
  await laptop.part('wordsOpen').click()
  await laptop.part('wordList').locator('li').first().waitFor()
  const words = await laptop.part('wordList').locator('li').allTextContents()
  expect(words).toHaveLength(24)
  expect(await axeViolations(laptop.page)).toEqual([])
  await laptop.part('wordsWritten').click()
  const asked = laptop.part('wordAt')
  await expect.poll(() => asked.count()).toBe(3)
  const places = await asked.evaluateAll((fields) => fields.map((field) => Number((field as HTMLElement).dataset['place'])))
  for (const [index, place] of places.entries()) await asked.nth(index).fill(index === 1 ? 'nothing' : (words[place - 1] ?? ''))
  await laptop.part('wordsSubmit').click()
  await laptop.part('wordsError').waitFor()
  expect(await asked.evaluateAll((fields) => fields.map((field) => field.getAttribute('aria-invalid')))).toEqual(['false', 'true', 'false'])
  await asked.nth(1).fill(words[(places[1] ?? 0) - 1] ?? '')
  await laptop.part('wordsSubmit').click()
  await laptop.part('wordsDone').waitFor()
  await laptop.part('wordsClose').click()
  await laptop.part('wordsNotice').waitFor({ state: 'detached' })

  await laptop.part('profileOpen').click()
  await laptop.part('deviceAdd').click()
  const link = (await laptop.part('deviceLink').getAttribute('data-value')) ?? ''
  const phone = await open('phone', link)
  await phone.part('joinDeviceName').fill('Phone')
  await phone.part('joinDeviceSubmit').click()
  const code = (await phone.part('joinDeviceCode').getAttribute('data-code')) ?? ''
  expect(await axeViolations(phone.page)).toEqual([])
  await laptop.part('deviceCode').fill(code)
  await laptop.part('deviceCodeSubmit').click()
  await phone.part('joinDeviceDone').waitFor()
  await phone.part('joinDeviceGo').click()
  await laptop.part('addDevice', '[data-step="added"]').waitFor()
  await laptop.part('device').filter({ hasText: 'Phone' }).waitFor()
  // The first device gets a name, too.
  const first = laptop.part('device', '[data-this="true"]')
  await first.getByRole('button', { name: 'Name it' }).click()
  await expect.poll(() => laptop.part('deviceName').inputValue()).toBe('Chrome on Linux')
  await laptop.part('deviceName').fill('Laptop')
  await laptop.part('deviceNameSave').click()
  await first.filter({ hasText: 'Laptop' }).waitFor()

  await phone.untilConnection('connected')
  await phone.part('profileOpen').click()
  await phone.part('device', '[data-this="false"]').filter({ hasText: 'Laptop' }).waitFor()
  await phone.part('profileClose').click()
  // It was told of it by the other device.
  await phone.part('namespaceItem', `[data-id="${id}"]`).click()
  await phone.row('Packing').waitFor()
  await phone.add({ _id: 'b', title: 'Tickets' })
  await laptop.row('Tickets').waitFor()
  await laptop.edit('Tickets', { title: 'Two tickets' })
  await phone.row('Two tickets').waitFor()

  const fresh = await open('fresh')
  await fresh.part('restoreOpen').click()
  await fresh.part('restoreWords').fill(words.with(3, 'qqqq').join(' '))
  await fresh.part('restoreSubmit').click()
  await fresh.part('restoreError', '[data-code="bad-words"]').filter({ hasText: 'Word 4' }).waitFor()
  await fresh.part('restoreWords').fill(words.join(' '))
  await fresh.part('restoreSubmit').click()
  await fresh.part('restoreFound', '[data-namespaces="1"]').waitFor()
  await fresh.part('restoreGo').click()
  await fresh.part('namespaceItem', `[data-id="${id}"]`).click()
  await fresh.row('Packing').waitFor()
  await fresh.add({ _id: 'c', title: 'Back again' })
  await laptop.row('Back again').waitFor()
  await laptop.part('deviceAlert').first().waitFor()
  // What this device did itself is no news to it.
  expect(await laptop.part('deviceAlert').allTextContents()).toEqual([expect.stringContaining('Chrome on Linux')])

  // Who has the words gets others for them, which are to be written down as the first ones were.
  await laptop.part('wordsReplace').click()
  await laptop.part('wordsFormer').fill(words.with(0, words[1] ?? '').join(' '))
  await laptop.part('wordsReplaceSubmit').click()
  await laptop.part('wordsReplaceError').waitFor()
  await laptop.part('wordsFormer').fill(words.join(' '))
  expect(await axeViolations(laptop.page)).toEqual([])
  await laptop.part('wordsReplaceSubmit').click()
  await laptop.part('wordList').locator('li').first().waitFor()
  const others = await laptop.part('wordList').locator('li').allTextContents()
  expect(others).not.toEqual(words)
  await laptop.part('wordsWritten').click()
  await expect.poll(() => asked.count()).toBe(3)
  for (const field of await asked.all()) await field.fill(others[Number(await field.getAttribute('data-place')) - 1] ?? '')
  await laptop.part('wordsSubmit').click()
  await laptop.part('wordsDone').waitFor()
  await laptop.part('wordsClose').click()
  // The others bring one back, once the relay has heard of them; those of before bring back nobody then.
  const [back, late] = [await freshStore(), await freshStore()]
  const person = await laptop.part('devices').getAttribute('data-person')
  const personOf = (store: Docstore): Promise<string> =>
    store.person.restore(others).then(
      (found) => found.person,
      (error: unknown) => errorCode(error) ?? '',
    )
  await expect.poll(() => personOf(back)).toBe(person)
  await expect(late.person.restore(words)).rejects.toMatchObject({ code: 'unknown-words' })
})

/** New data at a terminal. */
async function freshStore(): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', person: 'new', join: relay.ready.join })
  stores.push(store)
  return store
}

/** Adds a device at a terminal, as the page's user does with keys alone. */
async function addStore(page: BrowserPeer, label: string): Promise<Docstore> {
  const store = await freshStore()
  await page.part('deviceAdd').focus()
  await page.page.keyboard.press('Enter')
  // As it stands there, to be copied.
  const link = (await page.part('deviceLink').getAttribute('data-value')) ?? ''
  const { code, joined } = await store.person.joinDevice(link, { label })
  await page.part('deviceCode').waitFor()
  await expect.poll(() => page.part('deviceCode').evaluate((input) => input === document.activeElement)).toBe(true)
  await page.page.keyboard.type(code)
  await page.page.keyboard.press('Enter')
  await joined
  await page.part('addDevice', '[data-step="added"]').waitFor()
  await expect.poll(() => page.part('addDeviceClose').evaluate((button) => button === document.activeElement)).toBe(true)
  await page.page.keyboard.press('Enter')
  await page.part('device', '[data-revoked="false"]').filter({ hasText: label }).waitFor()
  return store
}

it('by keys alone: devices at terminals are added, and one that ended another is ended with the words, which the page says', {
  timeout: 90_000,
}, async () => {
  const home = await open('home')
  const id = await createOwn(home, 'Home')
  await home.part('profileOpen').click()
  await home.part('wordsShow').click()
  await home.part('wordList').locator('li').first().waitFor()
  const words = await home.part('wordList').locator('li').allTextContents()
  await home.part('wordsClose').click()
  const tablet = await addStore(home, 'Tablet')
  const thief = await addStore(home, 'Stolen')
  const rooms = await tablet.namespaces.open(id)
  await rooms.ready()
  await rooms.put({ _id: 'k', title: 'Kitchen' })
  await home.row('Kitchen').waitFor()
  // As nobody does who means well: what the tablet wrote is not kept under another key.
  const key = authorOfDid(tablet.info.identity)
  if (key === undefined) throw new Error('The tablet has a key')
  await thief.replica.changePerson({ type: 'revoke', key, until: 0, void: true })
  await home.part('deviceAlert').filter({ hasText: 'Tablet' }).waitFor()
  await home.row('Kitchen').waitFor({ state: 'detached' })
  const stolen = home.part('device').filter({ hasText: 'Stolen' })
  await stolen.getByRole('button', { name: 'End it' }).focus()
  await home.page.keyboard.press('Enter')
  await home.part('deviceRevokeWords').fill(words.with(0, 'qqqq').join(' '))
  await home.part('deviceRevokeConfirm').focus()
  await home.page.keyboard.press('Enter')
  await stolen.getByRole('alert').filter({ hasText: 'Word 1' }).waitFor()
  await home.part('deviceRevokeWords').fill(words.join(' '))
  expect(await axeViolations(home.page)).toEqual([])
  await home.part('deviceRevokeConfirm').focus()
  await home.page.keyboard.press('Enter')
  await home.part('deviceAgain').filter({ hasText: 'Tablet' }).waitFor()
  await home.part('device', '[data-revoked="true"]').filter({ hasText: 'Stolen' }).waitFor()
  await home.part('device', '[data-revoked="false"]').filter({ hasText: 'Tablet' }).waitFor()
  // What the thief had taken away is here again, and the page says so.
  await home.row('Kitchen').waitFor()
  await home.part('documentsBack', `[data-namespace="${id}"][data-documents="1"]`).filter({ hasText: 'back in “Home”' }).waitFor()
  expect(await axeViolations(home.page)).toEqual([])
  expect(await home.page.evaluate(() => document.activeElement === document.body)).toBe(false)

  // The other way round: what a terminal prints is pasted into the page.
  const phone = await open('pasted')
  const adding = await tablet.person.addDevice()
  await phone.part('openId').fill(adding.link)
  await phone.part('openSubmit').click()
  await phone.part('joinDeviceSubmit').click()
  const code = (await phone.part('joinDeviceCode').getAttribute('data-code')) ?? ''
  expect(await phone.page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
  for await (const event of adding.events) if (event.type === 'code') await adding.confirm(code)
  await phone.part('joinDeviceDone').waitFor()
  await phone.part('joinDeviceGo').click()
  await phone.part('namespaceItem').filter({ hasText: 'Home' }).waitFor()
})
