import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, type Ready, Workbench } from './testing/docstore-process.ts'

interface Joined {
  readonly network: string
  readonly moved?: readonly { readonly name: string; readonly from: string; readonly to: string; readonly documents: number; readonly copies: number }[]
}

const DOCUMENTS = 1000
const LINES: string = Array.from({ length: DOCUMENTS }, (_, n) => JSON.stringify({ _id: `d${n}`, n })).join('\n')

const bench = new Workbench()
let ready: Ready
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
})
afterAll(() => bench.close())

/** A folder that began alone, with 1,000 documents in a namespace "notes" and one in another. */
async function aloneWithDocuments(): Promise<{ readonly data: string; readonly id: string }> {
  const data = bench.folder()
  const created = await bench.run(['namespace', 'create', 'notes', '--data', data])
  // The very hint that is followed.
  expect(created.stderr).toContain('`docstore join LINK` joins a network')
  await bench.json(['import', 'notes', '-', '--data', data], LINES)
  await bench.namespace(data, 'few')
  await bench.json(['put', 'few', '--data', data], '{"_id":"one"}')
  const [{ id } = { id: '' }] = await bench.json<{ id: string }[]>(['namespace', 'list', '--data', data])
  return { data, id }
}

/** Whether all of it is at the relay, once, and here too, under the ids of before and of now. */
async function expectMoved(data: string, { moved = [] }: Joined, before: string): Promise<void> {
  expect(moved.map(({ name, documents, copies }) => [name, documents, copies]).toSorted()).toEqual([
    ['few', 1, 1],
    ['notes', DOCUMENTS, 1],
  ])
  const { from = '', to = '' } = moved.find(({ name }) => name === 'notes') ?? {}
  expect(from).toBe(before)
  expect(to).not.toBe(before)
  const stranger = bench.folder()
  expect(await bench.json(['count', to, '{"n":{"$gte":0}}', '--join', ready.join, '--data', stranger])).toEqual({ count: DOCUMENTS })
  const [here, there] = await Promise.all([data, stranger].map((folder) => bench.json(['sync', to, '--data', folder])))
  expect(here?.['root']).toBe(there?.['root'])
  expect((await fetch(`${ready.http}/ns/${to}/docs/d999`)).status).toBe(200)
  expect((await bench.json<unknown[]>(['namespace', 'list', '--data', data])).length).toBe(2)
  for (const name of ['notes', from, to]) expect(await bench.json(['get', name, 'd5', '--data', data])).toEqual({ _id: 'd5', n: 5 })
  expect(await bench.json(['put', from, '--data', data], '{"_id":"later"}')).toMatchObject({ copies: 1 })
  expect(await bench.json(['get', to, 'later', '--data', stranger])).toEqual({ _id: 'later' })
}

describe('a folder that began alone', () => {
  it('joins a network with its documents, and goes on as before', async () => {
    const { data, id } = await aloneWithDocuments()
    const joined = await bench.json<Joined>(['join', ready.join, '--data', data])
    expect(joined.network).toBe(ready.network)
    await expectMoved(data, joined, id)
    // They are known there now.
    expect(await bench.json(['join', ready.text, '--data', data])).toEqual({ network: ready.network, name: 'my network' })
  }, 60_000)

  it.each([
    ['in the middle of the move', 'Moving documents'],
    ['once they have moved, before anybody has them', 'Their namespaces have other ids'],
  ])('does so when it is killed %s, and joins again', async (_, line) => {
    const { data, id } = await aloneWithDocuments()
    const joining = bench.start('join', ready.join, '--data', data)
    await joining.line(line)
    const { code }: Finished = await joining.stop('SIGKILL')
    expect(code).toBeNull()
    await expectMoved(data, await bench.json<Joined>(['join', ready.join, '--data', data]), id)
  }, 60_000)

  it('is as it was where it is killed inside of the transaction', async () => {
    const { data, id } = await aloneWithDocuments()
    const before = await bench.json(['status', '--data', data])
    const program = `
      import { createDocstore } from 'p2p-docstore'
      const [data, join] = process.argv.slice(1)
      await createDocstore({ data, join, network: 'off', onMove: ({ done }) => done > 500 && process.kill(process.pid, 'SIGKILL') })`
    const args = ['--conditions=@p2p-docstore/source', '--no-warnings', '--input-type=module', '-e', program, data, ready.join]
    expect(spawnSync(process.execPath, args, { cwd: import.meta.dirname })).toMatchObject({ signal: 'SIGKILL' })
    expect(await bench.json(['status', '--data', data])).toEqual(before)
    await expectMoved(data, await bench.json<Joined>(['join', ready.join, '--data', data]), id)
  }, 60_000)

  it('moves with any command that is given the link, and says so', async () => {
    const { data } = await aloneWithDocuments()
    const counted = await bench.run(['count', 'notes', '--join', ready.text, '--data', data])
    expect(counted).toMatchObject({ code: 0, stdout: `${DOCUMENTS}\n`, stderr: expect.stringContaining('other ids') })
    expect(await bench.json(['sync', 'notes', '--data', data])).toMatchObject({ documents: DOCUMENTS })
  }, 60_000)

  it('waits with it while another program has the folder open', async () => {
    const { data } = await aloneWithDocuments()
    const watching = bench.start('watch', 'notes', '--data', data)
    await bench.json(['put', 'notes', '--data', data], '{"_id":"while it is watched"}')
    await watching.line('while it is watched')
    expect(await bench.failure(['join', ready.join, '--data', data])).toMatchObject({ exit: 1, code: 'data-in-use' })
    await watching.stop()
    expect((await bench.json<Joined>(['join', ready.join, '--data', data])).moved).toHaveLength(2)
  }, 60_000)

  it('moves while no relay can be reached, too, and hands it over later', async () => {
    const second = await bench.relay(bench.folder())
    const { port } = new URL(second.ready.http)
    await second.relay.stop()
    const { data } = await aloneWithDocuments()
    const { moved = [] } = await bench.json<Joined>(['join', second.ready.join, '--timeout', '1', '--data', data])
    expect(moved.map(({ copies }) => copies)).toEqual([0, 0])
    // Nobody was met there: it may still go elsewhere.
    expect((await bench.json<Joined>(['join', ready.join, '--data', data])).moved?.filter(({ copies }) => copies === 1)).toHaveLength(4)
    expect(port).not.toBe('')
  }, 60_000)

  it('stays where it is where its invitation is for somebody else', async () => {
    const club = bench.folder()
    const { relay } = await bench.relay(club, '--invite-only')
    const { identity } = await bench.json<{ identity: string }>(['id', '--data', bench.folder()])
    const { join } = await bench.json<{ join: string }>(['invite', '--for', identity, '--data', club])
    const { data } = await aloneWithDocuments()
    const before = await bench.json(['status', '--data', data])
    expect(await bench.failure(['join', join, '--data', data])).toMatchObject({ exit: 1, code: 'bad-invitation' })
    expect(await bench.json(['status', '--data', data])).toEqual(before)
    await relay.stop()
  }, 60_000)
})
