import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placementTimes } from './placed-times.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

/** Two more than there are copies. */
const COUNT = 5
const COPIES = 3
const NAMESPACES = 8
/** How long is waited for what takes seconds where nothing else runs. */
const PATIENCE_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'docstore-placed-'))
const relays: RelayChild[] = []
const stores: Docstore[] = []
const written: Namespace[] = []
const picture = new Uint8Array(600_000).fill(7)
let named = ''
let writer: { readonly person: string; readonly words: readonly string[] }

beforeAll(async () => {
  const first = await startRelayChild(join(folder, '0'), { storage: 'owned', placementTimes })
  const start = (index: number) => startRelayChild(join(folder, `${index}`), { storage: 'owned', placementTimes, join: first.ready.join })
  relays.push(first, ...(await Promise.all(Array.from({ length: COUNT - 1 }, (_, i) => start(i + 1)))))
}, 180_000)

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(relays.map((relay) => relay.kill()))
  rmSync(folder, { recursive: true, force: true })
})

async function peerOf(relay: RelayChild | undefined, options: { readonly person?: 'none' } = {}): Promise<Docstore> {
  const store = await createDocstore({ ...options, data: 'memory', join: relay?.ready.join ?? '', placementTimes })
  stores.push(store)
  return store
}

/** How many of the relays have each namespace. */
async function copies(): Promise<readonly number[]> {
  const kept = (await Promise.all(relays.map((relay) => relay.sectors()))).map(({ namespaces }) => new Set(namespaces))
  return written.map(({ id }) => kept.filter((one) => one.has(id)).length)
}

const everyOne = (count: number): readonly number[] => written.map(() => count)

/** Resolves when all see so many relays that own something. */
async function untilMembers(count: number): Promise<void> {
  const members = async (): Promise<readonly number[]> =>
    (await Promise.all(relays.map((relay) => relay.sectors()))).map(({ report }) => report.members)
  await expect.poll(members, { timeout: PATIENCE_MS, interval: 250 }).toEqual(relays.map(() => count))
}

/** Reads the document of each namespace as a peer that knows one relay. */
async function readAll(relay: RelayChild | undefined): Promise<void> {
  const store = await peerOf(relay)
  for (const { id } of written) {
    const namespace = await store.namespaces.open(id)
    for await (const { documents } of namespace.watch({ _id: 'a' })) if (documents.length === 1) break
  }
}

describe('five relays that keep what they own, in a network of three copies', () => {
  it('have each namespace three times, whichever of them it was written at, and count no other copies', async () => {
    await untilMembers(COUNT)
    const store = await peerOf(relays[0])
    for (let i = 0; i < NAMESPACES; i++) {
      const namespace = await store.namespaces.create({ name: `n${i}`, write: 'anyone', listed: true })
      await namespace.put({ _id: 'a', i })
      written.push(namespace)
    }
    // One of them has a file, which its owners are to have too before anybody else gives it up.
    await written[0]?.putFile(picture, { name: 'picture' })
    writer = { person: store.info.person ?? '', words: await store.person.words() }
    const device = await peerOf(relays[1], { person: 'none' })
    const { namespace: profile } = await device.profiles.set('name', 'Ada')
    await (await device.namespaces.open(profile)).delivered({ copies: 2, timeoutMs: PATIENCE_MS })
    named = device.info.identity
    for (const namespace of written) {
      const holders = await namespace.delivered({ copies: 2, timeoutMs: PATIENCE_MS })
      const { owners } = (await store.network?.where({ ns: namespace.id, timeoutMs: 60_000 })) ?? { owners: [] }
      for (const holder of holders) expect(owners.map(({ peer }) => peer)).toContain(holder)
    }
    await expect.poll(copies, { timeout: PATIENCE_MS, interval: 250 }).toEqual(everyOne(COPIES))
    const where = (id: string) => store.network?.where({ ns: id, timeoutMs: 60_000 })
    // Each sector three times, and all of what lies here handed on.
    const owned = async () => (await store.network?.sectors({ timeoutMs: 60_000 }))?.map((one) => one.owned - one.leaving) ?? []
    await expect.poll(async () => (await owned()).reduce((sum, one) => sum + one, 0)).toBe(1024 * COPIES)
    for (const { id } of written) await expect.poll(() => where(id)).toMatchObject({ everywhere: false, copies: COPIES, wanted: COPIES })
  }, 240_000)

  it('give any of it to a peer that knows one of them', async () => {
    await readAll(relays[3])
    await readAll(relays[4])
  }, 180_000)

  it('list all namespaces, whichever of them is asked', async () => {
    for (const relay of relays) {
      const store = await peerOf(relay)
      await store.network?.connected({ timeoutMs: 60_000 })
      const ids = async () => (await store.namespaces.listed({ timeoutMs: 60_000 })).namespaces.map(({ id }) => id)
      await expect.poll(ids).toEqual(expect.arrayContaining(written.map(({ id }) => id)))
    }
  }, 180_000)

  it('give files and documents over HTTP, whichever of them is asked', async () => {
    const [album] = written
    const [file] = (await album?.listFiles()) ?? []
    for (const { ready } of relays) {
      const answer = await fetch(`${ready.http}/ns/${album?.id}/files/${file?.cid}`)
      expect([answer.status, Buffer.compare(Buffer.from(await answer.arrayBuffer()), picture)]).toEqual([200, 0])
      const document = await fetch(`${ready.http}/ns/${album?.id}/docs/a`)
      expect(await document.json()).toEqual({ _id: 'a', i: 0 })
    }
  }, 180_000)

  it('tell what somebody is called, and bring him back by his words, whichever of them is asked', async () => {
    for (const relay of relays) {
      const store = await peerOf(relay)
      await expect.poll(async () => (await store.profiles.names([named], { timeoutMs: 30_000 }))[0]?.label).toBe('Ada')
    }
    for (const relay of [relays[2], relays[4]]) {
      const store = await peerOf(relay)
      // Who is asked are the relays of which it has heard.
      const known = async () => (await store.directory()).filter(({ role }) => role === 'relay').length
      await expect.poll(known).toBe(COUNT)
      const { person, namespaces } = await store.person.restore(writer.words, { timeoutMs: 60_000 })
      expect([person, namespaces]).toEqual([writer.person, expect.arrayContaining(written.map(({ id }) => id))])
    }
  }, 240_000)

  it('make up for one that is killed and whose disk is lost, without a command', async () => {
    const [lost] = relays.splice(1, 1)
    await lost?.kill()
    rmSync(join(folder, '1'), { recursive: true, force: true })
    await readAll(relays[0])
    await untilMembers(COUNT - 1)
    await expect.poll(copies, { timeout: PATIENCE_MS, interval: 250 }).toEqual(everyOne(COPIES))
    await readAll(relays[2])
  }, 240_000)

  it('let one go that was drained: all that it had is with the others', async () => {
    const [leaving] = relays.splice(0, 1)
    try {
      await leaving?.drain()
      const left = async () => (await leaving?.sectors())?.report
      await expect.poll(left, { timeout: PATIENCE_MS, interval: 250 }).toMatchObject({ draining: true, members: COUNT - 2, unsafe: 0 })
    } finally {
      await leaving?.kill()
    }
    await expect.poll(copies, { timeout: PATIENCE_MS, interval: 250 }).toEqual(everyOne(COPIES))
    await readAll(relays[1])
  }, 240_000)
})
