import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
let ready: Ready
let a: string
let b: string
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  a = bench.folder()
  b = bench.folder()
})
afterAll(() => bench.close())

// Every command is a process of its own.
describe('a namespace that has not arrived', { timeout: 120_000 }, () => {
  it('takes writes of one process, which another one brings to the relay once it is there', async () => {
    await bench.json(['join', ready.join, '--data', a])
    await bench.json(['join', ready.join, '--data', b])
    const id = await bench.namespace(a, 'todo', '--offline')
    // A relay that does not have it says so: the id may be wrong.
    expect(await bench.failure(['put', id, '--data', b], '{}')).toMatchObject({ exit: 1, code: 'unknown-namespace' })
    const put = await bench.json(['put', id, '--id', 'milk', '--offline', '--data', b], '{"done":false}')
    expect(put).toMatchObject({ _id: 'milk', pending: true, copies: 0 })
    expect(await bench.json(['delete', id, 'bread', '--offline', '--data', b])).toEqual({ _id: 'bread', deleted: true, copies: 0, pending: true })
    const waiting = await bench.json<{ kind: string; refused: null }[]>(['namespace', 'pending', id, '--data', b])
    expect(waiting.map(({ kind, refused }) => [kind, refused])).toEqual([
      ['put', null],
      ['delete', null],
    ])
    expect(await bench.failure(['get', id, 'milk', '--data', b])).toMatchObject({ code: 'unknown-namespace' })
    await bench.json(['sync', id, '--data', a])
    await bench.json(['sync', id, '--data', b])
    expect(await bench.json(['namespace', 'pending', id, '--data', b])).toEqual([])
    expect(await bench.json(['get', id, 'milk', '--data', a])).toEqual({ _id: 'milk', done: false })
  })

  it('tells what it refused when it arrived, until that is given up', async () => {
    const { id } = await bench.json<{ id: string }>(['namespace', 'create', 'mine', '--write', 'owner', '--offline', '--data', a])
    await bench.json(['put', id, '--id', 'x', '--offline', '--data', b], '{}')
    await bench.json(['sync', id, '--data', a])
    await bench.json(['sync', id, '--data', b])
    const counted = await bench.run(['count', id, '--data', b])
    expect([counted.stdout, counted.stderr]).toEqual(['0\n', expect.stringContaining('1 change that was written here was refused')])
    const [refused] = await bench.json<Record<string, unknown>[]>(['namespace', 'pending', id, '--drop', '--data', b])
    expect(refused).toMatchObject({ kind: 'put', _id: 'x', document: { _id: 'x' }, refused: 'not-allowed', dropped: true })
    expect(await bench.json(['namespace', 'pending', id, '--data', b])).toEqual([])
  })
})
