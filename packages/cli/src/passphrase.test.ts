import { afterEach, beforeEach, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

let bench: Workbench
beforeEach(() => {
  bench = new Workbench()
})
afterEach(async () => {
  for (const name of ['DOCSTORE_PASSPHRASE', 'DOCSTORE_NEW_PASSPHRASE']) delete process.env[name]
  await bench.close()
})

it('a passphrase locks the identity: every command needs it from then on, until it is removed', async () => {
  const folder = bench.folder()
  const data = ['--data', folder]
  const { identity } = await bench.json(['id', ...data])
  expect(await bench.failure(['passphrase', 'set', ...data])).toMatchObject({ exit: 2, code: 'usage' })
  // Processes that are started have what this one has.
  process.env['DOCSTORE_NEW_PASSPHRASE'] = 'one'
  expect(await bench.json(['passphrase', 'set', ...data])).toMatchObject({ locked: true, networks: 1 })
  expect(await bench.failure(['id', ...data])).toMatchObject({ exit: 1, code: 'passphrase-needed' })
  process.env['DOCSTORE_PASSPHRASE'] = 'two'
  expect(await bench.failure(['id', ...data])).toMatchObject({ exit: 1, code: 'wrong-passphrase' })
  process.env['DOCSTORE_PASSPHRASE'] = 'one'
  const { relay } = await bench.relay(folder)
  expect(await bench.json(['id', ...data])).toMatchObject({ identity })
  expect(await bench.failure(['passphrase', 'remove', ...data])).toMatchObject({ code: 'data-in-use' })
  await relay.stop()
  expect(await bench.json(['passphrase', 'remove', ...data])).toMatchObject({ locked: false })
  delete process.env['DOCSTORE_PASSPHRASE']
  expect(await bench.json(['id', ...data])).toMatchObject({ identity })
})
