/// <reference types="node" />
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCode } from '../../errors.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { StorageOptions } from '../../storage/schema.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'

const MIB = 2 ** 20
const network = createNetwork('losers')
const LOSERS = 16

let folder: string
let now: number
let options: StorageOptions
let peers: LocalReplica[]
let here: LocalReplica
let ns: string
const clock = (): number => now

async function open(path: string, storage: StorageOptions = {}): Promise<LocalReplica> {
  const replica = await openReplica(openNodeStorage(path, storage), { network: network.bytes, aside: false, now: clock })
  peers.push(replica)
  return replica
}

/** A store on a disk, with a namespace. */
async function start(storage: StorageOptions = {}): Promise<void> {
  options = { ...storage, now: clock }
  here = await open(join(folder, 'docstore.db'), options)
  ns = (await here.createNamespace({ name: 'orders', write: 'anyone' })).id
}

async function reopen(): Promise<void> {
  peers = peers.filter((peer) => peer !== here)
  await here.close()
  here = await open(join(folder, 'docstore.db'), options)
}

async function other(): Promise<LocalReplica> {
  const replica = await open(':memory:')
  const namespace = await here.exportNamespace(ns)
  if (namespace === undefined) throw new Error('no namespace')
  await replica.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  return replica
}

/** Everything, batch by batch. */
async function send(from: LocalReplica, to: LocalReplica): Promise<readonly string[]> {
  const results: string[] = []
  for (let since = 0, more = true; more; ) {
    const { batch, ...rest } = await from.batchSince(ns, since, { maxBytes: 192 * 1024 })
    ;({ seq: since, more } = rest)
    const accepted = batch === undefined ? { results: [] } : await to.accept(ns, batch)
    results.push(...('refused' in accepted ? [accepted.refused] : accepted.results))
  }
  return results
}

const put = (peer: LocalReplica, id: string, fields: object, settles = false): ReturnType<LocalReplica['write']> => {
  now++
  return peer.write(ns, 'docs', [{ id, content: JSON.stringify({ _id: id, ...fields }), settles }])
}
const remove = (peer: LocalReplica, id: string): ReturnType<LocalReplica['write']> => {
  now++
  return peer.write(ns, 'docs', [{ id, content: null }])
}
const lost = async (peer: LocalReplica): Promise<readonly string[]> =>
  (await peer.conflicts(ns, 'docs', { limit: 1000 })).conflicts.map(({ id, content, field }) => `${id} ${field ?? ''} ${content}`)
const rootOf = async (peer: LocalReplica): Promise<string> => (await peer.summary(ns)).root

function onDisk(text: string): boolean {
  const files = readdirSync(folder).filter((name) => !name.endsWith('-reserve'))
  return files.some((name) => readFileSync(join(folder, name)).includes(text))
}

/** Versions of one document by as many people, whom nobody of the others has seen. */
async function conflictOf(id: string, text: (i: number) => string, count = LOSERS): Promise<readonly LocalReplica[]> {
  const many = await Promise.all(Array.from({ length: count }, other))
  for (const [i, one] of many.entries()) await put(one, id, { text: text(i) })
  return many
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-losers-'))
  now = 1_800_000_000_000
  peers = []
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  rmSync(folder, { recursive: true, force: true })
})

describe('versions that lost', () => {
  it('stay through compacting, a restart and the way to another peer, and leave no byte behind when their document is deleted', async () => {
    await start()
    const many = await conflictOf('x', (i) => `lost-secret-${i}`)
    await put(here, 'x', { text: 'won-secret' })
    for (const one of many) await send(one, here)
    // A change of a field that lost, and one that a delete hides.
    const [first, second] = [await other(), await other()]
    await put(here, 'y', { n: 1 })
    for (const one of [first, second]) await send(here, one)
    now++
    await first.update(ns, 'docs', { id: 'y', changes: { $set: { text: 'field-secret' } } })
    now++
    await here.update(ns, 'docs', { id: 'y', changes: { $set: { text: 'mine' } } })
    await send(first, here)
    await put(here, 'z', { n: 1 })
    await send(here, second)
    await remove(here, 'z')
    now++
    await second.update(ns, 'docs', { id: 'z', changes: { $set: { text: 'hidden-secret' } } })
    await send(second, here)
    const told = await lost(here)
    expect(told).toHaveLength(LOSERS + 2)
    const root = await rootOf(here)
    for (let left = 1; left > 0; ) ({ left } = await here.compactSome())
    await reopen()
    expect([await lost(here), await rootOf(here)]).toEqual([told, root])
    const copy = await other()
    await send(here, copy)
    expect([(await lost(copy)).toSorted(), await rootOf(copy)]).toEqual([told.toSorted(), root])
    const secrets = [...Array.from({ length: LOSERS }, (_, i) => `lost-secret-${i}`), 'won-secret', 'field-secret', 'hidden-secret']
    for (const secret of secrets) expect([secret, onDisk(secret)]).toEqual([secret, true])

    for (const id of ['x', 'y', 'z']) await remove(here, id)
    await expect.poll(() => secrets.filter(onDisk), { interval: 20 }).toEqual([])
    expect(await lost(here)).toEqual([])
    await send(here, copy)
    expect([await lost(copy), await rootOf(copy)]).toEqual([[], await rootOf(here)])
    for (const peer of [here, copy]) expect(await peer.checkSummaries()).toEqual([])
  })
})

