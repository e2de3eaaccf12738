import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

/** More than two pages of documents. */
/** What is looked at row by row. */
const FEW = 10
const DOCUMENTS = 120
/** A small telephone, CSS pixels. */
const PHONE = { width: 375, height: 1000 }
const DESK = { width: 1280, height: 800 }

const folder = mkdtempSync(join(tmpdir(), 'docstore-access-'))
let relay: RelayChild
let ada: BrowserPeer
let terminal: Docstore
let notes: Namespace

/** What axe-core finds wrong with what is on the screen. */
function violations(): Promise<readonly string[]> {
  return axeViolations(ada.page)
}

/** The name of the part that has the focus, as in `TEST_IDS`. */
async function focused(): Promise<string | null> {
  return ada.page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null)
}

/** The `_id` of the document whose row has the focus. */
async function focusedDocument(): Promise<string | null> {
  return ada.page.evaluate(() => document.activeElement?.getAttribute('data-id') ?? null)
}

async function putNotes(from: number, to: number): Promise<void> {
  const documents = Array.from({ length: to }, (_, i) => ({ _id: `n${String(i).padStart(3, '0')}`, title: `Note ${i}.`, count: i }))
  await notes.putMany(documents.slice(from))
}

/** Writes the last document anew, once a frame of the page. */
async function writeUntil(signal: AbortSignal): Promise<void> {
  for (let n = 1; !signal.aborted; n++) {
    await notes.put({ _id: 'n119', title: `Note 119, written ${n} times.`, count: 119 })
    await ada.page.evaluate(() => new Promise(requestAnimationFrame))
  }
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelayChild(join(folder, 'relay'))
  terminal = await createDocstore({ data: join(folder, 'terminal'), join: relay.ready.join })
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.http)
  await ada.page.setViewportSize(DESK)
  await ada.untilConnection('connected')
}, 120_000)

