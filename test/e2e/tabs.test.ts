import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { type BrowserContext, chromium } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM } from '../chromium.ts'
import { serveTabPage, Tab, type TabPage } from './tab.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-tabs-'))
let page: TabPage
let relay: Relay
let context: BrowserContext
let tabs: Tab[]
let namespace: string

beforeAll(async () => {
  page = await serveTabPage(join(folder, 'page'))
  relay = await startRelay({ data: join(folder, 'relay'), port: 0 })
  context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    ...CHROMIUM,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}, 120_000)

afterAll(async () => {
  await context?.close()
  await relay?.close()
  page?.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  tabs = []
  for (let i = 0; i < 5; i++) tabs.push(await Tab.open(context, { url: page.url, join: relay.ready.join }))
  namespace = await first().call('namespace')
  await Promise.all(tabs.slice(1).map((tab) => tab.call('namespace', namespace)))
})

afterEach(async () => {
  for (const tab of tabs) await tab.page.close()
})

function first(): Tab {
  const [tab] = tabs
  return tab ?? expect.unreachable()
}

async function owners(): Promise<Tab[]> {
  const flags = await Promise.all(tabs.map((tab) => tab.call('isOwner')))
  return tabs.filter((_, i) => flags[i])
}

/** Resolves when all these tabs have found their new owner. How long that took is printed: it is the machine's as much as ours. */
async function takeOver(others: readonly Tab[], since: number): Promise<void> {
  const changes = async (): Promise<readonly (number | undefined)[]> =>
    Promise.all(others.map(async (tab) => (await tab.notes('owners')).findLast(({ at }) => at >= since)?.at))
  await expect.poll(changes).not.toContain(undefined)
  console.log(`another tab took over after ${Math.max(...(await changes()).map((at) => (at ?? 0) - since))} ms`)
}

/** Resolves when each of these tabs has had more writes acknowledged. */
async function untilMoreAreWritten(writers: readonly Tab[]): Promise<void> {
  const counts = (): Promise<number[]> => Promise.all(writers.map(async (tab) => (await tab.notes('written')).length))
  const before = await counts()
  await expect.poll(async () => (await counts()).every((count, i) => count > (before[i] ?? 0) + 10)).toBe(true)
}

/** Ways in which the tab that holds the data can go, and whether it stays a tab. */
const ENDINGS: Readonly<Record<string, { readonly end: (tab: Tab) => Promise<unknown>; readonly isStill: boolean }>> = {
  'is closed': { end: ({ page }) => page.close(), isStill: false },
  crashes: { end: crash, isStill: false },
  'goes to another page': { end: ({ page }) => page.goto('about:blank'), isStill: false },
  'loses its worker': { end: ({ page }) => (page.workers()[0] ?? expect.unreachable()).evaluate(() => self.close()), isStill: true },
}

async function crash({ page }: Tab): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await page.context().newCDPSession(page)
  // It does not live to answer.
  session.send('Page.crash').catch(() => undefined)
  await crashed
}

