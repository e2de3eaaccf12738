import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()
const path = join(files, 'picture.png')
const bytes = Buffer.alloc(700_000, 'docstore ')

beforeAll(async () => {
  mkdirSync(files)
  writeFileSync(path, bytes)
  await bench.namespace(data, 'album', '--offline')
})
afterAll(() => bench.close())

describe('docstore file', () => {
  it('puts, lists, gets and deletes', async () => {
    const put = await bench.json<{ cid: string; bytes: number }>(['file', 'put', 'album', path, '--data', data])
    expect(put).toEqual({ cid: expect.stringMatching(/^bafybei/), bytes: 700_000, copies: 0 })
    expect(await bench.json(['file', 'list', 'album', '--data', data])).toEqual([
      { cid: put.cid, name: 'picture.png', type: 'image/png', bytes: 700_000, here: true },
    ])
    const out = join(files, 'out.png')
    expect(await bench.json(['file', 'get', 'album', put.cid, '-o', out, '--data', data])).toMatchObject({ bytes: 700_000 })
    expect(Buffer.compare(readFileSync(out), bytes)).toBe(0)
    expect((await bench.run(['file', 'get', 'album', put.cid, '-o', '-', '--data', data])).stdout).toBe(bytes.toString())
    expect(await bench.json(['file', 'delete', 'album', put.cid, '--data', data])).toMatchObject({ cid: put.cid, deleted: true })
    expect(await bench.json(['file', 'list', 'album', '--data', data])).toEqual([])
    expect(await bench.failure(['file', 'get', 'album', put.cid, '-o', out, '--data', data])).toMatchObject({ code: 'not-found' })
    const disk = readdirSync(data, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? readFileSync(join(data, entry.name), 'latin1') : []))
    expect(disk.length).toBeGreaterThan(0)
    expect(disk.join('').includes('docstore docstore docstore')).toBe(false)
  })

  it('takes standard input, with a name and a type', async () => {
    const { cid } = await bench.json<{ cid: string }>(
      ['file', 'put', 'album', '-', '--name', 'hello.txt', '--type', 'text/x-test', '--data', data],
      'hello world\n',
    )
    expect(cid).toBe('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
    expect(await bench.json(['file', 'list', 'album', '--data', data])).toMatchObject([{ name: 'hello.txt', type: 'text/x-test', bytes: 12 }])
  })

  it('says what is wrong', async () => {
    expect(await bench.failure(['file', 'put', 'album', join(files, 'none'), '--data', data])).toMatchObject({ code: 'no-file' })
    expect(await bench.failure(['file', 'put', 'album', files, '--data', data])).toMatchObject({ code: 'no-file' })
    expect(await bench.failure(['file', 'get', 'album', 'nonsense', '-o', '-', '--data', data])).toMatchObject({ code: 'bad-cid' })
    expect((await bench.run(['file', 'get', 'album', 'nonsense', '--data', data])).code).toBe(2)
  })
})
