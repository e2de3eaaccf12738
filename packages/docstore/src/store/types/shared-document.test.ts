import { expect, it, describe, afterEach, beforeEach } from 'vitest'
import * as yjs from 'yjs'
import { createNetwork, errorCode, type LocalReplica, openReplica } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import type { Collection } from '../collection.ts'
import { Namespace } from '../namespace.ts'
import { MAX_UPDATE_BYTES, updateFault } from './crdt-update.ts'

let ada: LocalReplica
let bob: LocalReplica
let hers: Namespace
let his: Namespace
let texts: { ada: Collection; bob: Collection }
let closing: AbortController

beforeEach(async () => {
  const network = createNetwork('types')
  const open = (): Promise<LocalReplica> => openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })
  ada = await open()
  bob = await open()
  closing = new AbortController()
  const { id } = await ada.createNamespace({ name: 'n', write: 'anyone', collections: { texts: { type: 'crdt' } } })
  const stored = await ada.exportNamespace(id)
  if (stored === undefined) throw new Error('no namespace')
  await bob.importNamespace(stored.genesis, stored.head, stored.signature)
  hers = new Namespace(id, ada, undefined, closing.signal)
  his = new Namespace(id, bob, undefined, closing.signal)
  texts = { ada: hers.collection('texts'), bob: his.collection('texts') }
})
afterEach(async () => {
  closing.abort()
  await ada.close()
  await bob.close()
})

/** Both ways, by hand: no network is between them. */
async function meet(): Promise<void> {
  for (const [from, to] of [
    [ada, bob],
    [bob, ada],
  ] as const) {
    const { batch } = await from.batchSince(hers.id, 0, { maxBytes: 10_000_000 })
    if (batch !== undefined) await to.accept(hers.id, batch)
  }
  expect((await his.status()).root).toBe((await hers.status()).root)
}

const textOf = async (collection: Collection): Promise<unknown> => (await collection.get('a'))?.['text']

describe('a text that two change at once', () => {
  it('keeps the edits of both, and each sees the other while it is open', async () => {
    await using a = await texts.ada.openCrdt('a')
    a.doc.getText('text').insert(0, 'Hello world')
    await a.saved()
    await meet()
    await using b = await texts.bob.openCrdt('a')
    expect(b.doc.getText('text').toJSON()).toBe('Hello world')
    a.doc.getText('text').insert(5, ', dear')
    b.doc.getText('text').insert(11, '!')
    b.doc.getText('text').delete(0, 5)
    b.doc.getMap('about').set('title', 'T')
    await a.saved()
    await b.saved()
    const seen = new Promise<void>((resolve) => a.doc.on('update', () => a.doc.getText('text').toJSON() === ', dear world!' && resolve()))
    await meet()
    await seen
    for (const one of [texts.ada, texts.bob]) expect(await one.get('a')).toEqual({ _id: 'a', text: ', dear world!', about: { title: 'T' } })
    expect(await texts.ada.get('b')).toBeUndefined()
    expect(await texts.ada.count()).toBe(2)
  })

  it('keeps those of two windows of one store', async () => {
    await using one = await texts.ada.openCrdt('a')
    await using other = await texts.ada.openCrdt('a')
    one.doc.getText('text').insert(0, 'x')
    other.doc.getText('text').insert(0, 'y')
    await Promise.all([one.saved(), other.saved()])
    expect(await textOf(texts.ada)).toMatch(/^(xy|yx)$/)
  })

  it('has few records, however often it is changed', async () => {
    await using a = await texts.ada.openCrdt('a')
    for (let i = 0; i < 60; i++) {
      a.doc.getText('text').insert(0, `${i} ${'x'.repeat(4000)}`)
      await a.saved()
    }
    const { have } = await hers.status()
    expect(have).toBeLessThanOrEqual(20)
    expect(String(await textOf(texts.ada))).toHaveLength(60 * 4001 + 10 + 2 * 50)
  })

  it('refuses a change that no part can have, and says so when asked', async () => {
    const a = await texts.ada.openCrdt('a')
    a.doc.getText('text').insert(0, 'x'.repeat(MAX_UPDATE_BYTES))
    expect(await a.saved().catch(errorCode)).toBe('crdt-too-large')
    expect(await a.destroy().catch(errorCode)).toBe('crdt-too-large')
    expect(await texts.ada.get('a')).toBeUndefined()
  })
})

describe('what is no update', () => {
  it('is passed over by readers, and told; what others wrote stays', async () => {
    await using b = await texts.bob.openCrdt('a')
    b.doc.getText('text').insert(0, 'good')
    await b.saved()
    const [part] = await texts.bob.find().toArray()
    const huge = new Uint8Array([1, 255, 255, 255, 255, 15, 1, 0])
    for (const [n, update] of ['', 'AAAA', '!', 7, Buffer.from(huge).toString('base64url'), 'x'.repeat(100_000)].entries()) {
      const id = String(part?._id).replace('-0', `-${n + 1}`)
      await bob.write(his.id, 'texts', [{ id, content: JSON.stringify({ _id: id, of: 'a', update }) }])
    }
    await meet()
    await using a = await texts.ada.openCrdt('a')
    expect(a.doc.getText('text').toJSON()).toBe('good')
    expect(a.refused.map(({ code }) => code)).toEqual(Array(a.refused.length).fill('bad-crdt'))
    expect(a.refused.length).toBeGreaterThanOrEqual(4)
    expect(await textOf(texts.ada)).toBe('good')
  })

  it('never crashes: random bytes, and good updates with other bytes in them', () => {
    const doc = new yjs.Doc()
    doc.getText('text').insert(0, 'Hello world')
    doc.getArray('list').insert(0, [1, { a: [2] }])
    doc.getText('text').delete(2, 3)
    const good = yjs.encodeStateAsUpdate(doc)
    expect(updateFault(yjs, good)).toBeUndefined()
    let state = 7
    const random = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
    for (let i = 0; i < 3000; i++) {
      const bytes = i % 2 === 0 ? Uint8Array.from({ length: Math.floor(random() * 60) }, () => random() * 256) : good.slice()
      for (let changes = 1 + random() * 3; changes > 0; changes--) bytes[Math.floor(random() * bytes.length)] = random() * 256
      if (updateFault(yjs, bytes) !== undefined) continue
      const trial = new yjs.Doc()
      try {
        yjs.applyUpdate(trial, bytes)
      } catch {
        // What readers catch too.
      }
    }
  })

  it('is refused where documents are no shared ones', async () => {
    expect(await hers.openCrdt('a').catch(errorCode)).toBe('wrong-type')
    expect(await texts.ada.put({ _id: 'a' }).catch(errorCode)).toBe('wrong-type')
    expect(await texts.ada.delete('a').catch(errorCode)).toBe('wrong-type')
  })
})
