import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placementTimes } from './placed-times.ts'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const COUNT = 6
const COPIES = 3
const DOCUMENTS = 80
const PATIENCE_MS = 120_000

const folder = mkdtempSync(join(tmpdir(), 'docstore-split-'))
const relays: RelayChild[] = []
const stores: Docstore[] = []
let split: Namespace
let growing: Namespace
let roles: Namespace
const picture = new Uint8Array(600_000).fill(7)

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

async function peerOf(relay: RelayChild | undefined): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', join: relay?.ready.join ?? '', placementTimes })
  stores.push(store)
  return store
}

/** Records of each quarter of a namespace that one relay has or another, each count as often as relays have it. */
async function quarters(namespace: Namespace): Promise<readonly (readonly number[])[]> {
  const kept = (await Promise.all(relays.map((relay) => relay.sectors()))).map((one) => one.quarters[namespace.id] ?? [0, 0, 0, 0])
  return [0, 1, 2, 3].map((index) => kept.map((one) => one[index] ?? 0).filter((count) => count > 0))
}

/** Resolves when so many relays have each quarter, all of them all of it. */
async function untilCopies(namespace: Namespace, records: number): Promise<void> {
  const seen = async () => {
    const all = await quarters(namespace)
    return {
      copies: all.map((one) => one.length),
      differing: all.filter((one) => new Set(one).size > 1).length,
      records: all.reduce((sum, one) => sum + (one[0] ?? 0), 0),
    }
  }
  await expect.poll(seen, { timeout: PATIENCE_MS, interval: 250 }).toEqual({ copies: [COPIES, COPIES, COPIES, COPIES], differing: 0, records })
}

async function untilMembers(count: number): Promise<void> {
  const members = async (): Promise<readonly number[]> =>
    (await Promise.all(relays.map((relay) => relay.sectors()))).map(({ report }) => report.members)
  await expect.poll(members, { timeout: PATIENCE_MS, interval: 250 }).toEqual(relays.map(() => count))
}

/** Reads all documents as a peer that knows one relay. */
async function readAll(relay: RelayChild | undefined, namespace: Namespace): Promise<void> {
  const store = await peerOf(relay)
  const read = await store.namespaces.open(namespace.id)
  await expect.poll(() => read.count(), { timeout: PATIENCE_MS, interval: 100 }).toBe(DOCUMENTS)
  await store.close()
}

/** Asks all relays: each answers with all of it, or that it is not here now, until it has it. */
async function readOverHttp({ id }: Namespace): Promise<void> {
  const partial: number[] = []
  const read = async ({ ready }: RelayChild): Promise<number> => {
    const answer = await fetch(`${ready.http}/ns/${id}/docs?limit=1000`)
    const { documents: found } = (await answer.json()) as { readonly documents?: readonly unknown[] }
    if (answer.status === 200 && found?.length !== DOCUMENTS) partial.push(found?.length ?? 0)
    return answer.status
  }
  await Promise.all(relays.map((relay) => expect.poll(() => read(relay), { timeout: PATIENCE_MS, interval: 100 }).toBe(200)))
  expect(partial).toEqual([])
}

const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: `d${i}`, i }))

