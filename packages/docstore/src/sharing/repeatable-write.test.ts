import type { Write } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { createDocstore } from '../index-node.ts'
import { writeAgain } from './repeatable-write.ts'

function put(id: string, text: string): Write {
  return { id, content: JSON.stringify({ _id: id, text }) }
}

it('leaves alone what stands as it was to be written, and writes the rest again: nobody was told of it yet', async () => {
  await using store = await createDocstore({ network: 'off' })
  const { replica } = store
  const { id: ns } = await store.namespaces.create({ name: 'notes' })
  await replica.write(ns, 'docs', [put('old', 'before'), put('deleted', 'before')])
  const since = await replica.lastSeq(ns)
  const writes = [put('old', 'mine'), put('done', 'mine'), put('overwritten', 'mine'), { id: 'deleted', content: null }]
  // The owner wrote three of them and ended; then somebody else wrote one anew.
  const [done, , deleted] = await replica.write(ns, 'docs', [put('done', 'mine'), put('overwritten', 'mine'), { id: 'deleted', content: null }])
  await replica.write(ns, 'docs', [put('overwritten', 'theirs')])
  await replica.write(ns, 'other', [put('old', 'in another collection')])
  const before = await replica.lastSeq(ns)

  const results = await writeAgain(replica, { ns, collection: 'docs', writes, since })

  expect(results.map(({ status }) => status)).toEqual(['written', 'written', 'written', 'written'])
  expect(results[1]).toEqual(done)
  expect(results[3]).toEqual(deleted)
  expect(await replica.lastSeq(ns)).toBe(before + 2)
  const texts = await Promise.all(['old', 'done', 'overwritten', 'deleted'].map((id) => replica.get(ns, 'docs', id)))
  expect(texts.map((text) => text && JSON.parse(text).text)).toEqual(['mine', 'mine', 'mine', undefined])
})

it('loses no write to an earlier one of the same document that the owner still made', async () => {
  await using store = await createDocstore({ network: 'off' })
  const { replica } = store
  const { id: ns } = await store.namespaces.create({ name: 'notes' })
  await replica.write(ns, 'docs', [put('a', 'first')])
  for (const text of ['first', 'second']) await writeAgain(replica, { ns, collection: 'docs', writes: [put('a', text)], since: 0 })
  expect(JSON.parse((await replica.get(ns, 'docs', 'a')) ?? '')).toMatchObject({ text: 'second' })
})

it('looks through more changes than fit in one answer', async () => {
  await using store = await createDocstore({ network: 'off' })
  const { replica } = store
  const { id: ns } = await store.namespaces.create({ name: 'notes' })
  const before = await replica.lastSeq(ns)
  const many = Array.from({ length: 600 }, (_, i) => put(`d${i}`, 'first'))
  await replica.write(ns, 'docs', many)
  await writeAgain(replica, { ns, collection: 'docs', writes: many.slice(-10), since: 0 })
  expect(await replica.lastSeq(ns)).toBe(before + 600)
})
