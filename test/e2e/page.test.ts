import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAG_CBOR, decodePerson, didOf, identityFromSeed, type LogParcel, openReplica, parseCid, type Replica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { createDocstore, type Docstore, type Message, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { axeViolations } from './axe-violations.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-page-'))
const relayData = join(folder, 'relay')
/** A lost connection over UDP is noticed only when nothing comes for a while. */
const OUTAGE = { timeout: 40_000, interval: 200 }

/** Documents of a kind have one of two fields. */
const PAIRS = { anyOf: [{ required: ['left'] }, { required: ['right'] }, { not: { required: ['kind'] } }] }

let relay: RelayChild
let ada: BrowserPeer
let ben: BrowserPeer
let terminal: Docstore
let notes: Namespace
const heard: Message[] = []
const stopped = new AbortController()

async function titles(): Promise<unknown[]> {
  const documents = await notes.find({}, { sort: { title: 1 } }).toArray()
  return documents.map(({ title }) => title)
}

beforeAll(async () => {
  await buildPageIfMissing()
  relay = await startRelayChild(relayData)
  ada = await BrowserPeer.open(join(folder, 'ada'), relay.ready.http)
  ben = await BrowserPeer.open(join(folder, 'ben'), relay.ready.join)
  terminal = await createDocstore({ data: join(folder, 'terminal'), join: relay.ready.join })
  await Promise.all([ada.untilConnection('connected'), ben.untilConnection('connected')])
  const id = await ada.createNamespace('Notes')
  await ben.openNamespace(id)
  notes = await terminal.namespaces.open(id)
  await notes.sync()
}, 120_000)