describe('a full store', () => {
  const TEXT = 'x'.repeat(2000)

  /** Puts documents until none fits in; gives their ids. */
  async function fill(text = TEXT): Promise<readonly string[]> {
    for (const ids: string[] = []; ; ) {
      const id = `${text.length}-${ids.length}`
      try {
        await put(here, id, { text })
      } catch (error) {
        if (errorCode(error) !== 'disk-full') throw error
        return ids
      }
      ids.push(id)
    }
  }

  it('takes no version that lost for which it has no room, lets documents go with all that lost, and takes the rest then', async () => {
    await start({ maxBytes: MIB })
    const many = await conflictOf('x', (i) => `${i}${TEXT}`)
    await put(here, 'x', { text: TEXT })
    for (const one of many) await send(one, here)
    expect(await lost(here)).toHaveLength(LOSERS)
    await fill()
    await fill('')
    const late = await other()
    const big = 'y'.repeat(50_000)
    await put(late, '2000-0', { text: big })
    // It is later, and what it has not seen would have to stay beside it.
    expect(await send(late, here)).toEqual(['quota'])
    expect(await here.checkSummaries()).toEqual([])
    expect(await lost(here)).toHaveLength(LOSERS)
    await remove(here, 'x')
    expect(await lost(here)).toEqual([])
    for (let i = 1; i < 60; i++) await remove(here, `2000-${i}`)
    expect(await send(late, here)).toEqual(['stored'])
    expect(await lost(here)).toEqual([`2000-0  ${JSON.stringify({ _id: '2000-0', text: TEXT })}`])
    await reopen()
    expect(await lost(here)).toHaveLength(1)
    expect(await here.checkSummaries()).toEqual([])
  })

  it('settles what lost, where that needs no more room than it frees, and erases what one wrote, what lost too', async () => {
    await start({ maxBytes: MIB })
    const [ada, ben] = [await other(), await other()]
    // Ours lost to hers, hers lost to ours.
    await put(here, 'mine', { text: `mine-${TEXT}` })
    await put(ada, 'mine', { text: `hers-${TEXT}` })
    await put(ben, 'theirs', { text: `bens-${TEXT}` })
    await put(here, 'theirs', { text: `ours-${TEXT}` })
    for (const one of [ada, ben]) await send(one, here)
    expect(await lost(here)).toHaveLength(2)
    await fill()
    await fill('')
    // What stands is said anew, in the place of itself and of what lost.
    await put(here, 'theirs', { text: `ours-${TEXT}` }, true)
    expect((await lost(here)).map((text) => text.slice(0, 4))).toEqual(['mine'])
    const all = (await here.summary(ns)).documents
    let erased = 0
    for (let since: number | undefined = 0; since !== undefined; ) {
      const page: Awaited<ReturnType<LocalReplica['eraseOwn']>> = await here.eraseOwn(ns, since)
      erased += page.documents + page.conflicts
      since = page.next
    }
    // Each of our documents, and our version of hers.
    expect(erased).toBe(all)
    expect((await here.find(ns, 'docs', { limit: 10 })).contents.map((text) => text.slice(0, 26))).toEqual(['{"_id":"mine","text":"hers'])
    // That it was taken back is told like any delete that lost: it says nothing.
    expect(await lost(here)).toEqual(['mine  null'])
    await expect.poll(() => ['mine-x', 'ours-x', 'bens-x'].filter(onDisk), { interval: 20 }).toEqual([])
    expect(await here.checkSummaries()).toEqual([])
    await send(here, ada)
    await send(here, ben)
    expect(await lost(ada)).toEqual(['mine  null'])
    expect((await ben.find(ns, 'docs', { limit: 1000 })).contents).toHaveLength(1)
  })

  it('after its namespace has ended erases nothing, says so, and keeps what lost for who reads', async () => {
    await start({ maxBytes: MIB })
    const ada = await other()
    await put(here, 'mine', { text: 'mine' })
    await put(ada, 'mine', { text: 'hers' })
    await send(ada, here)
    await fill()
    await here.changeHead(ns, { end: true })
    await expect(here.eraseOwn(ns, 0)).rejects.toMatchObject({ code: 'ended' })
    await expect(put(here, 'mine', { text: 'hers' }, true)).rejects.toMatchObject({ code: 'ended' })
    expect(await lost(here)).toEqual(['mine  {"_id":"mine","text":"mine"}'])
  })
})
