import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNetwork, createSeed, DAG_CBOR, identityFromSeed, parseCid, signDevice } from '@p2p-docstore/core'
import { createDocstore, type Docstore, formatJoinText } from 'p2p-docstore'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Relay, startRelay } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'networks-'))
let roses: Relay
let tulips: Relay
beforeAll(async () => {
  ;[roses, tulips] = await Promise.all([
    startRelay({ data: join(root, 'roses'), port: 0, networkName: 'roses' }),
    startRelay({ data: join(root, 'tulips'), port: 0, networkName: 'tulips' }),
  ])
})
const open: Docstore[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})
afterAll(async () => {
  await Promise.all([roses.close(), tulips.close()])
  rmSync(root, { recursive: true, force: true })
})

let folders = 0
const folder = (): string => join(root, `data-${folders++}`)
type Options = NonNullable<Parameters<typeof createDocstore>[0]>
const opened = async (options: Options): Promise<Docstore> => {
  const store = await createDocstore(options)
  open.push(store)
  return store
}
const namesOf = async (store: Docstore): Promise<readonly string[]> =>
  (await store.networks()).map(({ name, isUsed }) => `${name}${isUsed ? '*' : ''}`)
/** A link into a network of which no relay answers. */
const unreachable = (name: string): string => formatJoinText('http://127.0.0.1:1', createNetwork(name))

describe('a store in two networks', () => {
  it('has both at once, and nothing crosses from one to the other', async () => {
    const store = await opened({ data: folder(), join: [roses.ready.join, tulips.ready.join] })
    expect(store.info.network.id).toBe(roses.ready.network)
    expect(await namesOf(store)).toEqual(['roses*', 'tulips'])
    const other = await store.inNetwork('tulips')
    expect(other.info.identity).toBe(store.info.identity)
    expect(await other.peerId()).not.toBe(await store.peerId())

    const here = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    const there = await store.namespaces.create({ name: 'notes', write: 'anyone', network: 'tulips' })
    await here.put({ _id: 'rose' })
    await there.put({ _id: 'tulip' })
    expect([await here.delivered(), await there.delivered()]).toEqual([[roses.ready.peer], [tulips.ready.peer]])
    const heard: unknown[] = []
    const stop = new AbortController()
    const listening = (async () => {
      for await (const message of tulips.store.subscribe('gate', { signal: stop.signal })) heard.push(message.text)
    })()
    await store.publish('gate', 'of roses')
    await expect.poll(async () => (await other.publish('gate', 'of tulips'), heard.includes('of tulips'))).toBe(true)
    stop.abort()
    await listening
    expect(heard).not.toContain('of roses')

    // Each relay knows its own peer and its own namespace, and was asked for no other.
    expect(await roses.store.replica.namespaceIds()).toEqual([here.id])
    expect(await tulips.store.replica.namespaceIds()).toEqual([there.id])
    const idsAt = async (relay: Relay): Promise<readonly string[]> => (await relay.store.peers()).map(({ id }) => id)
    expect([await idsAt(roses), await idsAt(tulips)]).toEqual([[await store.peerId()], [await other.peerId()]])
    const asked = vi.spyOn(store.network ?? other, 'want' as never)
    const found = await store.namespaces.open(there.id)
    expect(await found.get('tulip')).toEqual({ _id: 'tulip' })
    expect(asked).not.toHaveBeenCalled()
    expect((await store.namespaces.list()).map(({ id }) => id)).toEqual([here.id])
  })

  it('is so again when it is opened, for several programs, and in the network that is used', async () => {
    const data = folder()
    await (await createDocstore({ data, join: roses.ready.text })).close()
    // What was chosen stays: the second one lies beside it, and is the one that is used from then on.
    const store = await opened({ data, join: tulips.ready.text })
    const beside = await opened({ data, networks: 'one' })
    expect([store.info.network.id, beside.info.network.id]).toEqual([tulips.ready.network, tulips.ready.network])
    expect(await namesOf(beside)).toEqual(['roses', 'tulips*'])
    expect((await beside.networks()).map(({ isOpen }) => isOpen)).toEqual([true, true])
    const notes = await store.namespaces.create({ name: 'shared', write: 'anyone' })
    await notes.put({ _id: 'a' })
    expect(await (await beside.namespaces.open(notes.id)).get('a')).toEqual({ _id: 'a' })
    await beside.useNetwork('roses')
    const third = await opened({ data, networks: 'one', network: 'off' })
    expect(third.info.network.name).toBe('roses')
    // An id leads to the network that it is in.
    expect(await (await third.namespaces.open(notes.id)).get('a')).toEqual({ _id: 'a' })
    expect((await opened({ data, inNetwork: tulips.ready.network.slice(-8), network: 'off', networks: 'one' })).info.network.name).toBe('tulips')
    await expect(createDocstore({ data, inNetwork: 'lilies', network: 'off' })).rejects.toMatchObject({ code: 'unknown-network' })
  })

  it('takes a link into one that it is in already, joins while it is open, and four at most', async () => {
    const data = folder()
    const store = await opened({ data, join: roses.ready.text, network: 'off' })
    expect(await store.join(roses.ready.join)).toBe(store)
    expect(await store.join(new URL(roses.ready.http).host)).toBe(store)
    for (const name of ['lilies', 'lilies', 'asters']) await store.join(unreachable(name))
    expect(await namesOf(store)).toEqual(['roses*', ...(await namesOf(store)).slice(1)])
    await expect(store.join(tulips.ready.text)).rejects.toMatchObject({ code: 'too-many-networks' })
    await expect(store.inNetwork('lilies')).rejects.toMatchObject({ code: 'ambiguous-network' })
    expect(readdirSync(join(data, 'networks'))).toHaveLength(3)
  })
})