afterAll(async () => {
  stopped.abort()
  await Promise.all([ada?.close(), ben?.close(), terminal?.close()])
  await relay?.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe('two browsers and a terminal on one relay', () => {
  it('shows what is added in each of them in the two others', async () => {
    await ada.add({ title: 'from Ada' })
    await ben.row('from Ada').waitFor()
    await ben.add({ title: 'from Ben' })
    await notes.putMany([{ title: 'from the terminal' }, { title: 'soon gone' }])
    await notes.put({ title: 'left and right', kind: 'pair', left: 1, right: 1 })
    await ada.row('from Ben').waitFor()
    await ada.row('from the terminal').waitFor()
    await ben.row('from the terminal').waitFor()
    await expect.poll(titles).toEqual(['from Ada', 'from Ben', 'from the terminal', 'left and right', 'soon gone'])
    await ada.part('count', '[data-total="5"]').waitFor()
    await ada.part('syncState', '[data-state="synced"]').waitFor()
  })

  it('shows edits and deletions everywhere', async () => {
    await ben.edit('from Ada', { title: 'from Ada, edited by Ben' })
    await ada.row('edited by Ben').waitFor()
    await ada.delete('from Ben')
    await ben.row('from Ben').filter({ hasNotText: 'edited' }).waitFor({ state: 'detached' })
    await expect.poll(titles).toEqual(['from Ada, edited by Ben', 'from the terminal', 'left and right', 'soon gone'])
  })

  it('brings a deleted document back everywhere when the deletion is undone', async () => {
    await ada.delete('from the terminal')
    await ben.row('from the terminal').waitFor({ state: 'detached' })
    await ada.part('toast').filter({ hasText: 'from the terminal' }).getByRole('button', { name: 'Undo' }).click()
    await ben.row('from the terminal').waitFor()
    await expect.poll(titles).toEqual(['from Ada, edited by Ben', 'from the terminal', 'left and right', 'soon gone'])
  })

  it('takes another name, a description and rules from its owner, who is told which documents would go by them', async () => {
    await ada.part('settingsOpen').click()
    await ada.part('settingsName').fill('Our notes')
    await ada.part('settingsDescription').fill('What we talked about')
    await ada.part('settingsListed').check()
    await ada.part('settingsSave').click()
    await ben.part('namespaceTitle').filter({ hasText: 'Our notes' }).waitFor()
    const rules = ada.part('settingsRulesText')
    await rules.fill(JSON.stringify({ docs: { maxBytes: 80, schema: { required: ['text'] } } }))
    await ada.part('settingsRulesSave').click()
    await ada.part('settingsAgainst', '[data-documents="4"]').waitFor()
    expect(await ada.part('settingsAgainst').getByRole('link').count()).toBe(4)
    expect(await axeViolations(ada.page)).toEqual([])
    await rules.fill('{"docs": {"schema": {"format": 1}}}')
    await ada.part('settingsRulesSave').click()
    await ada.part('settingsRules').getByRole('alert').filter({ hasText: '"/format" in the schema of the collection "docs"' }).waitFor()
    await rules.fill('{\n"docs": oops}')
    await ada.part('settingsRulesError').filter({ hasText: 'Line 2' }).waitFor()
    // Escape throws nothing away.
    await ada.page.keyboard.press('Escape')
    await ada.part('settingsOpen').click()
    expect(await rules.inputValue()).toContain('oops')
    await rules.fill(JSON.stringify({ docs: { schema: PAIRS } }))
    await ada.part('settingsRulesSave').click()
    await ada.part('settingsRules').getByRole('status').filter({ hasText: 'Set.' }).waitFor()
    await ada.part('settingsClose').click()
    // Who owns nothing reads them.
    await ben.part('settingsOpen').filter({ hasText: 'Rules' }).click()
    expect(await ben.part('settingsRulesText').inputValue()).toContain('anyOf')
    await ben.part('settingsClose').click()
    await expect.poll(() => notes.info()).toMatchObject({ name: 'Our notes', description: 'What we talked about', listed: true })
    await expect.poll(() => notes.rules()).toEqual({ docs: { schema: PAIRS } })
  })

  it('tells the owner what another device of hers has set at the same time, until she has chosen', async () => {
    const { owner = '' } = (await notes.info()) ?? {}
    const storage = openNodeStorage(':memory:')
    const { log, device: key } = await personOf(terminal.replica, owner)
    await storage.setMeta('identity', await seedOf(ada, key))
    const { network } = await terminal.replica.info()
    const device = await openReplica(storage, { network: network.descriptor, aside: false, person: { log } })
    const give = async (from: Replica, to: Replica): Promise<void> => {
      const { genesis, head, signature } = (await from.exportNamespace(notes.id)) ?? {}
      if (genesis !== undefined && head !== undefined && signature !== undefined) await to.importNamespace(genesis, head, signature)
    }
    await give(terminal.replica, device)
    // Twice: it wins.
    for (const description of ['From my telephone', 'Said on my telephone']) await device.changeHead(notes.id, { description })
    await ada.part('settingsOpen').click()
    await ada.part('settingsDescription').fill('Said at my desk')
    await ada.part('settingsSave').click()
    await ada.part('settingsClose').click()
    await expect.poll(() => notes.info()).toMatchObject({ description: 'Said at my desk' })
    await give(device, terminal.replica)
    await device.close()
    const notice = ada.part('headConflict')
    await notice.filter({ hasText: 'description: “Said on my telephone”; here it was “Said at my desk”' }).waitFor()
    expect(await axeViolations(ada.page)).toEqual([])
    await notice.getByRole('button', { name: 'Take what it was here' }).click()
    await notice.waitFor({ state: 'detached' })
    await expect.poll(() => notes.info()).toMatchObject({ description: 'Said at my desk' })
  })

  it('keeps what is to be pressed in its place, whatever is said of the copies', async () => {
    await ada.part('connection').click()
    await ada.part('peerPanel').waitFor()
    expect(await placesOf(ada, 'Saved here, not yet at a relay')).toEqual(await placesOf(ada, 'Synced'))
    await ada.part('connection').click()
  })

  it('hears a message in the other browser and in the terminal', async () => {
    const listening = terminal.subscribe('tea', { signal: stopped.signal })
    void (async () => {
      for await (const message of listening) heard.push(message)
    })()
    await ben.joinTopic('tea')
    await ada.joinTopic('tea')
    await ada.say('The kettle is on')
    await ada.part('message', '[data-from="you"]').filter({ hasText: 'The kettle is on' }).waitFor()
    await ben.part('message').filter({ hasText: 'The kettle is on' }).waitFor()
    await expect.poll(() => heard.map(({ text }) => text)).toEqual(['The kettle is on'])
    const sender = await ben.part('message').getAttribute('data-from')
    expect(sender).toBe(heard[0]?.from)
    expect(sender).not.toBe('you')
  })
})

describe('while the relay is away', () => {
  it('opens after a reload, with every document', async () => {
    await Promise.all([ada.untilPageIsKept(), ben.untilPageIsKept()])
    await relay.kill()
    await ada.page.reload()
    await ada.row('edited by Ben').waitFor()
    await ada.row('from the terminal').waitFor()
    await ada.untilConnection('offline')
  })

  it('takes writes in each of them, also of five fields of one document, and has all of them everywhere once the relay is back', async () => {
    await notes.put({ title: 'terminal, offline' })
    await ada.add({ title: 'Ada, offline' })
    await ben.add({ title: 'Ben, offline' })
    const title = 'from the terminal'
    await ada.edit(title, { title, a: 1, b: 2 })
    await ben.edit(title, { title, c: 3, d: 4 })
    const { _id = '' } = (await notes.findOne({ title })) ?? {}
    await notes.update(_id, { $set: { e: 5 } })
    // The same field in both, and a document that one of them changes and the other deletes.
    await ada.edit('from Ada, edited by Ben', { title: 'from Ada, edited by Ben', mood: 'glad' })
    await ben.edit('from Ada, edited by Ben', { title: 'from Ada, edited by Ben', mood: 'calm' })
    // Each takes away what the other one needs.
    await ada.edit('left and right', { title: 'left and right', kind: 'pair', left: 1 })
    await ben.edit('left and right', { title: 'left and right', kind: 'pair', right: 1 })
    await ben.edit('soon gone', { title: 'not gone at all' })
    const gone = await notes.findOne({ title: 'soon gone' })
    await notes.delete(gone?._id ?? '')
    await ada.row('Ada, offline').waitFor()
    await ada.part('syncState', '[data-state="pending"]').waitFor()
    relay = await startRelayChild(relayData, { port: relay.port })
    const all = ['Ada, offline', 'Ben, offline', 'from Ada, edited by Ben', 'from the terminal', 'left and right', 'terminal, offline']
    await expect.poll(titles, OUTAGE).toEqual(all)
    for (const browser of [ada, ben]) {
      for (const title of all) await browser.row(title).waitFor(OUTAGE)
      await browser.part('syncState', '[data-state="synced"]').waitFor(OUTAGE)
      await expect.poll(() => browser.read(title), OUTAGE).toEqual({ _id, title, a: 1, b: 2, c: 3, d: 4, e: 5 })
    }
    expect(await notes.get(_id)).toEqual({ _id, title, a: 1, b: 2, c: 3, d: 4, e: 5 })
  })

  it('shows what lost in both, by name in its row and in the head of the namespace, until one of them has settled it', async () => {
    for (const browser of [ada, ben]) await browser.part('conflictsOpen', '[data-count="2"]').waitFor()
    // One of them breaks a rule now, which its row says.
    for (const browser of [ada, ben]) await browser.part('documentBroken').filter({ hasText: '(anyOf)' }).waitFor()
    for (const [shown, without] of await placesWithAndWithout(ada, TEST_IDS.conflictsOpen)) expect(without).toBe(shown)
    const row = ada.row('from Ada, edited by Ben')
    await row.locator(`[data-testid="${TEST_IDS.documentConflicts}"]`).waitFor()
    await row.focus()
    await ada.page.keyboard.press('c')
    const lost = ada.part('conflict', '[data-field="mood"]')
    await lost.waitFor()
    expect(await lost.locator('td').allTextContents()).toEqual(['"glad"', '"calm"'])
    expect(await lost.locator('h3').textContent()).toContain('you wrote')
    expect(await axeViolations(ada.page)).toEqual([])
    await ada.part('conflictKeep').click()
    await ada.part('conflictsLeft', '[data-count="0"]').waitFor()
    await ada.page.keyboard.press('Escape')
    expect(await ada.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(TEST_IDS.documentRow)
    await ben.part('conflictsOpen', '[data-count="1"]').waitFor()
    await expect.poll(() => ben.read('from Ada, edited by Ben')).toMatchObject({ mood: 'glad' })
    await expect.poll(async () => (await notes.findOne({ title: 'from Ada, edited by Ben' }))?.['mood']).toBe('glad')
    // The other one is of a document that no list shows, and ends at both, also where it is looked at.
    await ada.part('conflictsOpen').click()
    await ada.part('conflicted').click()
    expect(await ada.part('conflict').textContent()).toContain('not gone at all')
    await ben.part('conflictsOpen').click()
    await ben.part('conflicted').click()
    await ben.part('conflictKeepWinner').click()
    await ada.part('conflictsLeft', '[data-count="0"]').waitFor()
    for (const browser of [ada, ben]) {
      await browser.part('conflictsClose').click()
      await browser.part('conflictsOpen').waitFor({ state: 'detached' })
    }
    expect(await terminal.replica.conflicted(notes.id, { limit: 10 })).toEqual({ documents: [] })
    expect(await titles()).not.toContain('not gone at all')
  })

  it('hears messages again, in the topics that it remembers', async () => {
    await ada.part('messagesOpen').click()
    await ben.say('Is anyone still there?')
    await ada.part('message').filter({ hasText: 'Is anyone still there?' }).waitFor()
    await expect.poll(() => heard.at(-1)?.text).toBe('Is anyone still there?')
  })
})

/** How far down the button is that adds documents, in windows of many widths, while this is said of the copies. */
/** The log of a person, and the key of their first device. */
async function personOf(replica: Replica, id: string): Promise<{ readonly log: LogParcel; readonly device: string }> {
  const digest = parseCid(DAG_CBOR, id)?.multihash.digest
  const log = digest && (await replica.personLog(digest, 0, 100_000))
  const person = log?.genesis && decodePerson(log.genesis)
  if (log === undefined || person?.ok !== true) throw new Error('The owner is no person')
  return { log, device: didOf(person.value.genesis.device) }
}

/** What a browser keeps as the seed of an identity: it stands behind its name in a file of the page. */
async function seedOf({ page }: BrowserPeer, did: string): Promise<Uint8Array> {
  const found = await page.evaluate(async () => {
    const seeds: number[][] = []
    const name = new TextEncoder().encode('identity')
    const look = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      // The types of the DOM do not know that folders can be listed.
      for await (const entry of (folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
        if (entry.kind === 'directory') await look(entry as FileSystemDirectoryHandle)
        else {
          const bytes = new Uint8Array(await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer())
          for (let at = bytes.indexOf(105); at !== -1; at = bytes.indexOf(105, at + 1))
            if (name.every((byte, i) => bytes[at + i] === byte)) seeds.push([...bytes.subarray(at + name.length, at + name.length + 32)])
        }
      }
    }
    await look(await navigator.storage.getDirectory())
    return seeds
  })
  const seed = found.map((bytes) => Uint8Array.from(bytes)).find((bytes) => bytes.length === 32 && identityFromSeed(bytes).did === did)
  if (seed === undefined) throw new Error('The identity is not found in the browser')
  return seed
}

/** Where the button that adds documents stands in windows of many widths, with and without something. */
async function placesWithAndWithout({ page }: BrowserPeer, hidden: string): Promise<readonly (readonly unknown[])[]> {
  const size = page.viewportSize() ?? { width: 1280, height: 720 }
  const places: unknown[][] = []
  for (const width of [360, 500, ...Array.from({ length: 14 }, (_, i) => 760 + i * 60)]) {
    await page.setViewportSize({ ...size, width })
    // Both at one moment: what else is said there, of copies and of people, changes meanwhile.
    places.push(
      await page.evaluate(
        ({ hidden, add }) => {
          const place = (): unknown => document.querySelector(`[data-testid="${add}"]`)?.getBoundingClientRect().y
          const one = document.querySelector<HTMLElement>(`[data-testid="${hidden}"]`)
          const shown = place()
          if (one !== null) one.style.display = 'none'
          const without = place()
          if (one !== null) one.style.display = ''
          return [shown, without]
        },
        { hidden, add: TEST_IDS.documentAdd },
      ),
    )
  }
  await page.setViewportSize(size)
  return places
}

async function placesOf({ page }: BrowserPeer, said: string): Promise<readonly unknown[]> {
  const size = page.viewportSize() ?? { width: 1280, height: 720 }
  const places: unknown[] = []
  for (let width = 1200; width <= 1600; width += 20) {
    await page.setViewportSize({ ...size, width })
    places.push(
      await page.evaluate(
        ({ said, state, add }) => {
          const text = document.querySelector(`[data-testid="${state}"] [role="status"]`)
          const before = text?.textContent
          if (text === null || before === undefined) return 'nothing is said'
          text.textContent = said
          const { y } = document.querySelector(`[data-testid="${add}"]`)?.getBoundingClientRect() ?? {}
          text.textContent = before
          return y
        },
        { said, state: TEST_IDS.syncState, add: TEST_IDS.documentAdd },
      ),
    )
  }
  await page.setViewportSize(size)
  return places
}
