import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()
let cid: string

beforeAll(async () => {
  mkdirSync(files)
  await bench.namespace(data, 'notes', '--offline')
  cid = (await bench.json<{ cid: string }>(['put', 'notes', '--id', 'a', '--offline', '--data', data], '{"text":"hello","2":1,"10":2}')).cid
})
afterAll(() => bench.close())

describe('docstore cat', () => {
  it('prints what a CID names, letter by letter, and who wrote it', async () => {
    const printed = '{"10":2,"2":1,"_id":"a","text":"hello"}'
    expect((await bench.run(['cat', cid, '--data', data])).stdout).toBe(`${printed}\n`)
    expect((await bench.run(['cat', `ipfs://${cid}`, '--json', '--data', data])).stdout).toBe(`${printed}\n`)
    const { by } = await bench.json<{ by: string }>(['get', 'notes', 'a', '--meta', '--data', data])
    expect(await bench.json(['cat', cid, '--meta', '--data', data])).toMatchObject({
      document: { _id: 'a', text: 'hello' },
      cid,
      here: { collection: 'docs', _id: 'a', by },
      from: null,
    })
    const out = join(files, 'a.json')
    expect(await bench.json(['cat', cid, '-o', out, '--data', data])).toEqual({ cid, bytes: printed.length, file: out })
    expect(readFileSync(out, 'utf8')).toBe(printed)
    expect(await bench.failure(['cat', cid, '-o', out, '--data', data])).toMatchObject({ exit: 1, code: 'file-exists' })
  })

  it('prints the bytes of a file', async () => {
    const [source, out] = [join(files, 'source'), join(files, 'out')]
    const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * 31) % 256))
    writeFileSync(source, bytes)
    const put = await bench.json<{ cid: string }>(['file', 'put', 'notes', source, '--offline', '--data', data])
    expect(await bench.json(['cat', put.cid, '-o', out, '--data', data])).toEqual({ cid: put.cid, bytes: 600_000, file: out })
    expect(Buffer.compare(readFileSync(out), bytes)).toBe(0)
  })

  it('says what is wrong', async () => {
    expect(await bench.failure(['cat', 'hello', '--data', data])).toMatchObject({ exit: 1, code: 'bad-cid' })
    const nobodys = `${cid.slice(0, 20)}${'a'.repeat(cid.length - 20)}`
    expect(await bench.failure(['cat', nobodys, '--data', data])).toMatchObject({ exit: 1, code: 'not-found' })
    expect((await bench.run(['cat', '--data', data])).code).toBe(2)
    await bench.json(['delete', 'notes', 'a', '--offline', '--data', data])
    expect(await bench.failure(['cat', cid, '--data', data])).toMatchObject({ exit: 1, code: 'not-found' })
  })
})
