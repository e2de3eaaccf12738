import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, isAlone } from 'p2p-docstore'
import { afterEach, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'join-later-'))
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
const folder = (): string => join(root, String(folders++))

function opened<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one)
  return one
}

const relay = async (data = folder(), link?: string): Promise<Relay> =>
  opened(await startRelay({ data, port: 0, ...(link === undefined ? {} : { join: link }) }))
const store = async (data: string, link?: string): Promise<Docstore> =>
  opened(await createDocstore({ data, ...(link === undefined ? {} : { join: link }) }))

/** Data that began alone, with a document; the id of its namespace. */
async function begin(data: string): Promise<string> {
  await using alone = await createDocstore({ data, network: 'off' })
  const notes = await alone.namespaces.create({ name: 'notes', write: 'anyone' })
  await notes.put({ _id: 'first' })
  return notes.id
}

describe('data that began alone', () => {
  it('is in the network with its documents when a program opens it with a link', async () => {
    const { ready, store: there } = await relay()
    const data = folder()
    const id = await begin(data)
    const here = await store(data, ready.text)
    const notes = await here.namespaces.open(id)
    expect(notes.id).not.toBe(id)
    expect(await notes.delivered()).toEqual([ready.peer])
    expect(await (await there.namespaces.open(notes.id)).get('first')).toEqual({ _id: 'first' })
    expect((await notes.changes({ since: 0 }).next()).value).toMatchObject({ type: 'put', _id: 'first', from: here.me })
    // Others have it now: it stays where it is, and a third network lies beside it.
    await here.close()
    const { ready: third } = await relay()
    const beside = await store(data, third.join)
    expect([beside.info.network.id, await beside.namespaces.list()]).toEqual([third.network, []])
    await beside.close()
    await using again = await createDocstore({ data, network: 'off', inNetwork: ready.network })
    expect((await again.namespaces.list()).map((one) => one.id)).toEqual([notes.id])
  })

  it('brings the profile along, which is found by the identity as before', async () => {
    const { ready, store: there } = await relay()
    const data = folder()
    const alone = await createDocstore({ data, network: 'off' })
    await alone.profiles.set('name', 'Ada')
    await alone.profiles.set('links', { home: 'https://ada.example' })
    await alone.close()
    const here = await store(data, ready.text)
    const { namespace, person } = await here.profiles.mine()
    await (await here.namespaces.open(namespace)).delivered()
    const found = { static: { name: 'Ada' }, dynamic: { links: { home: 'https://ada.example' } } }
    expect(await here.profiles.mine()).toMatchObject(found)
    expect(await there.profiles.show(person)).toMatchObject({ namespace, ...found })
  })

  it('is succeeded and ended by an id of before as by the one of now', async () => {
    const { ready } = await relay()
    const data = folder()
    const id = await begin(data)
    const here = await store(data, ready.text)
    const made = await here.namespaces.succeed(id)
    expect(await made.get('first')).toEqual({ _id: 'first' })
    expect((await here.namespaces.successor(id)).id).toBe(made.id)
    const old = await here.namespaces.open(id)
    await expect(old.putFile(new Uint8Array(3))).rejects.toMatchObject({ code: 'ended' })
    await expect(old.update('first', { $set: { a: 1 } })).rejects.toMatchObject({ code: 'ended' })
  })

  it('moves when a relay takes it up with a link, and not once a relay of its own network ran on it', async () => {
    const { ready } = await relay()
    const data = folder()
    await begin(data)
    const first = await startRelay({ data, port: 0 })
    // Whoever was given its link may have it, and come later.
    expect(await isAlone(first.store.replica)).toBe(false)
    await first.close()
    await expect(startRelay({ data, port: 0, join: ready.join })).rejects.toMatchObject({ code: 'other-network' })

    const other = folder()
    const id = await begin(other)
    // Not under the hands of a program that has it open.
    const holder = await createDocstore({ data: other, network: 'off' })
    await expect(startRelay({ data: other, port: 0, join: ready.join })).rejects.toMatchObject({ code: 'data-in-use' })
    await holder.close()
    const moved = await relay(other, ready.join)
    expect(moved.ready.network).toBe(ready.network)
    const notes = await moved.store.namespaces.open(id)
    await notes.delivered({ copies: 2 })
  })
})

describe('whether data is alone', () => {
  const met = (entries: Readonly<Record<string, Uint8Array>>) => isAlone({ getMeta: async (key) => entries[key] })

  it('is what was noted, and in data of before that, whether anybody chose its network', async () => {
    const [no, yes] = [Uint8Array.of(0), Uint8Array.of(1)]
    expect(await Promise.all([{}, { 'network-chosen': yes }, { relays: new TextEncoder().encode('["http://a"]') }].map(met))).toEqual([
      true,
      false,
      false,
    ])
    const chosen = { 'network-chosen': yes, relays: new TextEncoder().encode('["http://a"]') }
    expect(await Promise.all([{ 'network-met': no, ...chosen }, { 'network-met': yes, ...chosen }, { 'network-met': yes }].map(met))).toEqual([
      true,
      false,
      false,
    ])
  })
})
