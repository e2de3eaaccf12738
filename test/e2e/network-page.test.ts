import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNetwork } from '@p2p-docstore/core'
import { createDocstore, type Docstore, formatJoinLink } from 'p2p-docstore'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEST_CERTIFICATES } from '../../packages/relay/src/testing/certificates.ts'
import { BrowserPeer } from './browser-peer.ts'
import { buildPageIfMissing } from './build-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-network-page-'))
let home: Relay
let second: Relay
let secure: Relay
let program: Docstore
let ada: BrowserPeer

/** A relay that has only its page's port, with a certificate, for everything. */
async function startSecureRelay(): Promise<Relay> {
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(tls.cert, TEST_CERTIFICATES[0]?.cert ?? '')
  writeFileSync(tls.key, TEST_CERTIFICATES[0]?.key ?? '')
  const port = await freePort()
  return startRelay({ data: join(folder, 'secure'), port, tls, announce: [`/ip4/127.0.0.1/tcp/${port}/tls/ws`] })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

beforeAll(async () => {
  await buildPageIfMissing()
  home = await startRelay({ data: join(folder, 'home'), port: 0, networkName: 'garden club' })
  second = await startRelay({ data: join(folder, 'second'), port: 0, join: home.ready.join })
  program = await createDocstore({ join: home.ready.join, listed: true })
  secure = await startSecureRelay()
  ada = await BrowserPeer.open(join(folder, 'ada'), home.ready.join)
  await ada.untilConnection('connected')
})

afterAll(async () => {
  await ada?.close()
  await Promise.all([program, second, secure].map((one) => one?.close()))
  await home?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the page', () => {
  it('says how it is connected and through whom it is reached, and finds no fault', async () => {
    await ada.part('connection').click()
    await ada.part('relayRow', '[data-reservation="true"]').filter({ hasText: 'WebRTC-direct to relay' }).first().waitFor()
    await ada.part('doctorRun').click()
    await ada.part('doctorFinding', '[data-ok="true"]').filter({ hasText: 'Other peers can reach this one' }).first().waitFor()
    expect(await ada.part('doctorFinding', '[data-ok="false"]').allTextContents()).toEqual([])
  })

  it('shows the join link as a QR code', async () => {
    await ada.part('joinQrShow').click()
    const code = ada.part('joinQr')
    await code.waitFor()
    expect(await code.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(0)
    await ada.part('peerPanelClose').click()
  })

  it('draws and lists relays and peers of the network, with what is known of each', async () => {
    await ada.part('networkLink').click()
    for (const { ready } of [home, second]) await ada.part('networkPeer', `[data-id="${ready.peer}"][data-kind="relay"]`).waitFor()
    const listed = ada.part('networkPeer', `[data-id="${await program.peerId()}"][data-kind="peer"]`)
    await listed.waitFor()
    expect(await ada.part('networkNode', '[data-kind="self"]').count()).toBe(1)
    expect(await ada.part('networkNode', '[data-kind="relay"]').count()).toBe(2)
    await ada.part('networkPeer', `[data-id="${second.ready.peer}"]`).getByRole('button').click()
    const facts = ada.part('networkPeer', `[data-id="${second.ready.peer}"]`).locator('dl')
    // In plain words; how exactly is for those who look closer.
    const own = ada.part('networkPeer', `[data-id="${home.ready.peer}"]`)
    await own.filter({ hasText: 'Relay · connected' }).waitFor()
    await facts
      .filter({ hasText: second.ready.origin })
      .filter({ hasText: second.ready.identity.slice('did:key:'.length).slice(0, 8) })
      .waitFor()
    await ada.part('networkKept').filter({ hasText: 'Every relay keeps everything. Nothing is being repaired.' }).waitFor()
    await ada.part('networkPeer', `[data-id="${home.ready.peer}"]`).getByRole('button').click()
    await own.locator('dl').filter({ hasText: 'Everything in the network' }).waitFor()
  })

  it('connects over its own https port where that is all there is', async () => {
    const ben = await BrowserPeer.open(join(folder, 'ben'), secure.ready.join)
    try {
      await ben.untilConnection('connected')
      expect(await ben.part('connection').getAttribute('data-via')).toBe('websocket')
      await ben.part('connection').click()
      await ben.part('relayRow', '[data-reservation="true"]').filter({ hasText: 'WebSocket to relay' }).waitFor()
    } finally {
      await ben.close()
    }
  })
})

it('shows what began alone in a folder, once that has joined: the same documents, under the id that the namespace has now', async () => {
  const data = join(folder, 'alone')
  const documents = Array.from({ length: 1000 }, (_, n) => ({ _id: `d${n}`, n }))
  const alone = await createDocstore({ data, network: 'off' })
  const before = await alone.namespaces.create({ name: 'began alone', write: 'anyone' })
  await before.putMany(documents)
  await alone.close()
  await using joined = await createDocstore({ data, join: home.ready.text })
  const notes = await joined.namespaces.open(before.id)
  expect(await notes.delivered()).toContain(home.ready.peer)
  expect(await (await home.store.namespaces.open(notes.id)).find({}, { sort: { n: 1 } }).toArray()).toEqual(documents)
  expect(await home.store.replica.namespace(before.id)).toBeUndefined()
  await ada.page.goto(`${home.ready.http}/#/ns/${notes.id}?filter=${encodeURIComponent('{"n":999}')}`)
  await ada.part('namespaceItem', `[data-id="${notes.id}"][data-documents="1000"]`).waitFor()
  await ada.part('documentRow', '[data-id="d999"]').waitFor()
})

it('asks where a link into another network is opened, and takes documents along that nobody else has', async () => {
  const lilies = createNetwork('lily club')
  const eve = await BrowserPeer.open(join(folder, 'eve'), formatJoinLink(home.ready.http, lilies))
  try {
    const before = await eve.createNamespace('of the lilies')
    await eve.add({ _id: 'lily', text: 'a lily' })
    await eve.page.goto(home.ready.join)
    await eve.part('openFailed', '[data-code="other-network"]').waitFor()
    await eve.part('moveToNetwork').click()
    await eve.untilConnection('connected')
    const found = async (): Promise<readonly string[]> =>
      (await home.store.namespaces.list()).filter(({ name }) => name === 'of the lilies').map((one) => one.id)
    await expect.poll(found).toHaveLength(1)
    const [id = ''] = await found()
    await eve.page.goto(`${home.ready.http}/#/ns/${id}`)
    await eve.row('a lily').waitFor()
    expect([id === before, await eve.part('networkSwitch').count()]).toEqual([false, 0])
  } finally {
    await eve.close()
  }
})

describe('a page in two networks', () => {
  const listed = (relay: Relay): Promise<readonly string[]> => relay.store.replica.namespaceIds()
  const option = (relay: Relay): string => `option[value="${relay.ready.network}"]`

  it('joins the second by its link, has both at once, and lets nothing cross', async () => {
    await ada.page.goto(home.ready.http)
    await ada.untilConnection('connected')
    const garden = await program.namespaces.create({ name: 'of the garden', write: 'anyone' })
    await ada.openNamespace(garden.id)
    await ada.add({ _id: 'rose', text: 'a rose' })
    await expect.poll(() => home.store.namespaces.open(garden.id).then((one) => one.get('rose'))).toBeDefined()

    const peersAt = (relay: Relay): readonly string[] => relay.store.libp2p?.getPeers().map(String) ?? []
    const gardeners = peersAt(home).toSorted()

    // What was pasted leads to another network: to join is a second step.
    await ada.part('openId').fill(secure.ready.join)
    await ada.part('openSubmit').click()
    await ada.part('openJoin').click()
    await ada.part('networkSwitch').locator(option(secure)).waitFor({ state: 'attached' })
    expect(await ada.part('networkSwitch').inputValue()).toBe(secure.ready.network)
    await ada.untilConnection('connected')
    const beside = await ada.createNamespace('of the other')
    await ada.add({ _id: 'pine', text: 'a pine' })
    await expect.poll(() => listed(secure)).toEqual([beside])
    expect(await listed(home)).not.toContain(beside)
    expect(await listed(secure)).not.toContain(garden.id)

    // Two peers, which no relay can tell to be the same page; none speaks a protocol of the other network.
    const [ours] = peersAt(secure)
    expect(peersAt(secure)).toHaveLength(1)
    expect(peersAt(home)).not.toContain(ours)
    for (const [relay, other] of [
      [home, secure],
      [secure, home],
    ] as const) {
      for (const { id, protocols } of (await relay.store.libp2p?.peerStore.all()) ?? [])
        expect([id.toString(), protocols.filter((protocol) => protocol.includes(other.ready.network))]).toEqual([id.toString(), []])
    }

    // The one that is not shown goes on, connected as before, and what comes there is here.
    await (await program.namespaces.open(garden.id)).put({ _id: 'lily', text: 'a lily' })
    expect(peersAt(home).toSorted()).toEqual(gardeners)
    await ada.part('networkSwitch').selectOption(home.ready.network)
    await ada.part('namespaceItem', `[data-id="${garden.id}"][data-documents="2"]`).waitFor()
    expect(await ada.part('namespaceItem', `[data-id="${beside}"]`).count()).toBe(0)
    expect(await ada.part('networkSwitch').inputValue()).toBe(home.ready.network)
    // An address leads into the network that its namespace is in, also after the page is loaded again.
    await ada.page.goto(`${home.ready.http}/#/ns/${beside}`)
    await ada.row('a pine').waitFor()
    await ada.page.reload()
    await ada.row('a pine').waitFor()
    expect(await ada.part('networkSwitch').inputValue()).toBe(secure.ready.network)
  })

  it('leaves one of them, with all that is of it, once it is asked', async () => {
    const tab = await ada.openTab(ada.page.url())
    await tab.row('a pine').waitFor()
    await ada.part('networkSwitch').selectOption(home.ready.network)
    await ada.part('connection').click()
    const item = ada.part('networkItem', `[data-id="${secure.ready.network}"]`)
    await item.getByRole('button', { name: 'Leave' }).click()
    await ada.part('networkLeaveConfirm').click()
    await ada.part('networkSwitch').waitFor({ state: 'detached' })
    expect(await ada.part('networkItem').count()).toBe(1)
    // The other tab has nothing of it any more, and shows what is left.
    await tab.part('networkSwitch').waitFor({ state: 'detached' })
    await tab.part('networkLink').filter({ hasText: 'garden club' }).waitFor()
    await expect.poll(() => secure.store.libp2p?.getPeers().length).toBe(0)
    await ada.page.reload()
    await ada.untilConnection('connected')
    expect(await ada.part('networkSwitch').count()).toBe(0)
  })
})
