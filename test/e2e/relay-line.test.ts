import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RelayReady, startRelay } from '@p2p-docstore/relay'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRelayChild } from './relay-child.ts'

const COUNT = 7
/** How long is waited for what takes seconds where nothing else runs. */
const PATIENCE_MS = 90_000
/** Index of the relay in the middle of the line. */
const MIDDLE = 3
/** Those that are processes of their own, so that they can be killed. Beside the middle one there are three, since two others may keep a document. */
const KILLABLE: ReadonlySet<number> = new Set([1, 2, MIDDLE, 5])

interface LineRelay {
  /** Its place in the line. */
  readonly index: number
  readonly ready: RelayReady
  /** Peer ids of the relays that its directory lists. */
  listed(): Promise<readonly string[]>
  end(): Promise<void>
}

let folder: string
const relays: LineRelay[] = []
const stores: Docstore[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-line-'))
}, 120_000)
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await Promise.all(relays.map((relay) => relay.end()))
  rmSync(folder, { recursive: true, force: true })
})

function relayAt(index: number): LineRelay {
  const one = relays.find((some) => some.index === index)
  if (one === undefined) throw new Error('there is no such relay')
  return one
}

async function startOne(index: number, link?: string): Promise<LineRelay> {
  const options = { storage: 'asked', ...(link === undefined ? {} : { join: link }) } as const
  const data = join(folder, `relay-${index}`)
  if (KILLABLE.has(index)) {
    const child = await startRelayChild(data, options)
    return { index, ready: child.ready, listed: () => child.listed(), end: () => child.kill() }
  }
  const { ready, store, close } = await startRelay({ data, port: 0, networkName: 'end to end', ...options })
  const listed = async (): Promise<readonly string[]> => (await store.directory()).filter(({ role }) => role === 'relay').map(({ peer }) => peer)
  return { index, ready, listed, end: close }
}

async function client(of: LineRelay): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', join: of.ready.join })
  stores.push(store)
  return store
}

/** Resolves when the document is here. How long that takes depends on the machine: the test's own limit is the only one. */
async function until(namespace: Namespace, id: string): Promise<void> {
  for await (const { documents } of namespace.watch({ _id: id })) if (documents.length === 1) return
}

/** Resolves with how long it took until all of these relays list so many. */
async function untilListed(some: readonly LineRelay[], count: number): Promise<number> {
  const began = performance.now()
  const listed = async (): Promise<readonly number[]> => (await Promise.all(some.map((one) => one.listed()))).map((peers) => peers.length)
  await expect.poll(listed, { timeout: PATIENCE_MS, interval: 250 }).toEqual(some.map(() => count))
  return performance.now() - began
}

describe('seven relays that keep what they are asked to, each of which was told of the one before it', () => {
  it('list each other', async () => {
    for (let index = 0; index < COUNT; index++) relays.push(await startOne(index, relays.at(-1)?.ready.join))
    const tookMs = await untilListed(relays, COUNT)
    console.log(`all are listed ${Math.round(tookMs)} ms after the last one was ready`)
  }, 180_000)

  it('are found by who needs them: a client that knows one gets what two others keep, and goes on when that one is killed', async () => {
    const writer = await client(relayAt(MIDDLE))
    const notes = await writer.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'one' })
    const holders = await notes.delivered({ copies: 2 })
    await writer.close()

    const known = relays.find(({ ready, index }) => KILLABLE.has(index) && index !== MIDDLE && !holders.includes(ready.peer))
    if (known === undefined) throw new Error('all relays that can be killed keep it')
    const reader = await client(known)
    await reader.network?.connected({ timeoutMs: 30_000 })
    const began = performance.now()
    const same = await reader.namespaces.open(notes.id)
    await until(same, 'one')
    console.log(`a client that knew one other relay had the document after ${Math.round(performance.now() - began)} ms`)

    await known.end()
    relays.splice(relays.indexOf(known), 1)
    await same.put({ _id: 'two' })
    await same.delivered({ copies: 1 })
    // One that knows another relay gets it too.
    const other = relays.find(({ ready }) => !holders.includes(ready.peer))
    if (other === undefined) throw new Error('no other relay')
    const third = await client(other)
    await until(await third.namespaces.open(notes.id), 'two')
  }, 240_000)

  it('hear of a newcomer at the other end when the one in the middle is gone', async () => {
    const middle = relayAt(MIDDLE)
    await middle.end()
    relays.splice(relays.indexOf(middle), 1)
    const newcomer = await startOne(COUNT, relayAt(0).ready.join)
    relays.push(newcomer)
    const began = performance.now()
    const hears = async (): Promise<boolean> => {
      const lists = await Promise.all(relays.map((one) => one.listed()))
      return lists.every((listed) => listed.includes(newcomer.ready.peer))
    }
    await expect.poll(hears, { timeout: PATIENCE_MS, interval: 250 }).toBe(true)
    console.log(`a newcomer was known everywhere after ${Math.round(performance.now() - began)} ms`)
  }, 120_000)
})
