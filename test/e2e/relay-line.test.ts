import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RelayChild, startRelayChild } from './relay-child.ts'

const COUNT = 12
/** Index of the relay in the middle of the line. */
const MIDDLE = 5

let folder: string
const relays: RelayChild[] = []
const stores: Docstore[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-line-'))
}, 120_000)
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(relays.map((relay) => relay.kill()))
  rmSync(folder, { recursive: true, force: true })
})

function relay(index: number): RelayChild {
  const one = relays.at(index)
  if (one === undefined) throw new Error('there is no such relay')
  return one
}

async function client(of: RelayChild): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', join: of.ready.join })
  stores.push(store)
  return store
}

/** Resolves when the document is here. How long that takes depends on the machine: the test's own limit is the only one. */
async function until(namespace: Namespace, id: string): Promise<void> {
  for await (const { documents } of namespace.watch({ _id: id })) if (documents.length === 1) return
}

/** Resolves with how long it took until all of these relays list so many. */
async function untilListed(some: readonly RelayChild[], count: number, timeout: number): Promise<number> {
  const began = performance.now()
  const listed = async (): Promise<readonly number[]> => (await Promise.all(some.map((one) => one.report()))).map((report) => report.listed.length)
  await expect.poll(listed, { timeout, interval: 500 }).toEqual(some.map(() => count))
  return performance.now() - began
}

describe('twelve relays that keep what they are asked to, each of which was told of the one before it', () => {
  it('list each other within half a minute', async () => {
    for (let index = 0; index < COUNT; index++) {
      const before = relays.at(-1)
      const data = join(folder, `relay-${index}`)
      relays.push(await startRelayChild(data, { storage: 'asked', ...(before === undefined ? {} : { join: before.ready.join }) }))
    }
    const tookMs = await untilListed(relays, COUNT, 30_000)
    const residentBytes = (await Promise.all(relays.map((one) => one.report()))).map((report) => report.residentBytes)
    console.log(
      `all are listed ${Math.round(tookMs)} ms after the last one was ready; largest relay: ${Math.round(Math.max(...residentBytes) / 1e6)} MB`,
    )
  }, 180_000)

  it('are found by who needs them: a client that knows one gets what two others keep, and goes on when that one is killed', async () => {
    const writer = await client(relay(MIDDLE))
    const notes = await writer.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'one' })
    const holders = await notes.delivered({ copies: 2 })
    await writer.close()

    const known = relays.find(({ ready }) => !holders.includes(ready.peer))
    if (known === undefined) throw new Error('all relays keep it')
    const reader = await client(known)
    await reader.network?.connected({ timeoutMs: 30_000 })
    const began = performance.now()
    const same = await reader.namespaces.open(notes.id)
    await until(same, 'one')
    console.log(`a client that knew one other relay had the document after ${Math.round(performance.now() - began)} ms`)

    await known.kill()
    relays.splice(relays.indexOf(known), 1)
    await same.put({ _id: 'two' })
    await same.delivered({ copies: 1 })
    // One that knows another relay gets it too.
    const other = relays.find(({ ready }) => !holders.includes(ready.peer))
    if (other === undefined) throw new Error('no other relay')
    const third = await client(other)
    await until(await third.namespaces.open(notes.id), 'two')
  }, 90_000)

  it('hear of a newcomer at the other end when the one in the middle is gone', async () => {
    const middle = relay(MIDDLE)
    await middle.kill()
    relays.splice(MIDDLE, 1)
    const newcomer = await startRelayChild(join(folder, 'newcomer'), { storage: 'asked', join: relay(0).ready.join })
    relays.push(newcomer)
    const began = performance.now()
    const hears = async (): Promise<boolean> => {
      const reports = await Promise.all(relays.map((one) => one.report()))
      return reports.every(({ listed }) => listed.includes(newcomer.ready.peer))
    }
    await expect.poll(hears, { timeout: 30_000, interval: 500 }).toBe(true)
    console.log(`a newcomer was known everywhere after ${Math.round(performance.now() - began)} ms`)
  }, 60_000)
})
