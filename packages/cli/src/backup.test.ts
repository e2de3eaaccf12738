import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

let bench: Workbench
beforeEach(() => {
  bench = new Workbench()
})
afterEach(() => bench.close())

it('a relay is backed up while it runs, and what it was comes back when its database is lost', { timeout: 240_000 }, async () => {
  const data = bench.folder()
  const ns = await bench.namespace(data, 'notes')
  const { identity } = await bench.json(['id', '--data', data])
  const { relay, ready } = await bench.relay(data)
  const file = `${bench.folder()}.backup`
  expect(await bench.json(['relay', 'backup', file, '--data', data])).toMatchObject({ file, bytes: expect.any(Number) })
  expect(await bench.failure(['relay', 'restore', file, '--data', data])).toMatchObject({ code: 'data-in-use' })
  await relay.stop()

  truncateSync(join(data, 'docstore.db'))
  expect(await bench.failure(['relay', '--port', '0', '--data', data])).toMatchObject({ code: 'data-missing' })
  expect(await bench.json(['doctor', '--data', data])).toMatchObject([{ check: 'data', ok: false, fault: 'data-missing' }])
  expect(await bench.json(['relay', 'restore', file, '--data', data])).toMatchObject({ restored: file, before: null })
  expect(await bench.json(['namespace', 'list', '--data', data])).toMatchObject([{ id: ns }])

  rmSync(join(data, 'docstore.db'))
  expect(await bench.json(['relay', 'restore', '--empty', '--data', data])).toMatchObject({ restored: null })
  expect(await bench.json(['id', '--data', data])).toMatchObject({ identity })
  expect((await bench.relay(data)).ready.network).toBe(ready.network)
})
