import { expect, it } from 'vitest'
import { createDocstore } from '../index-node.ts'

it('calls one after the other leave timers and others their turn', async () => {
  await using store = await createDocstore({ data: 'memory', network: 'off' })
  const notes = await store.namespaces.create({ name: 'notes', write: 'owner' })
  const calls = [
    (i: number) => notes.put({ _id: `${i % 100}`, i }),
    () => notes.get('1'),
    () => notes.find({ i: 1 }).toArray(),
    () => notes.find({}, { limit: 1 }).page(),
    () => notes.findOne({ _id: '1' }),
    () => notes.count({ i: 1 }),
    () => notes.putMany([{ _id: 'a' }]),
    () => notes.distinct('i'),
    () => notes.delete('none'),
    () => notes.status(),
    () => notes.held(),
  ]
  for (const call of calls) {
    const timer = AbortSignal.timeout(20)
    // Without a turn for the timer this would go on until the test is given up.
    for (let i = 0; !timer.aborted; i++) await call(i)
  }
  expect(calls).toHaveLength(11)
})