describe('six relays that keep what they own, in a network of three copies, and a namespace in four parts', () => {
  it('have each part three times', async () => {
    await untilMembers(COUNT)
    const store = await peerOf(relays[0])
    split = await store.namespaces.create({ name: 'split', write: 'anyone', split: 4 })
    await split.putMany(documents)
    await split.delivered({ copies: 2, timeoutMs: PATIENCE_MS })
    await untilCopies(split, DOCUMENTS)
    // Each part at its owners.
    const where = () => store.network?.where({ ns: split.id, timeoutMs: 60_000 })
    await expect.poll(where, { timeout: PATIENCE_MS }).toMatchObject({ everywhere: false, copies: COPIES, wanted: COPIES })
    const { parts = [] } = (await where()) ?? {}
    const kept = await Promise.all(relays.map((relay) => relay.sectors()))
    for (const { parts: numbers, owners } of parts)
      for (const number of numbers) {
        const holders = relays.filter((_, i) => (kept[i]?.quarters[split.id]?.[number - 1] ?? 0) > 0).map(({ ready }) => ready.peer)
        expect(holders.sort()).toEqual(owners.map(({ peer }) => peer).sort())
      }
    expect(new Set(parts.flatMap(({ parts: numbers }) => numbers))).toEqual(new Set([1, 2, 3, 4]))
  }, 240_000)

  it('give all of it to a peer that knows one of them', async () => {
    await readAll(relays[3], split)
    await readAll(relays[5], split)
  }, 180_000)

  it('give all of it over HTTP, whichever of them is asked', async () => {
    await readOverHttp(split)
    await untilCopies(split, DOCUMENTS)
  }, 240_000)

  it('take documents with files, and what persons write who were given roles', async () => {
    const owner = await peerOf(relays[2])
    const member = await peerOf(relays[4])
    roles = await owner.namespaces.create({ name: 'roles', write: 'members', split: 4 })
    await roles.grant(member.info.person ?? '', 'write')
    await roles.putMany(documents.slice(0, 40))
    await roles.putFile(picture, { name: 'picture' })
    await roles.delivered({ copies: 2, timeoutMs: PATIENCE_MS })
    const theirs = await member.namespaces.open(roles.id)
    await expect.poll(() => theirs.count(), { timeout: PATIENCE_MS, interval: 100 }).toBe(40)
    await theirs.putMany(documents.slice(40))
    await theirs.delivered({ copies: 2, timeoutMs: PATIENCE_MS })
    await untilCopies(roles, DOCUMENTS + 1)
    await readAll(relays[5], roles)
    const [file] = await roles.listFiles()
    for (const { ready } of relays) {
      const answer = () => fetch(`${ready.http}/ns/${roles.id}/files/${file?.cid}`)
      await expect.poll(async () => (await answer()).status, { timeout: PATIENCE_MS, interval: 250 }).toBe(200)
      expect(Buffer.compare(Buffer.from(await (await answer()).arrayBuffer()), picture)).toBe(0)
    }
  }, 240_000)

  it('make up for one that is killed and whose disk is lost', async () => {
    const [lost] = relays.splice(1, 1)
    await lost?.kill()
    rmSync(join(folder, '1'), { recursive: true, force: true })
    await readAll(relays[0], split)
    await untilMembers(COUNT - 1)
    await untilCopies(split, DOCUMENTS)
    await readAll(relays[2], split)
  }, 240_000)

  it('take over what grows from one part to two and to four, while it is written to', async () => {
    const store = await peerOf(relays[2])
    growing = await store.namespaces.create({ name: 'growing', write: 'anyone' })
    await growing.putMany(documents)
    // What its last owner is just being told is no matter of parts.
    const whole = async () => (await Promise.all(relays.map((relay) => relay.sectors()))).filter(({ records }) => records[growing.id] === DOCUMENTS)
    await expect.poll(async () => (await whole()).length, { timeout: PATIENCE_MS, interval: 250 }).toBe(COPIES)
    for (const parts of [2, 4]) {
      await growing.set({ split: parts })
      await readOverHttp(growing)
      await growing.putMany(documents.map((document) => ({ ...document, parts })))
      await growing.delivered({ copies: 2, timeoutMs: PATIENCE_MS })
      await untilCopies(growing, DOCUMENTS)
    }
    await readAll(relays[4], growing)
  }, 240_000)

  it('let one go that was drained: all parts that it had are with the others', async () => {
    const [leaving] = relays.splice(0, 1)
    try {
      await leaving?.drain()
      const left = async () => (await leaving?.sectors())?.report
      await expect.poll(left, { timeout: PATIENCE_MS, interval: 250 }).toMatchObject({ draining: true, members: COUNT - 2, unsafe: 0 })
    } finally {
      await leaving?.kill()
    }
    await untilCopies(split, DOCUMENTS)
    await untilCopies(growing, DOCUMENTS)
    await readAll(relays[1], growing)
  }, 240_000)
})