describe('a person in two networks', () => {
  it('is one: devices, words and what becomes of them are the same in both, whichever it was said in', async () => {
    const data = folder()
    const store = await opened({ data, join: [unreachable('lilies'), unreachable('asters')], network: 'off', person: 'new' })
    const asters = await store.inNetwork('asters')
    const shown = await store.person.show()
    expect(await asters.person.show()).toEqual(shown)
    const cid = parseCid(DAG_CBOR, shown.person ?? '')
    if (cid === undefined) throw new Error('no person')
    const phone = identityFromSeed(createSeed())
    await store.replica.changePerson({ type: 'add', key: phone.author, label: 'phone', proof: signDevice(cid, phone) })
    await store.person.label(phone.did, 'old phone')
    expect(await asters.person.devices()).toEqual(expect.arrayContaining([expect.objectContaining({ key: phone.did, label: 'old phone' })]))
    await asters.person.revoke(phone.did)
    const isRevoked = expect.arrayContaining([expect.objectContaining({ key: phone.did, until: expect.any(String) })])
    expect(await store.person.devices()).toEqual(isRevoked)
    // One that was closed meanwhile hears of it when it is opened.
    const words = await asters.person.rotateWords(await asters.person.words())
    expect(await store.person.words()).toEqual(words)
    await store.close()
    const alone = await opened({ data, network: 'off', networks: 'one', inNetwork: 'asters' })
    const tablet = identityFromSeed(createSeed())
    await alone.replica.changePerson({ type: 'add', key: tablet.author, label: 'tablet', proof: signDevice(cid, tablet) })
    await alone.close()
    const again = await opened({ data, network: 'off' })
    expect((await (await again.inNetwork('lilies')).person.devices()).map(({ key }) => key)).toContain(tablet.did)
  })

  it('is not that of documents which a key of before wrote in one of them', async () => {
    const data = folder()
    const store = await createDocstore({ data, join: [unreachable('lilies'), unreachable('asters')], network: 'off', person: 'none' })
    const notes = await store.namespaces.create({ name: 'of the key', network: 'asters' })
    await notes.put({ _id: 'a' })
    await store.close()
    const again = await opened({ data, network: 'off', inNetwork: 'lilies', person: 'new' })
    const asters = await again.inNetwork('asters')
    expect(asters.info.person).toBeUndefined()
    await (await asters.namespaces.open(notes.id)).put({ _id: 'b' })
  })
})