describe('five tabs of one origin', () => {
  it('have one peer in the network, one worker and one owner between them, and show all documents at once', async () => {
    await first().call('put', 'a')
    expect(await owners()).toEqual([first()])
    expect(tabs.flatMap(({ page }) => page.workers())).toHaveLength(1)
    await expect.poll(() => relay.store.libp2p?.getConnections().length).toBe(1)
    for (const tab of tabs) expect(await tab.call('ids')).toEqual(['a'])
    const late = await Tab.open(context, { url: page.url, join: relay.ready.join })
    tabs.push(late)
    await late.call('namespace', namespace)
    expect(await late.call('ids')).toEqual(['a'])
    expect(relay.store.libp2p?.getConnections()).toHaveLength(1)
  })

  it.each(Object.entries(ENDINGS))(
    'lose no write and make none twice when the one that holds the data %s',
    async (_, { end, isStill }) => {
      // The namespace and the log of whose it is have positions, too.
      const before = await first().call('position')
      await Promise.all(tabs.map((tab, i) => tab.call('startWriting', String(i))))
      await untilMoreAreWritten(tabs)
      const rest = isStill ? tabs : tabs.slice(1)
      // What the owner has under way while it goes may be there or not.
      const certain = await first().notes('written')
      const since = Date.now()
      await end(first())
      await takeOver(rest, since)
      await untilMoreAreWritten(rest)
      await Promise.all(rest.map((tab) => tab.call('stopWriting')))
      const [other = expect.unreachable()] = rest.slice(1)
      const ids = await other.call('ids')
      const written = (await Promise.all(rest.map((tab) => tab.notes('written')))).flat()
      expect(ids).toEqual(expect.arrayContaining([...written, ...certain]))
      expect(ids.filter((id) => !written.includes(id) && !id.startsWith('0/'))).toEqual([])
      // Each version takes one position, and is one change.
      expect(await other.call('position')).toBe(before + ids.length)
      for (const tab of rest) {
        await expect.poll(async () => (await tab.notes('changes')).length).toBe(ids.length)
        expect(await tab.notes('errors')).toEqual([])
      }
      // The relay gets it all from the new owner.
      const copy = await relay.store.namespaces.open(namespace)
      await expect.poll(async () => (await copy.status()).root).toBe(await other.call('root'))
    },
    150_000,
  )

  it('go on with another owner while the first one sleeps; that one follows when it wakes up, and when it is loaded again', async () => {
    const [asleep = expect.unreachable(), ...rest] = tabs
    await asleep.call('put', 'before')
    const since = Date.now()
    await asleep.page.evaluate(() => document.dispatchEvent(new Event('freeze')))
    await takeOver(rest, since)
    const late = asleep.call('put', 'while it sleeps')
    await rest[0]?.call('put', 'elsewhere')
    await asleep.page.evaluate(() => document.dispatchEvent(new Event('resume')))
    await late
    expect(await asleep.call('isOwner')).toBe(false)
    expect(await asleep.call('ids')).toEqual(['before', 'elsewhere', 'while it sleeps'])

    const [owner = expect.unreachable()] = await owners()
    const others = tabs.filter((tab) => tab !== owner)
    const reloaded = Date.now()
    await owner.load()
    await takeOver(others, reloaded)
    expect(await owners()).toHaveLength(1)
    await owner.call('namespace', namespace)
    expect(await owner.call('ids')).toEqual(['before', 'elsewhere', 'while it sleeps'])
    for (const tab of tabs) expect(await tab.notes('errors')).toEqual([])
  })

  it('go on in a tab that one goes back to, which the browser had kept', async () => {
    const [owner = expect.unreachable(), left = expect.unreachable()] = tabs
    await left.page.evaluate(() => addEventListener('pageshow', ({ persisted }) => window.tab.errors.push(`kept: ${persisted}`)))
    await left.page.goto(`${page.url}?elsewhere`)
    await owner.call('put', 'while it was away')
    await left.page.evaluate(() => history.back())
    await expect.poll(() => left.page.evaluate(() => window.tab?.errors)).toEqual(['kept: true'])
    await left.call('put', 'back again')
    await expect.poll(() => left.notes('changes')).toEqual(['while it was away', 'back again'])
    expect(await owners()).toEqual([owner])
  })

  it('hear each other and the network, also after the one that holds the data has crashed', async () => {
    await using remote = await createDocstore({ join: relay.ready.join })
    const heardAfar: string[] = []
    const listening = (async () => {
      for await (const { text } of remote.subscribe('tea')) heardAfar.push(text)
    })()
    await Promise.all(tabs.map((tab) => tab.call('listen', 'tea')))
    /** Messages are for those who can be reached, so they are said again until everyone can. */
    const untilHeard = async (text: string, speaker: Tab | Docstore, listeners: readonly Tab[]): Promise<void> => {
      const heard = async (): Promise<(readonly string[])[]> => {
        await (speaker instanceof Tab ? speaker.call('publish', 'tea', text) : speaker.publish('tea', text))
        return [...(await Promise.all(listeners.map((tab) => tab.notes('messages')))), ...(speaker === remote ? [] : [heardAfar])]
      }
      await expect.poll(async () => (await heard()).every((texts) => texts.includes(text))).toBe(true)
    }
    const [, speaker = expect.unreachable(), ...rest] = tabs
    await untilHeard('from afar', remote, tabs)
    await untilHeard('from a tab', speaker, [first(), ...rest])
    const since = Date.now()
    await crash(first())
    await takeOver([speaker, ...rest], since)
    await untilHeard('from a tab, later', speaker, rest)
    await untilHeard('from afar, later', remote, [speaker, ...rest])
    for (const tab of [speaker, ...rest]) expect(await tab.notes('errors')).toEqual([])
    await remote.close()
    await listening
  })
})
