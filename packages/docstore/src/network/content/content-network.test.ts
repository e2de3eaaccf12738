import { cidOfBytes, createNetwork, DAG_JSON, encodeCbor, utf8 } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { Docstore } from '../../store/docstore.ts'
import { TestPeer } from '../testing/test-peer.ts'
import { TestRelay, type TestRelayOptions } from '../testing/test-relay.ts'
import { contentProtocol } from './protocol.ts'
import { ownParts } from '../../sharing/shared-parts.ts'

const network = createNetwork('content')
const NOBODYS = cidOfBytes(DAG_JSON, '{"_id":"nobody"}').toString()
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Relays that keep only what peers bring them, so that one has what another has not. */
async function relay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const started = await TestRelay.start(network, { storage: 'asked', ...options })
  cleanups.push(() => started.close())
  return started
}

async function storeAt(relays: readonly TestRelay[]): Promise<Docstore> {
  const peer = await TestPeer.start(network, { relays: relays.map(({ origin }) => origin) })
  const store = await Docstore.of(
    ownParts({ replica: peer.replica, network: peer.network, libp2p: peer.libp2p, isRelay: async () => false, close: () => peer.close() }),
  )
  cleanups.push(() => store.close())
  await peer.network.connected({ timeoutMs: 60_000 })
  return store
}

/** A document at a relay, put by somebody who has gone. */
async function putAt(home: TestRelay, fields: object, options: { _id?: string } = {}) {
  const store = await storeAt([home])
  const notes = await store.namespaces.create({ name: 'notes' })
  const { cid, _id } = await notes.put({ ...fields, ...options })
  await notes.delivered()
  return { store, notes, cid, _id }
}

describe('content by its CID', () => {
  it('is found by who has only the CID, in whatever form, at a relay that is connected', async () => {
    const home = await relay()
    const { cid, _id } = await putAt(home, { text: 'hello' })
    const stranger = await storeAt([home])
    const found = await stranger.content(`ipfs://${cid}`)
    expect(found).toMatchObject({ kind: 'document', cid, document: { _id, text: 'hello' }, from: home.peer.id })
    expect(await stranger.whereContent(cid)).toEqual({ cid, holders: [home.peer.id] })
    expect(await stranger.namespaces.list()).toEqual([])
  })

  it('says who wrote it where a document here says it', async () => {
    const home = await relay()
    const { store, notes, cid, _id } = await putAt(home, { text: 'mine' })
    expect(await store.content(cid)).toMatchObject({ here: { namespace: notes.id, collection: 'docs', _id, by: store.me } })
    expect(await store.whereContent(cid)).toMatchObject({
      holders: [home.peer.id],
      namespace: notes.id,
      where: { sector: expect.any(Number) as unknown },
    })
  })

  it('is found at a relay that only another relay is in touch with, and by a relay itself', async () => {
    const far = await relay()
    const { cid, store } = await putAt(far, { text: 'far' })
    // Who put it would bring it to the other relay too.
    await store.close()
    const near = await relay({ relays: [far.origin] })
    await near.peer.network.connected({ timeoutMs: 60_000 })
    const stranger = await storeAt([near])
    expect(await near.peer.replica.content(cid)).toBeUndefined()
    expect(await stranger.content(cid)).toMatchObject({ document: { text: 'far' } })
    expect((await near.peer.network.content({ cid, timeoutMs: 60_000 })).bytes).toBeDefined()
    // Nobody keeps what was only passed on.
    expect(await near.peer.replica.content(cid)).toBeUndefined()
  })

  it('is a file with all its blocks, in order, where the CID is that of a file', async () => {
    const home = await relay()
    const store = await storeAt([home])
    const album = await store.namespaces.create({ name: 'album' })
    const bytes = new Uint8Array(600_000).map((_, i) => i * 31)
    const { cid } = await album.putFile(bytes)
    await album.fileDelivered(cid)
    await store.close()
    const stranger = await storeAt([home])
    const found = await stranger.content(cid)
    if (found.kind !== 'file') throw new Error('no file')
    expect([found.size, Buffer.compare(await found.bytes(), bytes)]).toEqual([600_000, 0])
  })

  it('is not found once the document says something else or is deleted, and says who was asked', async () => {
    const home = await relay()
    const { notes, cid, _id } = await putAt(home, { text: 'first' })
    const stranger = await storeAt([home])
    const { cid: next } = await notes.update(_id, { $set: { text: 'second' } })
    await notes.delivered()
    expect(await stranger.content(next)).toMatchObject({ document: { text: 'second' } })
    await expect(stranger.content(cid)).rejects.toMatchObject({ code: 'not-found', details: { asked: [home.peer.id] } })
    await notes.delete(_id)
    await notes.delivered()
    await expect(stranger.content(next)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('is found beside relays that lie that they have none or give something else, which is noted', async () => {
    const [liar, honest] = [await relay(), await relay()]
    const { cid } = await putAt(honest, { text: 'true' })
    await liar.libp2p.unhandle(contentProtocol(network.id))
    await liar.libp2p.handle(contentProtocol(network.id), async (stream) => {
      stream.addEventListener('message', () => {
        const frame = encodeCbor({ t: 'content', bytes: utf8('{"_id":"other"}') })
        stream.send(Uint8Array.of(frame.length, ...frame))
      })
    })
    const stranger = await storeAt([liar, honest])
    await expect.poll(async () => (await stranger.peers()).filter(({ state }) => state === 'connected').length).toBe(2)
    const { misconduct } = stranger.libp2p?.services.doorkeeper ?? {}
    expect(await stranger.content(cid)).toMatchObject({ document: { text: 'true' }, from: honest.peer.id })
    await expect(stranger.content(NOBODYS)).rejects.toMatchObject({ code: 'not-found' })
    expect(misconduct?.counts.get('forged-block')).toBeGreaterThan(0)
  })

  it('is refused where the text is no CID of content', async () => {
    const store = await storeAt([await relay()])
    for (const text of ['', 'hello', network.id, 'x'.repeat(1000)]) await expect(store.content(text)).rejects.toMatchObject({ code: 'bad-cid' })
    // The bytes are in this one itself.
    const identity = await store.content('bafkqablimvwgy3y')
    expect(identity.kind === 'file' && Buffer.from(await identity.bytes()).toString()).toBe('hello')
  })
})
