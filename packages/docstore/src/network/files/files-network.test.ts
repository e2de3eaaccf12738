import { createNetwork, type Replica } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { Docstore } from '../../store/docstore.ts'
import type { Namespace } from '../../store/namespace.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay } from '../testing/test-relay.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const MIB = 1024 * 1024
const descriptor = createNetwork('files')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  let word = seed
  for (let i = 0; i < words.length; i++) words[i] = word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
  return new Uint8Array(words.buffer, 0, length)
}

const equal = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0

async function relay(options: { replica?: Replica } = {}): Promise<TestRelay> {
  const started = await TestRelay.start(descriptor, options)
  cleanups.push(() => started.close())
  return started
}

async function storeAt(relays: readonly TestRelay[], replica?: Replica): Promise<{ store: Docstore; peer: TestPeer }> {
  const peer = await TestPeer.start(descriptor, {
    filePatienceMs: 300,
    relays: relays.map(({ origin }) => origin),
    ...(replica === undefined ? {} : { replica }),
  })
  const store = await Docstore.of(
    ownParts({ replica: peer.replica, network: peer.network, libp2p: peer.libp2p, isRelay: async () => false, close: () => peer.close() }),
  )
  cleanups.push(() => store.close())
  await peer.network.connected({ timeoutMs: 60_000 })
  return { store, peer }
}

async function arrived(namespace: Namespace, cid: string) {
  await expect.poll(() => namespace.getFile(cid)).toBeDefined()
  const file = await namespace.getFile(cid)
  if (file === undefined) throw new Error('The file was deleted')
  return file
}

describe('a file', () => {
  it('goes to the relay, which keeps it, and from there to who reads it, who put it being away', async () => {
    const home = await relay()
    const bytes = bytesOf(9 * MIB + 5)
    const { store: one } = await storeAt([home])
    const album = await one.namespaces.create({ name: 'album' })
    const { cid } = await album.putFile(bytes, { name: 'a' })
    expect(await album.fileDelivered(cid)).toEqual([home.peer.id])
    expect(await home.peer.replica.file(album.id, cid)).toMatchObject({ state: 'whole' })
    await one.close()

    const { store: two, peer } = await storeAt([home])
    const there = await two.namespaces.open(album.id)
    const file = await arrived(there, cid)
    expect(await there.listFiles()).toMatchObject([{ cid, here: false }])
    expect(equal(await file.bytes(), bytes)).toBe(true)
    expect(await there.listFiles()).toMatchObject([{ cid, here: true }])
    await home.stop()
    expect(equal(await (await there.getFile(cid))?.bytes(), bytes)).toBe(true)
    expect(await peer.replica.partialFiles(0, 10)).toEqual([])
  })

  it('is fetched in part where only a part is read', async () => {
    const home = await relay()
    const bytes = bytesOf(20 * MIB)
    const { store: one } = await storeAt([home])
    const album = await one.namespaces.create({ name: 'album' })
    const { cid } = await album.putFile(bytes)
    await album.fileDelivered(cid)
    const { store: two, peer } = await storeAt([home])
    const there = await two.namespaces.open(album.id)
    await arrived(there, cid)
    const file = await there.getFile(cid, { range: { start: 12 * MIB + 3, end: 12 * MIB + 9 } })
    expect(equal(await file?.bytes(), bytes.subarray(12 * MIB + 3, 12 * MIB + 9))).toBe(true)
    expect(await peer.replica.readFile(album.id, cid, 12 * MIB)).toBeDefined()
    expect(await peer.replica.readFile(album.id, cid, 0)).toBeUndefined()
    expect(await peer.replica.readFile(album.id, cid, 13 * MIB)).toBeUndefined()
  })

  it('comes to a relay that was away, from who put it and from another relay', async () => {
    const [near, far] = [await relay(), await relay()]
    await far.stop()
    const { store, peer } = await storeAt([near, far])
    const album = await store.namespaces.create({ name: 'album' })
    const { cid } = await album.putFile(bytesOf(3 * MIB))
    expect(await album.fileDelivered(cid)).toEqual([near.peer.id])
    await far.restart()
    await peer.network.reach({ timeoutMs: 60_000 })
    expect((await album.fileDelivered(cid, { copies: 2 })).toSorted()).toEqual([near.peer.id, far.peer.id].toSorted())
  })

  it('that was deleted is gone everywhere, and its blocks with it', async () => {
    const home = await relay()
    const { store: one } = await storeAt([home])
    const album = await one.namespaces.create({ name: 'album' })
    const { cid } = await album.putFile(bytesOf(2 * MIB))
    await album.fileDelivered(cid)
    const { store: two, peer } = await storeAt([home])
    const there = await two.namespaces.open(album.id)
    await (await arrived(there, cid)).bytes()
    await album.deleteFile(cid)
    for (const { replica } of [home.peer, peer]) {
      await expect.poll(() => replica.block(cid)).toBeUndefined()
      expect(await replica.file(album.id, cid)).toBeUndefined()
    }
  })

  it('that nobody has says who was asked, and can be read once somebody has it', async () => {
    const home = await relay()
    const { store: one, peer } = await storeAt([home])
    const album = await one.namespaces.create({ name: 'album' })
    const bytes = bytesOf(MIB)
    const { cid } = await album.putFile(bytes)
    await album.fileDelivered(cid)
    await album.deleteFile(cid)
    await expect.poll(() => home.peer.replica.block(cid)).toBeUndefined()
    // A document, and no bytes.
    await album.collection('files').put({ _id: cid, size: MIB })
    await album.delivered()
    const file = await arrived(album, cid)
    await expect(file.bytes()).rejects.toMatchObject({ code: 'file-unavailable', details: { asked: [home.peer.id] } })
    await expect(album.fileDelivered(cid, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'not-delivered', details: { copies: 0 } })
    await album.putFile(bytes)
    expect(equal(await file.bytes(), bytes)).toBe(true)
    expect(await album.fileDelivered(cid)).toEqual([home.peer.id])
    expect(await peer.replica.file(album.id, cid)).toMatchObject({ state: 'whole' })
  })
})
