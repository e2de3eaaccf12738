import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const source = bench.folder()
const files = bench.folder()
const car = join(files, 'notes.car')
let exported: { documents: number; bytes: number; root: string }

beforeAll(async () => {
  mkdirSync(files)
  await bench.namespace(source, 'notes', '--offline')
  const rows = Array.from({ length: 2500 }, (_, n) => `{"_id":"${n}","text":"${'z'.repeat(n % 300)}"}`).join('\n')
  await bench.json(['import', 'notes', '-', '--data', source], rows)
  await bench.json(['delete', 'notes', '7', '--data', source])
  await bench.json(['put', 'notes', '--collection', 'other', '--data', source], '{"_id":"o"}')
  const { documents, bytes, root } = await bench.json<typeof exported>(['export', 'notes', '-o', car, '--data', source])
  exported = { documents, bytes, root }
})
afterAll(() => bench.close())

describe('export and restore', () => {
  it('brings the same root into a fresh folder, deletes and collections included', async () => {
    expect(exported).toMatchObject({ documents: 2500, bytes: readFileSync(car).length, root: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const fresh = bench.folder()
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
    expect(await bench.failure(['get', 'notes', '7', '--data', fresh])).toMatchObject({ code: 'not-found' })
    expect(await bench.json(['get', 'notes', '8', '--data', fresh])).toEqual({ _id: '8', text: 'zzzzzzzz' })
    expect(await bench.json(['get', 'notes', 'o', '--collection', 'other', '--data', fresh])).toEqual({ _id: 'o' })
  })

  it('goes through pipes', async () => {
    const fresh = bench.folder()
    const restoring = bench.start('restore', '-', '--json', '--data', fresh)
    bench.start('export', 'notes', '--data', source).child.stdout.pipe(restoring.child.stdin)
    expect(JSON.parse((await restoring.finished).stdout)).toMatchObject(exported)
  })

  it('goes beside what a folder has in another network', async () => {
    const other = bench.folder()
    const mine = await bench.namespace(other, 'mine', '--offline')
    expect(await bench.json(['restore', car, '--data', other])).toMatchObject(exported)
    const listed = await bench.json<{ id: string; network: string }[]>(['namespace', 'list', '--data', other])
    expect(listed[0]?.id).toBe(mine)
    expect(new Set(listed.map(({ network }) => network)).size).toBe(2)
  })

  it('keeps what was verified before the damage, and the whole file completes it', async () => {
    const half = join(files, 'half.car')
    writeFileSync(half, readFileSync(car).subarray(0, exported.bytes >> 1))
    const fresh = bench.folder()
    expect(await bench.failure(['restore', half, '--data', fresh])).toMatchObject({
      exit: 1,
      code: 'bad-export',
      message: expect.stringMatching(/\. Its first [1-9]\d* records were verified before that, and are here now$/),
    })
    expect((await bench.json(['get', 'notes', '8', '--data', fresh]))['_id']).toBe('8')
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
  })
})