describe('data with what belongs to others', () => {
  it('does not move to another network, and is as it was; that one can be joined beside it', async () => {
    const data = folder()
    const mine = await opened({ data, networkName: 'lilies', network: 'off' })
    const theirs = await opened({ descriptor: mine.info.network.descriptor, network: 'off', person: 'none' })
    const { id } = await theirs.namespaces.create({ name: 'of somebody else' })
    const exported = await theirs.replica.exportNamespace(id)
    if (exported !== undefined) await mine.replica.importNamespace(exported.genesis, exported.head, exported.signature)
    await mine.close()
    await expect(createDocstore({ data, join: roses.ready.text, moves: true, network: 'off' })).rejects.toMatchObject({ code: 'others-documents' })
    const store = await opened({ data, join: roses.ready.text, network: 'off' })
    expect((await (await store.inNetwork('lilies')).namespaces.list()).map((one) => one.id)).toEqual([id])
    expect(await store.namespaces.list()).toEqual([])
  })
})

describe('a network that is left', () => {
  it('is gone from the folder, for other programs too, and can be joined again', async () => {
    const data = folder()
    const store = await opened({ data, join: [roses.ready.text, tulips.ready.text] })
    const beside = await opened({ data })
    const heard = vi.fn()
    const other = await beside.inNetwork('tulips')
    other.on('left', heard)
    const notes = await store.namespaces.create({ name: 'left', write: 'anyone', network: 'tulips' })
    await notes.put({ _id: 'kept by the relay' })
    await store.leave('tulips')
    expect(await namesOf(store)).toEqual(['roses*'])
    expect(existsSync(join(data, 'networks'))).toBe(false)
    await expect.poll(() => heard.mock.calls.length).toBe(1)
    await expect(other.namespaces.list()).rejects.toMatchObject({ code: 'network-left' })
    const again = await store.join(tulips.ready.text)
    const there = await again.namespaces.open(notes.id)
    await there.sync()
    expect(await there.get('kept by the relay')).toEqual({ _id: 'kept by the relay' })
  })

  it('may be the first: the others stay, with the identity', async () => {
    const data = folder()
    const store = await createDocstore({ data, join: [roses.ready.text, tulips.ready.text] })
    const notes = await store.namespaces.create({ name: 'of roses', write: 'anyone' })
    await notes.put({ _id: 'secret', text: 'written-in-roses' })
    const kept = await store.namespaces.create({ name: 'of tulips', network: 'tulips' })
    const holds = (text: string): readonly string[] =>
      readdirSync(data).filter((name) => statSync(join(data, name)).isFile() && readFileSync(join(data, name)).includes(text))
    expect(holds('written-in-roses')).not.toEqual([])
    await store.leave('roses')
    expect(holds('written-in-roses')).toEqual([])
    await expect(notes.put({ _id: 'late' })).rejects.toMatchObject({ code: 'storage-closed' })
    expect(await namesOf(store)).toEqual(['tulips*'])
    await store.close()
    const again = await opened({ data })
    expect([again.info.network.name, again.info.identity]).toEqual(['tulips', store.info.identity])
    expect((await again.namespaces.list()).map(({ id }) => id)).toEqual([kept.id])
    expect((await namesOf(await opened({ data, join: roses.ready.text }))).toSorted()).toEqual(['roses*', 'tulips'])
  })

  it('takes no person with it, whether the data lies in a folder or in memory', async () => {
    for (const data of [folder(), 'memory']) {
      const store = await createDocstore({ data, join: [unreachable('lilies'), unreachable('asters')], network: 'off', person: 'new' })
      const shown = await store.person.show()
      const words = await store.person.words()
      await store.leave('lilies')
      const asters = await store.inNetwork('asters')
      expect([asters.info.person, await asters.person.show()]).toEqual([shown.person, shown])
      expect(await asters.person.words()).toEqual(words)
      expect((await asters.join(unreachable('lilies'))).info.person).toBe(shown.person)
      await store.close()
      if (data === 'memory') continue
      const again = await opened({ data, network: 'off' })
      expect(await again.person.show()).toEqual(shown)
    }
  })

  it('is left at the next start where a program was ended in the middle, be it the first or a further one', async () => {
    const data = folder()
    const store = await createDocstore({ data, join: [roses.ready.text, unreachable('lilies')], network: 'off' })
    await (await store.namespaces.create({ name: 'gone' })).put({ text: 'written-in-roses' })
    const lilies = await store.inNetwork('lilies')
    const [first, further] = [store.info.network, lilies.info.network]
    for (const { id, descriptor } of [first, further]) await store.replica.setMeta(`network-leaving/${id}`, descriptor)
    await store.replica.setMeta(`network-beside/${further.id}`, undefined)
    await store.close()
    const again = await opened({ data, network: 'off' })
    expect(await namesOf(again)).toEqual(['my network*'])
    expect([again.info.identity, await again.namespaces.list()]).toEqual([store.info.identity, []])
    expect(existsSync(join(data, 'networks'))).toBe(false)
  })

  it('keeps what nobody else has, and says how much that is, unless it may be lost', async () => {
    const data = folder()
    const store = await opened({ data, join: [roses.ready.text, unreachable('lilies')], network: 'off' })
    const notes = await store.namespaces.create({ name: 'only here', network: 'lilies' })
    await notes.putMany([{ n: 1 }, { n: 2 }, { n: 3 }])
    await expect(store.leave('lilies')).rejects.toMatchObject({ code: 'not-delivered', details: { records: 3 } })
    expect(await notes.count()).toBe(3)
    await store.leave('lilies', { force: true })
    expect(await namesOf(store)).toEqual(['roses*'])
  })
})

