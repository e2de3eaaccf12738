import { createDocstore } from 'p2p-docstore'
import { afterAll, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'
import { send, somebody } from './testing/somebody.ts'

const bench = new Workbench()
afterAll(() => bench.close())

it('conflicts of a document are shown with the command that settles these, and a delete among them can be made after all', async () => {
  const data = bench.folder()
  const store = await createDocstore({ data, network: 'off' })
  const orders = await store.namespaces.create({ name: 'orders', write: 'anyone' })
  const ben = await somebody(store, orders.id)
  await orders.put({ _id: 'x', n: 1 })
  await send(orders.id, store.replica, ben)
  await ben.write(orders.id, 'docs', [{ id: 'x', content: null }])
  for (const n of [2, 3]) await orders.put({ _id: 'x', n })
  await send(orders.id, ben, store.replica)
  await Promise.all([ben.close(), store.close()])
  const shown = await bench.run(['conflicts', 'orders', 'x', '--data', data])
  expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining(`\`docstore --data ${data} resolve orders x --seen -\``) })
  const other = ['resolve', 'orders', 'x', '--seen', 'baguqeerasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea']
  expect(await bench.failure([...other, '--offline', '--data', data])).toMatchObject({ exit: 1, code: 'not-found' })
  const resolved = await bench.run(['resolve', 'orders', 'x', '--keep', '-', '--seen', '-', '--offline', '--data', data])
  expect(resolved).toMatchObject({ code: 0, stdout: expect.stringMatching(/^x {2}- .*\n {2}null\n.*\nx {2}1 settled {2}/) })
  expect(await bench.failure(['get', 'orders', 'x', '--data', data])).toMatchObject({ exit: 1, code: 'not-found' })
})
