import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNetwork } from '@p2p-docstore/core'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { formatJoinLink, type Namespace } from 'p2p-docstore'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const DESK = { width: 1280, height: 800 }
const PHONE = { width: 375, height: 760 }
/** Two full pages of documents and a part of a third. */
const PLACES = 120
const MOMENT = '2026-11-28T20:42:07.123Z'

const folder = mkdtempSync(join(tmpdir(), 'docstore-documents-'))
let relay: Relay
let places: Namespace
let todos: Namespace
let ada: BrowserPeer

/** Goes to an address of the page, as a link does. */
async function goTo(hash: string): Promise<void> {
  await ada.page.evaluate((next) => {
    location.hash = next
  }, hash)
}

async function goToPlaces(rest = ''): Promise<void> {
  await goTo(`#/ns/${places.id}${rest}`)
  await ada.part('namespaceTitle').filter({ hasText: 'Places' }).waitFor()
  await ada.part('documentRow').first().waitFor()
}

async function untilRange(text: string): Promise<void> {
  await ada.part('pagerRange').filter({ hasText: text }).waitFor()
}

async function focused(): Promise<string | null> {
  return ada.page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null)
}

async function isOpen(name: keyof typeof TEST_IDS): Promise<boolean> {
  return (await ada.part(name).count()) > 0
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelay({ data: join(folder, 'relay'), port: 0, networkName: 'garden club' })
  places = await relay.store.namespaces.create({ name: 'Places', write: 'anyone' })
  const rows = Array.from({ length: PLACES }, (_, i) => ({ _id: `p${String(i).padStart(3, '0')}`, at: MOMENT, name: `Place ${i}.`, number: i }))
  await places.putMany(rows)
  await places.put({ _id: 'a-odd', deep: { list: [{ inside: 'Zürich' }] }, text: 'abc \u202eevil\u202c' })
  todos = await relay.store.namespaces.create({ name: 'To do', write: 'anyone' })
  await todos.collection('todos').put({ text: 'Buy milk', done: false })
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.http)
  await ada.page.setViewportSize(DESK)
  await ada.untilConnection('connected')
  await goToPlaces()
  await ada.part('count', `[data-total="${PLACES + 1}"]`).waitFor()
}, 120_000)

afterAll(async () => {
  await ada?.close()
  await relay?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the documents of a namespace', () => {
  it('are shown whichever collection they are in, under a title that says namespace and network', async () => {
    await goTo(`#/ns/${todos.id}`)
    await ada.row('Buy milk').waitFor()
    expect(await ada.part('collectionTab', '[aria-current="page"]').getAttribute('data-name')).toBe('todos')
    await expect.poll(() => ada.page.title()).toBe('To do – garden club – Docstore')
    await ada.add({ text: 'Buy tea', done: false })
    await ada.row('Buy tea').waitFor()
    await expect.poll(() => todos.collection('todos').count({ text: 'Buy tea' })).toBe(1)
  })

  it('have a row that says something, whatever their shape, with marks for characters that are not seen', async () => {
    await goToPlaces()
    const odd = ada.part('documentRow', '[data-id="a-odd"]')
    expect(await odd.locator('.is-rest').textContent()).toContain('{"deep":{"list"')
    await ada.part('filter').fill('_id=a-odd')
    await ada.part('sortHeader', '[data-field="deep"]').waitFor()
    expect(await ada.part('sortHeader', '[data-field="name"]').count()).toBe(0)
    expect(await odd.locator('.hidden-character').allTextContents()).toEqual(['RLO', 'PDF'])
    await odd.click()
    expect(await ada.part('editorText').inputValue()).toContain('abc \\u202eevil\\u202c')
    await ada.part('editorClose').click()
    await ada.part('filter').fill('')
    await ada.row('Place 0.').waitFor()
  })

  it('have numbers at the right and moments in words, with the whole value beside them', async () => {
    const row = ada.row('Place 7.')
    const align = (selector: string): Promise<string> => row.locator(selector).evaluate((cell) => getComputedStyle(cell).textAlign)
    expect(await align('.is-number')).toBe('right')
    expect(await align('.is-text')).not.toBe('right')
    expect(await row.locator('.is-date').getAttribute('title')).toBe(MOMENT)
    expect(await row.locator('.is-date').textContent()).not.toContain('T20')
  })

  it('are offered as a pattern for a new one', async () => {
    await ada.part('documentAdd').click()
    expect(JSON.parse(await ada.part('editorText').inputValue())).toEqual({ name: '', at: '', number: 0 })
    await ada.page.keyboard.type('Here')
    expect(JSON.parse(await ada.part('editorText').inputValue())).toMatchObject({ name: 'Here' })
    await ada.page.keyboard.press('Escape')
    await ada.part('unsavedDiscard').click()
    expect(await isOpen('editor')).toBe(false)
  })
})

