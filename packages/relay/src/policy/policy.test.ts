import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterAll, afterEach, expect, it } from 'vitest'
import { createLog } from '../log.ts'
import { startRelay } from '../relay.ts'
import { openPolicy } from './open-policy.ts'

const folder = mkdtempSync(join(tmpdir(), 'docstore-policy-'))
afterAll(() => rmSync(folder, { recursive: true }))
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

const offered = { namespace: 'ns', peer: 'p', address: '::1', writes: [{ by: 'a', id: 'x', isDelete: false, at: 1, bytes: 9 }] }
const asked = (path: string, signal = AbortSignal.timeout(60_000)) =>
  Promise.resolve(openPolicy(path, createLog({ level: 'silent' }))(offered, signal))

it('a program decides by lines of JSON, and one that ends, or says something else, decides nothing', async () => {
  const answering = (answer: string) => `#!${process.execPath}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, writes } = JSON.parse(line)
  console.log(${answer})
})`
  const good = file('good', answering(`JSON.stringify({ id, refuse: writes.flatMap((write, i) => (write.id === 'x' ? [i] : [])) })`))
  expect(await asked(good)).toEqual([0])
  expect(await asked(file('all', answering(`JSON.stringify({ id, refuse: 'all' })`)))).toBe('all')
  await expect(asked(file('ends', `#!${process.execPath}\nprocess.exit(3)`))).rejects.toMatchObject({
    code: 'policy-failed',
    message: 'The policy program ended with 3',
  })
  await expect(asked(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'policy-failed' })
  await expect(asked(file('mumbles', answering(`'yes'`)), AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'policy-failed' })
})

it('a module decides at a relay: what it refuses is not stored there, and its writer hears so', async () => {
  const path = file('policy.mjs', `export const policy = ({ writes }) => writes.flatMap(({ id }, i) => (id === 'spam' ? [i] : []))`)
  const relay = await startRelay({ data: 'memory', port: 0, settings: { storage: { policy: path } }, log: { level: 'silent' } })
  cleanups.push(() => relay.close())
  const guest = await createDocstore({ data: 'memory', join: relay.ready.text })
  cleanups.push(() => guest.close())
  const notes = await guest.namespaces.create({ name: 'notes', write: 'anyone' })
  const denied = Promise.withResolvers<string>()
  notes.on('denied', ({ reason }) => denied.resolve(reason))
  await notes.putMany([{ _id: 'ham' }, { _id: 'spam' }])
  expect(await denied.promise).toBe('not-allowed')
  expect(await relay.store.replica.get(notes.id, 'docs', 'ham')).toBe('{"_id":"ham"}')
  expect(await relay.store.replica.get(notes.id, 'docs', 'spam')).toBeUndefined()
  expect(await (await fetch(`${relay.ready.http}/metrics`)).text()).toContain('docstore_limits_met_total{limit="policy"} ')
})

it('one that cannot be loaded lets nothing in, and the relay says so in its log', async () => {
  const lines: string[] = []
  const log = { format: 'json', write: (line: string) => lines.push(line) } as const
  const settings = { storage: { policy: file('none.mjs', 'export const other = 1') } }
  const relay = await startRelay({ data: 'memory', port: 0, settings, log })
  cleanups.push(() => relay.close())
  const guest = await createDocstore({ data: 'memory', join: relay.ready.text })
  cleanups.push(() => guest.close())
  const notes = await guest.namespaces.create({ name: 'notes', write: 'anyone' })
  await notes.put({ _id: 'one' })
  await expect.poll(() => lines.map((line) => (JSON.parse(line) as { event: string }).event)).toContain('policy-failed')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', reason: expect.stringContaining('exports no function `policy`') })
  const error = async () => (await notes.status()).peers[0]?.error
  await expect.poll(error).toBe('The peer refused: This relay cannot decide now whether it takes this. Try again in a few seconds')
  expect((await relay.store.replica.summary(notes.id)).count).toBe(0)
})
