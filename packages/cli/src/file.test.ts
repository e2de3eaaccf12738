import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
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
    expect(onDisk(data).includes('docstore docstore docstore')).toBe(false)
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

describe('a file at a relay', () => {
  const [home, one, two] = [bench.folder(), bench.folder(), bench.folder()]
  /** No two pieces are alike, and what arrives can be told by its length. */
  const text = Array.from({ length: 1_500_000 }, (_, i) => String(i).padStart(11, '0')).join('\n')
  const source = join(files, 'numbers.txt')
  let ns: string
  let cid: string

  beforeAll(async () => {
    writeFileSync(source, text)
    const { ready } = await bench.relay(home)
    for (const data of [one, two]) await bench.json(['join', ready.join, '--data', data])
    ns = await bench.namespace(one, 'numbers')
    const put = await bench.json<{ cid: string; copies: number }>(['file', 'put', ns, source, '--data', one])
    expect(put).toMatchObject({ bytes: text.length, copies: 1 })
    cid = put.cid
  })

  it('is fetched by another folder, which goes on where it was killed', async () => {
    const getting = bench.start('file', 'get', ns, cid, '-o', '-', '--data', two)
    let came = 0
    await new Promise<void>((resolve) => {
      getting.child.stdout.on('data', (chunk: Buffer) => {
        came += chunk.length
        if (came > 3_000_000) resolve()
      })
    })
    await getting.stop('SIGKILL')
    expect(await piecesHere(two, ns, cid)).toBeGreaterThan(10)
    const out = join(files, 'numbers.out')
    expect(await bench.json(['file', 'get', ns, cid, '-o', out, '--data', two])).toMatchObject({ bytes: text.length })
    expect(readFileSync(out, 'utf8') === text).toBe(true)
    expect(await bench.json(['file', 'list', ns, '--data', two])).toMatchObject([{ name: 'numbers.txt', type: 'text/plain', here: true }])
  })

  it('is in an export, and restored from there into a folder that is alone', async () => {
    const car = join(files, 'numbers.car')
    const { code, stderr } = await bench.run(['export', ns, '-o', car, '--data', one])
    expect([code, stderr]).toEqual([0, expect.stringContaining('With a file of 17.2 MiB')])
    const fresh = bench.folder()
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject({ files: 1 })
    const out = join(files, 'numbers.restored')
    await bench.json(['file', 'get', ns, cid, '-o', out, '--data', fresh])
    expect(readFileSync(out, 'utf8') === text).toBe(true)
  })

  it('goes with its document, at the relay and here', async () => {
    expect(await bench.json(['file', 'delete', ns, cid, '--data', one])).toMatchObject({ deleted: true, copies: 1 })
    expect(await bench.json(['file', 'list', ns, '--data', two])).toEqual([])
    for (const data of [home, one, two]) await expect.poll(() => onDisk(data).includes('00000100000\n00000100001')).toBe(false)
  })
})

/** All files of a folder, one after another. */
function onDisk(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return entries.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('')
}

/** How many pieces of a file a folder has that no program uses. */
async function piecesHere(folder: string, ns: string, cid: string): Promise<number> {
  await using store = await createDocstore({ data: folder, network: 'off' })
  const size = (await store.replica.file(ns, cid))?.size ?? 0
  let here = 0
  for (let at = 0; at < size; at += 262_144) if ((await store.replica.readFile(ns, cid, at)) !== undefined) here++
  return here
}
