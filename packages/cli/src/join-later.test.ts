import { spawnSync } from 'node:child_process'
import { createDocstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finished, type Ready, Workbench } from './testing/docstore-process.ts'

interface Joined {
  readonly network: string
  readonly moved?: readonly {
    readonly name: string
    readonly id: string
    readonly before: readonly string[]
    readonly documents: number
    readonly copies: number
  }[]
}

const DOCUMENTS = 1000
const ALL = Array.from({ length: DOCUMENTS }, (_, n) => ({ _id: `d${n}`, n }))

const bench = new Workbench()
let ready: Ready
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
})
afterAll(() => bench.close())

/** A folder that began alone, with 1,000 documents in a namespace "notes" and one in another. */
async function aloneWithDocuments(): Promise<{ readonly data: string; readonly id: string }> {
  const data = bench.folder()
  await using store = await createDocstore({ data, network: 'off' })
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
  await notes.putMany(ALL)
  await (await store.namespaces.create({ name: 'few' })).put({ _id: 'one' })
  return { data, id: notes.id }
}

/** What a folder holds, and in which network. */
async function contentOf(data: string): Promise<unknown> {
  await using store = await createDocstore({ data, network: 'off' })
  const namespaces = await store.namespaces.list()
  return [store.info.network.id, namespaces, await Promise.all(namespaces.map(({ id }) => store.replica.summary(id)))]
}

const join = (data: string, link = ready.text, ...options: readonly string[]): Promise<Joined> =>
  bench.json<Joined>(['join', link, '--data', data, ...options])

/** Whether all of it is at the relay, once, and here too, under the ids of before and of now. */
async function expectMoved(data: string, { network, moved = [] }: Joined, before: string): Promise<void> {
  expect(network).toBe(ready.network)
  expect(moved.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, documents, copies }) => [name, documents, copies])).toEqual([
    ['few', 1, 1],
    ['notes', DOCUMENTS, 1],
  ])
  const notes = moved.find(({ name }) => name === 'notes')
  const id = notes?.id ?? ''
  expect(notes?.before).toEqual([before])
  await using stranger = await createDocstore({ join: ready.join })
  const there = await stranger.namespaces.open(id)
  await there.sync()
  expect(await there.find({}, { sort: { n: 1 } }).toArray()).toEqual(ALL)
  await using store = await createDocstore({ data })
  expect((await store.namespaces.list()).length).toBe(2)
  const here = await store.namespaces.open(before)
  expect(here.id).toBe(id)
  expect((await here.status()).root).toBe((await there.status()).root)
  await here.put({ _id: 'later' })
  await here.delivered()
  await there.sync()
  expect(await there.get('later')).toEqual({ _id: 'later' })
}

