import { expect, it } from 'vitest'
import { openNodeStorage } from '../../storage/open-node.ts'
import { addNamespace, put } from '../../testing/storage/fixtures.ts'
import { nextTask } from '../../model/next-task.ts'
import { inSlices } from '../slices.ts'
import { Trees } from './trees.ts'

it('is built in slices, with whatever is committed in between', async () => {
  const storage = openNodeStorage(':memory:')
  const ns = await addNamespace(storage)
  const count = 20_000
  await storage.commit(
    ns,
    Array.from({ length: count }, (_, i) => put({ id: `${i}` })),
  )
  let pauses = 0
  const trees = new Trees(storage, async () => {
    pauses++
    await storage.commit(ns, [put({ id: `${pauses}`, at: 2 }), put({ id: `new ${pauses}` })])
  })
  const [first, second] = await Promise.all([trees.current(ns), trees.current(ns)])
  expect(pauses).toBeGreaterThan(0)
  expect(second).toBe(first)
  const { seq, count: size, fingerprint } = await storage.total(ns)
  expect(first).toMatchObject({ seq, tree: { size } })
  expect(size).toBe(count + pauses)
  expect(first.tree.fingerprint(undefined, undefined)).toEqual(fingerprint)
  await storage.close()
})

it('a pause lets timers run', async () => {
  const timer = new Promise((resolve) => setTimeout(() => resolve('timer'), 1))
  const turn = (): Promise<string> => nextTask().then(() => 'turn')
  for (let i = 0; (await Promise.race([timer, turn()])) === 'turn'; i++) expect(i).toBeLessThan(1_000_000)
})

it('steps are run in slices, and to their end', async () => {
  const pauses: number[] = []
  function* count(): Generator<undefined, number, undefined> {
    const until = performance.now() + 20
    let steps = 0
    for (; performance.now() < until || pauses.length === 0; steps++) yield
    return steps
  }
  expect(await inSlices(count(), async () => void pauses.push(1))).toBeGreaterThan(0)
  expect(pauses.length).toBeGreaterThan(0)
  expect(pauses.length).toBeLessThanOrEqual(4)
})
