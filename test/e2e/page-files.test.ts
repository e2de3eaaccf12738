import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import type { Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const SIDE = 700
const folder = mkdtempSync(join(tmpdir(), 'docstore-page-files-'))
const bytes = picture(SIDE)
let relay: Relay
let album: Namespace
let cid: string
let ada: BrowserPeer

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'album' })
  album = await relay.store.namespaces.create({ name: 'Album', write: 'anyone' })
  cid = (await album.putFile(bytes, { name: 'noise.png', type: 'image/png' })).cid
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.http)
  await ada.untilConnection('connected')
}, 120_000)

afterAll(async () => {
  await ada?.close()
  await relay?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('a picture is fetched from the relay, shown with its document, and can be saved', async () => {
  await ada.page.evaluate((hash) => (location.hash = hash), `#/ns/${album.id}/files`)
  await ada.part('documentRow').filter({ hasText: 'noise.png' }).click()
  const shown = ada.part('filePicture')
  await shown.waitFor()
  await expect.poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(SIDE)
  const saving = ada.page.waitForEvent('download')
  await ada.part('fileSave').click()
  const saved = await saving
  expect(saved.suggestedFilename()).toBe('noise.png')
  expect(Buffer.compare(readFileSync(await saved.path()), bytes)).toBe(0)
  expect(cid).toMatch(/^bafybei/)
  await ada.page.keyboard.press('Escape')
})

it('files are stored by the button and by dropping them, one after another, and are at the relay', async () => {
  await ada.part('uploadInput').setInputFiles([
    { name: 'one.txt', mimeType: 'text/plain', buffer: Buffer.from('first') },
    { name: 'two.png', mimeType: 'image/png', buffer: picture(40) },
  ])
  await ada.part('documentRow').filter({ hasText: 'one.txt' }).waitFor()
  await ada.part('documentRow').filter({ hasText: 'two.png' }).waitFor()
  const dropped = await ada.page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File(['dropped'], 'three.txt', { type: 'text/plain' }))
    return data
  })
  await ada.page.dispatchEvent('main', 'dragover', { dataTransfer: dropped })
  await ada.page.dispatchEvent('main', 'drop', { dataTransfer: dropped })
  await ada.part('documentRow').filter({ hasText: 'three.txt' }).waitFor()
  await ada.part('toast').filter({ hasText: 'Stored three.txt' }).waitFor()
  // It is stored in the page first, and comes to the relay at once.
  const names = async (): Promise<readonly string[]> => (await album.listFiles()).map(({ name = '' }) => name).toSorted((a, b) => a.localeCompare(b))
  await expect.poll(names).toEqual(['noise.png', 'one.txt', 'three.txt', 'two.png'])
  const files = await album.listFiles()
  const cidOf = (name: string): string => files.find((file) => file.name === name)?.cid ?? ''
  expect(await (await album.getFile(cidOf('three.txt')))?.bytes()).toEqual(new TextEncoder().encode('dropped'))
  await ada.part('documentRow').filter({ hasText: 'two.png' }).click()
  await expect.poll(() => ada.part('filePicture').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(40)
  // What is known of the document stands beside it.
  expect(await ada.part('documentFacts').textContent()).toContain('by you')
  await ada.page.keyboard.press('Escape')
})

it('files that are dropped where nobody may store them leave the page as it is, which says why', async () => {
  const others = await relay.store.namespaces.create({ name: 'Of others', write: 'owner' })
  const drop = (): Promise<boolean> =>
    ada.page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['dropped'], 'four.txt', { type: 'text/plain' }))
      const events = ['dragover', 'drop'].map((name) => new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer }))
      for (const event of events) document.querySelector('#app')?.dispatchEvent(event)
      return events.every(({ defaultPrevented }) => defaultPrevented)
    })
  await ada.page.evaluate((hash) => (location.hash = hash), `#/ns/${others.id}`)
  await ada.part('readOnlyReason').waitFor()
  expect(await drop()).toBe(true)
  await ada.part('toast').filter({ hasText: 'Files are not stored here. Only the owner of this namespace writes here.' }).waitFor()
  await ada.page.evaluate(() => (location.hash = '#/'))
  await ada.part('welcomeCreate').waitFor()
  expect(await drop()).toBe(true)
  await ada.part('toast').filter({ hasText: 'Files are stored in namespaces' }).waitFor()
})

it('what relays hold and owners list can be opened from the list, and two of one name are told apart there', async () => {
  const ids: string[] = []
  for (const listed of [true, true, false]) ids.push((await relay.store.namespaces.create({ name: 'Club', write: 'anyone', listed })).id)
  await ada.part('listedShow').click()
  await ada.part('listedNamespace').nth(1).waitFor()
  const shown = await ada.part('listedNamespace').evaluateAll((all) => all.map((one) => one.getAttribute('data-id')))
  expect(new Set(shown)).toEqual(new Set(ids.slice(0, 2)))
  const [one = ''] = ids
  const entry = ada.part('listedNamespace', `[data-id="${one}"]`)
  expect(await entry.textContent()).toContain(`…${one.slice(-6)}`)
  await entry.click()
  await ada.part('namespaceTitle').filter({ hasText: 'Club' }).waitFor()
})

/** A PNG of noise, so that it has several pieces. */
function picture(side: number): Buffer {
  const rows = Buffer.alloc(side * (side * 3 + 1))
  for (let y = 0; y < side; y++) crypto.getRandomValues(rows.subarray(y * (side * 3 + 1) + 1, (y + 1) * (side * 3 + 1)).subarray(0, side * 3))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
