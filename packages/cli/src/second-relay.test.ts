import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

let bench: Workbench
beforeEach(() => {
  bench = new Workbench()
})
afterEach(() => bench.close())

it('commands that knew one of two relays work when that one dies', async () => {
  const first = await bench.relay(bench.folder())
  const second = await bench.relay(bench.folder(), '--join', first.ready.join)
  const data = bench.folder()
  await bench.json(['join', first.ready.join, '--data', data])
  const ns = await bench.namespace(data, 'notes')
  await bench.json(['put', ns, '-', '--data', data], '{"_id":"before"}')
  await first.relay.stop('SIGKILL')

  expect(await bench.json(['put', ns, '-', '--data', data, '--timeout', '20'], '{"_id":"after"}')).toMatchObject({ copies: 1 })
  const reader = bench.folder()
  await bench.json(['join', second.ready.join, '--data', reader])
  expect(await bench.json(['sync', ns, '--data', reader])).toMatchObject({ documents: 2 })
})