describe('the address', () => {
  it('carries page and order, which loading again and going back and forth bring back', async () => {
    await goToPlaces('/docs')
    await ada.part('sortHeader', '[data-field="number"]').getByRole('button').click()
    await ada.part('sortHeader', '[aria-sort="ascending"]').waitFor()
    await ada.part('sortHeader', '[data-field="number"]').getByRole('button').click()
    await ada.row(`Place ${PLACES - 1}.`).waitFor()
    await ada.part('pagerNext').click()
    await untilRange('51–100')
    expect(new URL(ada.page.url()).hash).toBe(`#/ns/${places.id}/docs?sort=-number&page=2`)
    const [first] = await ada.part('documentRow').allTextContents()
    await ada.page.reload()
    await untilRange('51–100')
    expect((await ada.part('documentRow').allTextContents())[0]).toBe(first)
    await ada.part('pagerLast').click()
    await untilRange(`101–${PLACES + 1}`)
    await ada.page.goBack()
    await untilRange('51–100')
    await ada.page.goBack()
    await untilRange('1–50')
    await ada.row(`Place ${PLACES - 1}.`).waitFor()
    await ada.page.goForward()
    await untilRange('51–100')
  })

  it('carries the filter, however often its typing paused, as one step', async () => {
    await goToPlaces()
    await ada.part('filter').fill('number>=100')
    await ada.part('count', '[data-total="20"]').waitFor()
    await ada.part('filter').fill('number>=100 number<110')
    await ada.part('count', '[data-total="10"]').waitFor()
    await ada.page.reload()
    await ada.part('count', '[data-total="10"]').waitFor()
    expect(await ada.part('filter').inputValue()).toBe('number>=100 number<110')
    await ada.page.goBack()
    await ada.part('count', `[data-total="${PLACES + 1}"]`).waitFor()
    expect(await ada.part('filter').inputValue()).toBe('')
    await ada.page.goForward()
    await ada.part('count', '[data-total="10"]').waitFor()
    expect(await ada.part('filter').inputValue()).toBe('number>=100 number<110')
  })

  it('of a page that is not there leads to the last one', async () => {
    await goToPlaces('?page=99')
    await untilRange(`101–${PLACES + 1}`)
    expect(ada.page.url()).toContain('page=3')
  })
})