afterAll(async () => {
  await Promise.all([ada?.close(), terminal?.close()])
  await relay?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('what axe-core finds wrong, light and dark, is nothing', { timeout: 120_000 }, () => {
  it('with a namespace that is made', async () => {
    const found = { home: await violations() }
    await ada.part('createOpen').click()
    Object.assign(found, { form: await violations() })
    await ada.part('createName').press('Escape')
    const id = await ada.createNamespace('Notes')
    Object.assign(found, { empty: await violations() })
    notes = await terminal.namespaces.open(id)
    expect(found).toEqual({ home: [], form: [], empty: [] })
  })

  it('with documents, also on a telephone, with a search, a filter that is none, and how all that stands with relays', async () => {
    await notes.sync()
    await putNotes(0, FEW)
    await ada.part('count', `[data-total="${FEW}"]`).waitFor()
    await notes.put({ _id: 'a-odd', text: 'abc \u202eevil', deep: { a: [1] } })
    await ada.row('evil').waitFor()
    await ada.delete('Note 0.')
    await ada.part('toast').waitFor()
    await ada.part('syncState').click()
    const found = { table: await violations() }
    await ada.page.setViewportSize(PHONE)
    Object.assign(found, { telephone: await violations() })
    await ada.page.setViewportSize(DESK)
    await ada.part('filter').fill('evil')
    await ada.part('count', '[data-total="1"]').waitFor()
    Object.assign(found, { search: await violations() })
    await ada.part('filter').fill('no=')
    await ada.part('filterError').waitFor()
    await ada.part('documentsEmpty').waitFor()
    Object.assign(found, { filter: await violations() })
    await ada.part('filter').fill('')
    await notes.delete('a-odd')
    await ada.part('count', `[data-total="${FEW - 1}"]`).waitFor()
    expect(found).toEqual({ table: [], telephone: [], search: [], filter: [] })
  })

  it('in the editor, also with a fault in the text, whose line it marks, and with its question about what is not saved', async () => {
    await ada.row('Note 3.').click()
    const found = { editor: await violations() }
    await ada.part('editorText').fill('{\n  "a": Paris\n}')
    await ada.part('editorError').filter({ hasText: 'Line 2, column 8: "Paris" does not belong there' }).waitFor()
    expect(await ada.part('editor').locator('.bad-line').textContent()).toBe('2')
    Object.assign(found, { fault: await violations() })
    await ada.part('editorClose').click()
    await ada.part('unsaved').waitFor()
    Object.assign(found, { question: await violations() })
    await ada.page.reload()
    await ada.part('editorDraftDiscard').waitFor()
    Object.assign(found, { draft: await violations() })
    await ada.part('editorClose').click()
    await ada.part('unsavedDiscard').click()
    expect(found).toEqual({ editor: [], fault: [], question: [], draft: [] })
  })

  it('in the panels', async () => {
    await ada.part('connection').click()
    await ada.part('joinQrShow').click()
    await ada.part('doctorFinding').first().waitFor()
    const found = { peer: await violations() }
    await ada.part('peerPanelClose').click()
    await ada.joinTopic('tea')
    for (let i = 0; i < 12; i++) await ada.say(`The kettle is on, ${i}.`)
    await ada.part('topicInput').fill('coffee')
    await ada.part('topicSubmit').click()
    await ada.part('topicTab', '[data-topic="tea"]').click()
    await ada.part('message').filter({ hasText: 'on, 11.' }).waitFor()
    Object.assign(found, { messages: await violations() })
    await ada.part('messagesClose').click()
    expect(found).toEqual({ peer: [], messages: [] })
  })

  it('in the view of the network, on a telephone too, where nothing is left empty or cut off', async () => {
    await ada.part('networkLink').click()
    await ada.part('networkPeer', '[data-kind="relay"]').waitFor()
    await ada.page.setViewportSize(PHONE)
    const [back, title] = [await ada.page.locator('.back').boundingBox(), await ada.page.locator('.network h1').boundingBox()]
    // One line of text and the space between both.
    expect((title?.y ?? Infinity) - (back?.y ?? 0)).toBeLessThan(48)
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width)
    const found = { telephone: await violations() }
    await ada.page.setViewportSize(DESK)
    await ada.part('networkPeer', '[data-kind="relay"]').getByRole('button').click()
    Object.assign(found, { desk: await violations() })
    expect(found).toEqual({ telephone: [], desk: [] })
  })

  it('with a namespace that nobody here has, and without a store', async () => {
    await using elsewhere = await createDocstore({ network: 'off' })
    const { id } = await elsewhere.namespaces.create({ name: 'away' })
    await ada.part('openId').fill(id)
    await ada.part('openSubmit').click()
    await ada.part('namespaceForget').waitFor()
    const found = { away: await violations() }
    await ada.part('namespaceForget').click()
    expect(found).toEqual({ away: [] })
  })
})

describe('who uses keys', { timeout: 120_000 }, () => {
  it('stays in the table when its page is turned, by a key and by the button', async () => {
    await ada.part('namespaceItem').first().click()
    await putNotes(FEW, DOCUMENTS)
    await ada.part('count', `[data-total="${DOCUMENTS - 1}"]`).waitFor()
    await ada.row('Note 5.').focus()
    // Whatever is written meanwhile, for which the page is read again and again.
    const stopped = new AbortController()
    const writing = writeUntil(stopped.signal)
    await ada.page.keyboard.press('n')
    await expect.poll(focusedDocument).toBe('n051')
    stopped.abort()
    await writing
    await ada.page.keyboard.press('n')
    await expect.poll(focusedDocument).toBe('n101')
    await ada.page.keyboard.press('p')
    await expect.poll(focusedDocument).toBe('n051')
    await ada.part('pagerPrevious').press('Enter')
    await ada.row('Note 1.').waitFor()
    expect(await focused()).toBe('pager-previous')
    await ada.part('pagerPrevious', '[aria-disabled="true"]').press('Enter')
    expect(await focused()).toBe('pager-previous')
  })

  it('stays at the place of a document that somebody else deletes', async () => {
    await ada.row('Note 5.').focus()
    await notes.delete('n005')
    await expect.poll(focusedDocument).toBe('n006')
  })

  it('is back at the button when a panel, a form or the relays of a namespace are closed', async () => {
    for (const key of ['connection', 'messagesOpen', 'createOpen', 'syncState'] as const) {
      await ada.part(key).press('Enter')
      await ada.part(key, '[aria-expanded="true"]').waitFor()
      await ada.page.keyboard.press('Escape')
      await ada.part(key, '[aria-expanded="false"]').waitFor()
      expect(await focused()).toBe(TEST_IDS[key])
    }
    await ada.part('createOpen').press('Enter')
    await ada.part('createForm').getByRole('button', { name: 'Cancel' }).press('Enter')
    expect(await focused()).toBe(TEST_IDS.createOpen)
  })

  it('is where it was when a message has done its work, and at the field when a topic is left', async () => {
    await ada.row('Note 7.').focus()
    await ada.page.keyboard.press('Delete')
    await ada.part('toast').filter({ hasText: 'Note 7.' }).getByRole('button', { name: 'Undo' }).focus()
    await ada.page.keyboard.press('Enter')
    await expect.poll(focusedDocument).toBe('n008')
    await ada.part('messagesOpen').click()
    await ada.part('topicLeave').press('Enter')
    expect(await focused()).toBe(TEST_IDS.topicInput)
    await ada.part('messagesClose').click()
  })

  it('can add a document while the relays of a namespace are shown', async () => {
    await ada.part('syncState').click()
    await ada.part('syncPeer').first().waitFor()
    await ada.add({ title: 'beside the relays' })
    await ada.row('beside the relays').waitFor()
  })
})