describe('a network on whose data a relay runs', () => {
  it('is not left, and goes on as it was; the folder can be in others all the same', async () => {
    const store = await opened({ data: join(root, 'roses'), network: 'off' })
    await expect(store.leave('roses', { force: true })).rejects.toMatchObject({ code: 'data-in-use' })
    expect(await namesOf(store)).toEqual(['roses*'])
    await store.join(unreachable('lilies'))
    const lilies = await store.inNetwork('lilies')
    await (await lilies.namespaces.create({ name: 'beside a relay' })).put({ _id: 'a' })
    await store.leave('lilies', { force: true })
    expect((await fetch(`${roses.ready.http}/health`)).status).toBe(200)
  })
})

describe('a relay on data of several networks', () => {
  it('is of the first, whatever is used since, or of the one that it is given; the others go on beside it', async () => {
    const data = folder()
    await (await createDocstore({ data, join: unreachable('asters'), network: 'off' })).close()
    await (await createDocstore({ data, join: unreachable('lilies'), network: 'off' })).close()
    const named = await startRelay({ data, port: 0, inNetwork: 'lilies' })
    const store = await opened({ data, network: 'off' })
    expect([named.ready.networkName, store.info.network.name, await store.isRelay()]).toEqual(['lilies', 'lilies', true])
    const asters = await store.inNetwork('asters')
    await (await asters.namespaces.create({ name: 'beside it' })).put({ _id: 'a' })
    expect([asters.isOwner, await asters.isRelay(), await named.store.namespaces.list()]).toEqual([true, false, []])
    await named.close()
    const first = await startRelay({ data, port: 0 })
    expect(first.ready.networkName).toBe('asters')
    await first.close()
  })
})

describe('a folder that a network could not be joined with', () => {
  it('is not there, and one that was there is as it was', async () => {
    const data = join(folder(), 'deeper')
    await expect(createDocstore({ data, join: '127.0.0.1:1' })).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect(existsSync(join(data, '..'))).toBe(false)
    const store = await opened({ data, join: roses.ready.text, network: 'off' })
    await expect(store.join('127.0.0.1:1')).rejects.toMatchObject({ code: 'relay-unreachable' })
    await expect(createDocstore({ data, join: '127.0.0.1:1' })).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect(await namesOf(store)).toEqual(['roses*'])
    expect(existsSync(join(data, 'networks'))).toBe(false)
  })
})
