import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-devices-'))
let relay: Relay
let laptop: BrowserPeer
const others: BrowserPeer[] = []

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'mine' })
  laptop = await open('laptop')
}, 120_000)

afterAll(async () => {
  await Promise.all([laptop?.close(), ...others.map((peer) => peer.close())])
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
  timeout: 90_000,
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

  await phone.untilConnection('connected')
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
})