describe('the filter box', () => {
  it('finds a word wherever it is, and says where it looks', async () => {
    await goToPlaces()
    await ada.part('filter').fill('zurich')
    await ada.part('count', '[data-total="1"]').waitFor()
    expect(await ada.part('documentRow').getAttribute('data-id')).toBe('a-odd')
    expect(await ada.part('filterFields').textContent()).toContain('deep.list.inside')
  })

  it('says what a value of several words needs, where one without finds nothing', async () => {
    await goToPlaces()
    await ada.part('filter').fill('name=Place 7.')
    await ada.part('documentsEmpty').filter({ hasText: 'stands in quotation marks' }).waitFor()
    await ada.part('filter').fill('name="Place 7."')
    await ada.part('count', '[data-total="1"]').waitFor()
    await ada.part('filter').fill('zebra')
    const empty = ada.part('documentsEmpty').filter({ hasText: 'No document matches' })
    await empty.waitFor()
    expect(await empty.textContent()).not.toContain('quotation marks')
  })

  it('leaves no row under a filter that cannot be used, of whichever kind, and says what is wrong in our words', async () => {
    for (const [text, message] of [
      ['{"name":}', 'Not JSON at line 1, column 9: "}" does not belong there'],
      ['number=', '“number=” is no condition'],
      ['{"number":{"$near":1}}', 'The filter cannot be used: '],
    ] as const) {
      await ada.part('filter').fill('number>=0')
      await ada.part('count', `[data-total="${PLACES}"]`).waitFor()
      await ada.part('filter').fill(text)
      await ada.part('filterError').filter({ hasText: message }).waitFor()
      await ada.part('documentsEmpty').filter({ hasText: 'the filter cannot be used' }).waitFor()
      expect(await ada.part('documentRow').count()).toBe(0)
    }
    await ada.part('filterClear').click()
    await ada.part('count', `[data-total="${PLACES + 1}"]`).waitFor()
  })
})

describe('the editor', () => {
  const written = '{ "_id": "p003", "name": "half writ'

  it('closes at once where nothing was written, by Escape and by a click beside it', async () => {
    await goToPlaces()
    await ada.row('Place 3.').click()
    await ada.part('editorText').waitFor()
    await ada.page.keyboard.press('Escape')
    await ada.part('editor').waitFor({ state: 'detached' })
    await ada.row('Place 3.').click()
    await ada.part('editorText').waitFor()
    await ada.page.mouse.click(20, 400)
    await ada.part('editor').waitFor({ state: 'detached' })
    expect(ada.page.url()).toContain(places.id)
  })

  it('asks what to do with what was written, however it is left', async () => {
    await ada.row('Place 3.').click()
    await ada.part('editorText').fill(written)
    const ways = {
      escape: () => ada.page.keyboard.press('Escape'),
      beside: () => ada.page.mouse.click(20, 400),
      button: () => ada.part('editorClose').click(),
    }
    for (const [way, leave] of Object.entries(ways)) {
      await leave()
      await ada.part('unsaved').waitFor()
      expect(await ada.part('editorText').inputValue(), way).toBe(written)
      await ada.part('unsavedStay').click()
      await ada.part('unsaved').waitFor({ state: 'detached' })
    }
    // However often it is pressed.
    for (let i = 0; i < 5; i++) await ada.page.keyboard.press('Escape')
    expect(await ada.part('editorText').inputValue()).toBe(written)
  })

  it('has what was written when the page is loaded again, or was left by the way back', async () => {
    await ada.page.reload()
    await ada.part('editorDraftDiscard').waitFor()
    expect(await ada.part('editorText').inputValue()).toBe(written)
    await goTo('#/')
    await ada.part('editor').waitFor({ state: 'detached' })
    await ada.page.goBack()
    await ada.part('editorDraftDiscard').click()
    expect(JSON.parse(await ada.part('editorText').inputValue())).toMatchObject({ name: 'Place 3.' })
    await ada.page.keyboard.press('Escape')
    await ada.part('editor').waitFor({ state: 'detached' })
    await ada.page.reload()
    await ada.row('Place 3.').waitFor()
    expect(await isOpen('editor')).toBe(false)
  })
})

