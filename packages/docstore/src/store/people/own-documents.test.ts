import { afterEach, expect, it } from 'vitest'
import { createDocstore } from '../../create-node.ts'
import type { Docstore } from '../docstore.ts'

const stores: Docstore[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

async function somebody(): Promise<Docstore> {
  const store = await createDocstore({ data: 'memory', network: 'off', person: 'new' })
  stores.push(store)
  return store
}

it('documents where each author has their own are the person’s, with ids that say so', async () => {
  const store = await somebody()
  const { person = '' } = store.info
  const notes = await store.namespaces.create({ name: 'notes', write: 'author' })
  const { _id } = await notes.put({ _id: 'a', n: 1 })
  expect(_id).toBe(`${person}/a`)
  expect(await notes.get('a')).toMatchObject({ n: 1 })
  await notes.update('a', { $set: { n: 2 } })
  expect(await notes.get('a', { meta: true })).toMatchObject({ by: person })
  expect(await notes.history('a')).toMatchObject([{ by: person }])
  const { cid } = await notes.putFile(new Uint8Array([1, 2, 3]), { name: 'a.bin' })
  expect(await notes.deleteFile(cid)).toBe(true)
  expect(await notes.delete('a')).toBe(true)
})

it('entries of logs and parts of shared documents are the person’s', async () => {
  const store = await somebody()
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone', types: { log: 'log', shared: 'crdt' } })
  const { _id } = await notes.collection('log').put({ n: 1 })
  expect(_id.endsWith(store.info.person ?? '-')).toBe(true)
  await using shared = await notes.collection('shared').openCrdt('page')
  shared.doc.getText('text').insert(0, 'hello')
  await shared.saved()
  await using again = await notes.collection('shared').openCrdt('page')
  expect(again.doc.getText('text').toJSON()).toBe('hello')
})

it('erasing takes away what the person wrote', async () => {
  const store = await somebody()
  const notes = await store.namespaces.create({ name: 'notes', write: 'author' })
  await notes.put({ _id: 'a', n: 1 })
  expect(await store.erase({ author: 'me' })).toMatchObject({ documents: 1 })
  expect(await notes.count()).toBe(0)
})