describe('a folder that began alone', () => {
  it('joins a network with its documents by the command that is named, and goes on as before', async () => {
    const data = bench.folder()
    const created = await bench.run(['namespace', 'create', 'notes', '--data', data])
    expect(created.stderr).toContain(`\`docstore --data ${data} join LINK\` joins a network`)
    await bench.json(['import', 'notes', '-', '--data', data], ALL.map((one) => JSON.stringify(one)).join('\n'))
    expect(await bench.run(['join', ready.join, '--data', data])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Joined the network "my network"\.\n[^]*notes {2}bafy\w+ {2}1000 documents {2}kept here and by 1 relay\n$/),
    })
    const before = created.stdout.split('\n')[0] ?? ''
    for (const name of ['notes', before]) expect(await bench.json(['get', name, 'd5', '--data', data])).toEqual({ _id: 'd5', n: 5 })
    expect(await bench.json<unknown[]>(['namespace', 'list', '--data', data])).toHaveLength(1)
    // They are known there now.
    expect(await join(data)).toEqual({ network: ready.network, name: 'my network' })
  })

  it.each([
    ['in the middle of the move', 'Moving documents'],
    ['once they have moved, before anybody has them', 'Their namespaces have other ids'],
  ])(
    'does so when it is killed %s, and joins again',
    async (_, line) => {
      const { data, id } = await aloneWithDocuments()
      const joining = bench.start('join', ready.join, '--data', data)
      await joining.line(line)
      const { code }: Finished = await joining.stop('SIGKILL')
      expect(code).toBeNull()
      await expectMoved(data, await join(data), id)
    },
    60_000,
  )

  it('is as it was where it is killed inside of the transaction', async () => {
    const { data, id } = await aloneWithDocuments()
    const before = await contentOf(data)
    const program = `
      import { createDocstore } from 'p2p-docstore'
      const [data, join] = process.argv.slice(1)
      await createDocstore({ data, join, network: 'off', onMove: ({ done }) => done > 500 && process.kill(process.pid, 'SIGKILL') })`
    const args = ['--conditions=@p2p-docstore/source', '--no-warnings', '--input-type=module', '-e', program, data, ready.join]
    expect(spawnSync(process.execPath, args, { cwd: import.meta.dirname })).toMatchObject({ signal: 'SIGKILL' })
    expect(await contentOf(data)).toEqual(before)
    await expectMoved(data, await join(data), id)
  })

  it('moves with any command that is given the link, and says so', async () => {
    const { data } = await aloneWithDocuments()
    const counted = await bench.run(['count', 'notes', '--join', ready.text, '--data', data])
    expect(counted).toMatchObject({ code: 0, stdout: `${DOCUMENTS}\n`, stderr: expect.stringContaining('other ids') })
  })

  it('moves nothing of a network that is not the one which is named', async () => {
    const other = await bench.relay(bench.folder())
    const { data, id } = await aloneWithDocuments()
    expect(await bench.run(['join', other.ready.join, '--beside', '--data', data])).toMatchObject({ code: 0 })
    const before = await contentOf(data)
    for (const how of [[], ['--move']])
      expect(await bench.failure(['join', ready.join, '--network', other.ready.network, ...how, '--data', data])).toMatchObject({
        exit: 1,
        code: 'other-network',
      })
    expect(await contentOf(data)).toEqual(before)
    // By its own name it moves.
    const [first] = (await bench.json<{ id: string; namespaces: number }[]>(['network', 'list', '--data', data])).filter(
      ({ namespaces }) => namespaces > 0,
    )
    await expectMoved(data, await join(data, ready.join, '--network', first?.id ?? '', '--move'), id)
    await other.relay.stop()
  })

  it('waits with it while another program has the folder open', async () => {
    const { data } = await aloneWithDocuments()
    {
      await using _open = await createDocstore({ data, network: 'off' })
      expect(await bench.failure(['join', ready.join, '--data', data])).toMatchObject({ exit: 1, code: 'data-in-use' })
    }
    expect((await join(data)).moved).toHaveLength(2)
  })

  it('moves while no relay can be reached, too, and on from there while nobody was met', async () => {
    const second = await bench.relay(bench.folder())
    await second.relay.stop()
    const { data } = await aloneWithDocuments()
    const { moved = [] } = await bench.json<Joined>(['join', second.ready.text, '--timeout', '1', '--data', data])
    expect(moved.map(({ copies }) => copies)).toEqual([0, 0])
    // That network was chosen: it is asked what was meant.
    expect(await bench.failure(['join', ready.text, '--data', data])).toMatchObject({ exit: 1, code: 'move-or-beside' })
    const on = (await join(data, ready.text, '--move')).moved ?? []
    expect(on.map(({ copies, before }) => [copies, before.length])).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  it('stays where it is where its invitation is for somebody else', async () => {
    const club = bench.folder()
    const { relay } = await bench.relay(club, '--invite-only')
    const { identity } = await bench.json<{ identity: string }>(['id', '--data', bench.folder()])
    const { text } = await bench.json<{ text: string }>(['invite', '--for', identity, '--data', club])
    const { data } = await aloneWithDocuments()
    const before = await contentOf(data)
    expect(await bench.failure(['join', text, '--data', data])).toMatchObject({ exit: 1, code: 'bad-invitation' })
    expect(await contentOf(data)).toEqual(before)
    await relay.stop()
  })
})
