import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type DocstoreOptions } from '../index-node.ts'

const stores: Docstore[] = []

async function open(options: DocstoreOptions = {}): Promise<Docstore> {
  const store = await createDocstore({ network: 'off', ...options })
  stores.push(store)
  return store
}

afterEach(async () => {
  for (const store of stores.splice(0).toReversed()) await store.close()
})

describe('with meta: true', () => {
  it('queries give each document with its CID, its time and who wrote it, in loops, pages and watches', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.putMany(Array.from({ length: 250 }, (_, n) => ({ _id: `${1000 + n}`, n })))
    await notes.update('1003', { $set: { n: 9 } })
    await notes.update('1003', { $set: { m: 9 } })
    const versions = await Promise.all(Array.from({ length: 250 }, (_, n) => notes.get(`${1000 + n}`, { meta: true })))
    expect(versions[3]).toMatchObject({ document: { n: 9, m: 9 }, by: store.me })
    expect(await notes.find({}, { meta: true }).toArray()).toEqual(versions)
    const seen: unknown[] = []
    for await (const one of notes.find({}, { meta: true, sort: { _id: 1 } })) {
      // What is changed while they are read is told as it was.
      if (seen.length === 0) await notes.putMany(Array.from({ length: 250 }, (_, n) => ({ _id: `${1000 + n}`, n: -n })))
      seen.push(one)
    }
    expect(seen).toEqual(versions)
    const now = await notes.get('1249', { meta: true })
    expect(await notes.findOne({ n: -249 }, { meta: true })).toEqual(now)
    const page = await notes.find({ n: -249 }, { meta: true, projection: { _id: 1 } }).page()
    expect(page.documents).toEqual([{ ...now, document: { _id: '1249' } }])
    for await (const { documents } of notes.watch({ n: -249 }, { meta: true })) {
      expect(documents).toEqual([now])
      break
    }
    expect(await notes.findOne({ n: -249 }, { meta: false })).toEqual({ _id: '1249', n: -249 })
  })
})

describe('history', () => {
  it('is told with CIDs and times, by the id as one gave it, and a version of it can be put back', async () => {
    const store = await open()
    const notes = await store.namespaces.create({ name: 'notes', write: 'author', history: 5 })
    const drafts = notes.collection('drafts')
    const first = await drafts.put({ _id: 'a', text: 'one' })
    await drafts.update('a', { $set: { text: 'two' } })
    const third = await drafts.put({ _id: 'a', text: 'three' })
    const history = await drafts.history('a')
    expect(history.map(({ document }) => document['text'])).toEqual(['two', 'one'])
    expect(history[1]).toEqual({ document: { _id: first._id, text: 'one' }, cid: first.cid, at: first.at, by: store.me })
    expect(await notes.history('a')).toEqual([])
    await expect(drafts.restoreVersion('a', third.cid)).rejects.toMatchObject({ code: 'not-found' })
    await expect(drafts.restoreVersion('a', first.cid, { if: first.cid })).rejects.toMatchObject({ code: 'conflict' })
    expect(await drafts.restoreVersion('a', first.cid, { if: third.cid })).toMatchObject({ _id: first._id, cid: first.cid })
    expect(await drafts.get('a')).toEqual({ _id: first._id, text: 'one' })
    expect((await drafts.history('a'))[0]).toMatchObject({ cid: third.cid })
    expect(await notes.info()).toMatchObject({ history: 5 })
    expect(await notes.set({ history: 0 })).toMatchObject({ history: 0 })
    expect(await drafts.history('a')).toEqual([])
    expect(await notes.set({ history: null })).not.toHaveProperty('history')
    await expect(notes.set({ history: 1e9 })).rejects.toMatchObject({ code: 'bad-option' })
  })
})