describe('what has popped up', () => {
  const openRelays = async (): Promise<void> => {
    await ada.part('syncState').click()
    await ada.part('syncPeer').first().waitFor()
  }
  const untilClosed = (): Promise<void> => ada.part('syncPeer').first().waitFor({ state: 'detached' })

  it('goes by Escape, wherever the focus is, which is at its button then', async () => {
    await goToPlaces()
    await openRelays()
    await ada.page.keyboard.press('Escape')
    await untilClosed()
    expect(await focused()).toBe(TEST_IDS.syncState)
    await openRelays()
    await ada.page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await ada.page.keyboard.press('Escape')
    await untilClosed()
    expect(await focused()).toBe(TEST_IDS.syncState)
  })

  it('goes by a click outside, which opens nothing that lies there', async () => {
    await openRelays()
    await ada.row('Place 2.').locator('.is-text').click()
    await untilClosed()
    expect(await focused()).toBe(TEST_IDS.syncState)
    expect(await isOpen('editor')).toBe(false)
    await ada.row('Place 2.').locator('.is-text').click()
    await ada.part('editorText').waitFor()
    await ada.page.keyboard.press('Escape')
  })

  it('goes when one goes elsewhere, by keys, to a control or to another address', async () => {
    await openRelays()
    await ada.page.keyboard.press('/')
    await untilClosed()
    expect(await focused()).toBe(TEST_IDS.filter)
    await openRelays()
    await ada.part('documentAdd').click()
    await untilClosed()
    await ada.part('editorClose').click()
    await openRelays()
    await goTo(`#/ns/${places.id}?page=2`)
    await untilClosed()
  })

  it('shows relays by names that people know', async () => {
    await openRelays()
    expect(await ada.part('syncPeer').first().textContent()).toMatch(/^The relay of this page/)
    await ada.page.keyboard.press('Escape')
  })
})

describe('the field for ids and links', () => {
  const paste = async (text: string): Promise<void> => {
    await ada.part('openId').fill(text)
    await ada.part('openSubmit').click()
  }

  it('opens a part of a namespace by its address', async () => {
    await paste(`${relay.ready.http}/#/ns/${places.id}/docs?page=3`)
    await untilRange(`101–${PLACES + 1}`)
  })

  it('takes a join link, and says where it leads', async () => {
    await paste(relay.ready.join)
    await ada.part('openError').filter({ hasText: 'You are in “garden club” already.' }).waitFor()
    const elsewhere = formatJoinLink('http://elsewhere.example:8080', createNetwork('rose club'))
    await paste(elsewhere)
    await ada.part('openError').filter({ hasText: 'another network, “rose club”. This page belongs to “garden club”.' }).waitFor()
    expect(await ada.part('openElsewhere').getAttribute('href')).toBe(elsewhere)
  })

  it('says what is wrong in a sentence that fits', async () => {
    for (const text of [`${places.id}x`, 'hello', `${relay.ready.join}x`]) {
      await paste(text)
      await ada
        .part('openError')
        .filter({ hasText: /\.\s*$/ })
        .waitFor()
      const message = await ada.part('openError').textContent()
      expect(message?.length).toBeLessThan(140)
      expect(message).not.toContain(text)
    }
    await ada.part('openId').fill('')
  })
})

describe('columns that do not fit', () => {
  it('are behind an edge that says so, as long as there are any', async () => {
    await goToPlaces()
    const scroller = ada.page.locator('.table-scroll')
    await ada.page.setViewportSize({ width: 1280, height: 800 })
    await ada.part('connection').click()
    await ada.part('peerPanel').waitFor()
    await ada.page.locator('.table-scroll[data-more]').waitFor()
    await scroller.evaluate((element) => {
      element.scrollLeft = element.scrollWidth
    })
    await ada.page.locator('.table-scroll:not([data-more])').waitFor()
    await ada.part('peerPanelClose').click()
  })
})

