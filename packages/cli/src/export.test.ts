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

  it('refuses a folder that is in another network', async () => {
    const other = bench.folder()
    await bench.namespace(other, 'mine', '--offline')
    expect(await bench.failure(['restore', car, '--data', other])).toMatchObject({ exit: 1, code: 'other-network' })
  })

  it('finds damage wherever it is', async () => {
    const whole = readFileSync(car)
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(whole)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    // A block in the middle: its length is a varint before the CID that begins with 01 71 or 01 a9 02.
    const blockAt = whole.indexOf(Buffer.from([0x01, 0xa9, 0x02, 0x12, 0x20]), whole.length >> 1)
    const next = whole.indexOf(Buffer.from([0x01, 0xa9, 0x02, 0x12, 0x20]), blockAt + 40)
    const damaged: readonly (readonly [string, Buffer])[] = [
      ['empty', Buffer.alloc(0)],
      ['text', Buffer.from('this is no CAR file at all')],
      ['header', changed(10)],
      ['network', changed(120)],
      ['middle', changed(whole.length >> 1)],
      ['end', changed(whole.length - 3)],
      ['cut', whole.subarray(0, whole.length - 100)],
      ['half', whole.subarray(0, whole.length >> 1)],
      ['longer', Buffer.concat([whole, whole.subarray(-60)])],
      ['block left out', Buffer.concat([whole.subarray(0, blockAt - 2), whole.subarray(next - 2)])],
      ['giant length', Buffer.concat([whole.subarray(0, 200), Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]), whole.subarray(200)])],
    ]
    const fresh = bench.folder()
    const failures = await Promise.all(
      damaged.map(([name, bytes]) => {
        const path = join(files, `${name}.car`)
        writeFileSync(path, bytes)
        return bench.failure(['restore', path, '--data', name === 'half' ? fresh : bench.folder()])
      }),
    )
    expect(failures.map(({ exit, code }, i) => [damaged[i]?.[0], exit, code])).toEqual(damaged.map(([name]) => [name, 1, 'bad-export']))
    expect(failures[6]?.message).toMatch(/\. Its first [1-9]\d* records were verified before that, and are here now$/)
    // What was verified before the damage is kept; the whole file completes it.
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
  })
})
