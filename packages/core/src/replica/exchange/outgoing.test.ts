import { expect, it } from 'vitest'
import { openNodeStorage } from '../../storage/open-node.ts'
import { addNamespace, author, put, sealOver } from '../../testing/storage/fixtures.ts'
import { BatchBuilder } from './outgoing.ts'

it('a record that was replaced while a batch is made does not leave under the seal that has the number of its own now', async () => {
  const storage = openNodeStorage(':memory:')
  const ns = await addNamespace(storage)
  const seal = async (): Promise<void> => {
    const records = await storage.unsealed(ns, 64)
    await storage.attachSeal(
      ns,
      records.map(({ seq }) => seq),
      sealOver(records),
    )
  }
  await storage.commit(ns, [put({ id: 'x', at: 1, fields: { n: 1 } })])
  await seal()
  const [before] = await storage.recordsSince(ns, 0, 10)
  await storage.commit(ns, [put({ id: 'x', at: 2, fields: { n: 2 } })])
  await seal()
  const [after] = await storage.recordsSince(ns, 0, 10)
  if (before === undefined || after === undefined) throw new Error('nothing was stored')
  expect(after.seal).toBe(before.seal)

  const builder = new BatchBuilder(storage, { maxBytes: 100_000, own: author('ada') })
  await builder.add(before)
  expect(builder.records).toBe(0)
  await builder.add(after)
  expect(builder.records).toBe(1)
  await builder.add(before)
  expect(builder.records).toBe(1)
  await storage.close()
})