describe('on a telephone', () => {
  beforeAll(() => ada.page.setViewportSize(PHONE))
  afterAll(() => ada.page.setViewportSize(DESK))
  afterEach(async () => {
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width)
  })

  it('a document takes the whole width, and its moments one line', async () => {
    await goToPlaces()
    const cell = ada.row('Place 1.').locator('.is-date')
    const [card, time] = [await ada.row('Place 1.').boundingBox(), await cell.locator('time').boundingBox()]
    expect(card?.width).toBe(PHONE.width)
    expect(time?.height).toBeLessThan(30)
    // What is at its right are not buttons.
    const tools = await ada.row('Place 1.').locator('.row-tools').boundingBox()
    expect(tools?.width).toBeLessThan(2)
  })

  it('the order is a choice, and all of it can be read', async () => {
    expect(await ada.part('sortHeader').first().isVisible()).toBe(false)
    await ada.part('sortChoice').selectOption({ label: 'Sort by number ↓' })
    await ada.row(`Place ${PLACES - 1}.`).waitFor()
    expect(ada.page.url()).toContain('sort=-number')
    await ada.page.goBack()
    await ada.row('Place 0.').waitFor()
  })

  it('a moment within JSON takes one line, too', async () => {
    const { _id } = await places.put({ _id: 'a-moment', name: 'Place x.', number: 0, at: MOMENT, more: { than: 'a few words', visited: MOMENT } })
    const moment = ada.part('documentRow', `[data-id="${_id}"]`).locator('.is-rest .moment')
    await moment.waitFor()
    expect((await moment.boundingBox())?.height).toBeLessThan(30)
    await places.delete(_id)
    await ada.part('documentRow', `[data-id="${_id}"]`).waitFor({ state: 'detached' })
  })

  it('leads to who is in the network, from the panel and from the list', async () => {
    await ada.part('connection').click()
    await ada.part('peerPanel').getByRole('link', { name: 'who is in it' }).click()
    await ada.part('peerPanel').waitFor({ state: 'detached' })
    await ada.part('networkPeer', '[data-kind="relay"]').waitFor()
    await ada.page.getByRole('link', { name: '← Namespaces' }).click()
    await ada.page.getByRole('link', { name: 'garden club: who is in it' }).click()
    await ada.part('networkPeer', '[data-kind="relay"]').waitFor()
  })
})

describe('earlier versions of a document', () => {
  it('are listed in the editor, and one of them is the present one again once it is saved', async () => {
    await goToPlaces()
    const save = async (name: string, number: number): Promise<void> => {
      await ada.row(name).click()
      await ada.part('editorText').fill(JSON.stringify({ _id: 'p007', name: 'Place 7, changed.', number }))
      await ada.part('editorSave').click()
      await ada.part('editor').waitFor({ state: 'detached' })
    }
    await save('Place 7.', 70)
    await save('Place 7, changed.', 71)
    await ada.row('Place 7, changed.').click()
    await ada.part('documentHistory').locator('summary').click()
    await ada.part('documentVersion').nth(1).waitFor()
    expect(await ada.part('documentVersion').count()).toBe(2)
    await ada.part('documentVersionShow').nth(1).click()
    expect(JSON.parse(await ada.part('editorText').inputValue())).toEqual({ _id: 'p007', at: MOMENT, name: 'Place 7.', number: 7 })
    await ada.part('editorSave').click()
    await ada.row('Place 7.').waitFor()
    // What one has written is not lost by looking at another version.
    await ada.row('Place 7.').click()
    await ada.part('documentHistory').locator('summary').click()
    await ada.part('documentVersion').nth(2).waitFor()
    await ada.part('editorText').fill('{ "_id": "p007"')
    expect(await ada.part('documentVersionShow').first().isDisabled()).toBe(true)
    await ada.page.keyboard.press('Escape')
    await ada.part('unsavedDiscard').click()
    await expect.poll(() => places.get('p007'), { timeout: 30_000 }).toEqual({ _id: 'p007', at: MOMENT, name: 'Place 7.', number: 7 })
  })
})

// The last one: the relay of all others ends.
it('says so in the header and over everything when a relay of another network answers at the address of the page', async () => {
  const { port } = new URL(relay.ready.http)
  // It does not wait for those who are connected to the port of its page.
  await relay.close()
  relay = await startRelay({ data: join(folder, 'other'), port: Number(port), networkName: 'rose club' })
  await ada.page.reload()
  const banner = ada.part('otherNetworkBanner').filter({ hasText: 'in the network “rose club”, your documents here are of “garden club”' })
  await banner.waitFor()
  await ada.part('connection', '[data-shut-out="other-network"]').filter({ hasText: 'Other network' }).waitFor()
  await goTo(`#/ns/${places.id}`)
  await ada.part('syncState').filter({ hasText: 'Saved here only' }).waitFor()
})
