import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

let bench: Workbench
beforeEach(() => {
  bench = new Workbench()
})
afterEach(() => bench.close())

it('a relay is backed up while it runs, and what it was comes back when its database is lost', async () => {
  const data = bench.folder()
  const { relay, ready } = await bench.relay(data)
  const { identity } = await bench.json(['id', '--data', data])
  const writer = bench.folder()
  await bench.json(['join', ready.join, '--data', writer])
  const ns = await bench.namespace(writer, 'notes')
  await bench.json(['put', ns, '-', '--data', writer], '{"_id":"kept"}')
  const file = `${bench.folder()}.backup`
  expect(await bench.json(['relay', 'backup', file, '--data', data])).toMatchObject({ file, bytes: expect.any(Number) })
  expect(await bench.failure(['relay', 'backup', file, '--data', data])).toMatchObject({ code: 'file-exists' })
  expect(await bench.failure(['relay', 'restore', file, '--data', data])).toMatchObject({ code: 'data-in-use' })
  await relay.stop()

  truncateSync(join(data, 'docstore.db'))
  expect(await bench.failure(['relay', '--port', '0', '--data', data])).toMatchObject({ code: 'data-missing' })
  const found = await bench.json(['doctor', '--data', data])
  expect(found).toMatchObject([{ check: 'data', ok: false, fault: 'data-missing', fix: expect.stringContaining('relay restore') }])
  expect(await bench.json(['relay', 'restore', file, '--data', data])).toMatchObject({ restored: file, before: null })
  expect(await bench.json(['id', '--data', data])).toMatchObject({ identity })
  expect(await bench.json(['get', ns, 'kept', '--data', data])).toMatchObject({ _id: 'kept' })

  rmSync(join(data, 'docstore.db'))
  expect(await bench.failure(['relay', 'restore', '--data', data])).toMatchObject({ code: 'usage' })
  expect(await bench.json(['relay', 'restore', '--empty', '--data', data])).toMatchObject({ restored: null })
  expect(await bench.json(['id', '--data', data])).toMatchObject({ identity })
  expect(await bench.json(['network', 'show', '--data', data])).toMatchObject({ network: ready.network })
})
