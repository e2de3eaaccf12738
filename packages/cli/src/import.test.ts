import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()

beforeAll(async () => {
  mkdirSync(files)
  for (const name of ['rows', 'typed', 'bad']) await bench.namespace(data, name, '--offline')
})
afterAll(() => bench.close())

function file(name: string, text: string): string {
  const path = join(files, name)
  writeFileSync(path, text)
  return path
}

const summary = (read: number, written: number): object => ({
  read,
  written,
  unchanged: read - written,
  repeated: 0,
  refused: 0,
  seconds: expect.any(Number),
  copies: 0,
})

describe('import', () => {
  it('gives rows of every format the same ids, so that another run writes nothing', async () => {
    const csv = file('rows.csv', 'name,n\nAda,1\n"Grace ""G""",2\nAda,1\n')
    const ndjson = file('rows.ndjson', '{"n":1,"name":"Ada"}\n\n{"name":"Grace \\"G\\"","n":2}')
    const json = file('rows.json', ' [{"n":1,"name":"Ada"}, {"name":"Grace \\"G\\"","n":2}]')
    expect(await bench.json(['import', 'rows', csv, '--data', data])).toEqual(summary(3, 2))
    for (const again of [csv, ndjson, json]) expect(await bench.json(['import', 'rows', again, '--data', data])).toMatchObject({ written: 0 })
    const { stdout } = await bench.run(['find', 'rows', '--sort', 'n', '--data', data])
    expect(stdout).toMatch(/^\{"_id":"[a-z2-7]{26}","n":1,"name":"Ada"\}\n\{"_id":"[a-z2-7]{26}","n":2,"name":"Grace \\"G\\""\}\n$/)
  })

  it('takes ids from the rows or from a field, and numbers and booleans from CSV where they are exactly that', async () => {
    const typed = file('typed.csv', '\ufeff_id;zip;pop;ok;half;empty\n7;007;12;true;1.50;\n')
    expect(await bench.json(['import', 'typed', typed, '--data', data])).toEqual(summary(1, 1))
    expect(await bench.json(['get', 'typed', '7', '--data', data])).toEqual({ _id: '7', zip: '007', pop: 12, ok: true, half: '1.50', empty: '' })
    expect(await bench.json(['import', 'typed', '-', '--id', 'key', '--data', data], '{"key":5,"v":1}\n{"key":"six","v":2}')).toEqual(summary(2, 2))
    expect(await bench.json(['get', 'typed', '5', '--data', data])).toEqual({ _id: '5', key: 5, v: 1 })
    expect(await bench.json(['import', 'typed', file('t.tsv', 'a\tb\n1\tx,y\n'), '--collection', 'tabs', '--data', data])).toEqual(summary(1, 1))
    expect((await bench.run(['find', 'typed', '{"b":"x,y"}', '--collection', 'tabs', '--data', data])).stdout).toContain('"a":1')
  })

  it('names the line of what it cannot read, and how much was written', async () => {
    const long = Array.from({ length: 3000 }, (_, n) => `{"n":${n}}`).join('\n')
    const expected: readonly (readonly [name: string, text: string, code: string, message: string])[] = [
      ['a.json', '[{"a":1},\n  {"a":2,}]', 'bad-json', 'line 2, column 10'],
      ['b.json', '[{"a":1}', 'bad-json', 'line 1, column 9: the end of the text'],
      ['c.ndjson', `${long}\n{"n":`, 'bad-json', 'line 3001, column 6'],
      ['d.csv', 'a,b\n1,2\n3\n', 'bad-csv', 'Line 3'],
      ['e.csv', 'a,b\n1,"2\n', 'bad-csv', 'Line'],
      ['f.csv', 'a,a\n1,2\n', 'bad-csv', 'Line 1: two columns are named "a"'],
      ['g.json', '[{"_id":"ok"},{"_id":5}]', 'bad-id', 'Row 2'],
      ['h.ndjson', '{"a":1}\n7', 'bad-document', 'Line 2'],
      ['i.ndjson', `{"a":"${'x'.repeat(130_000)}"}`, 'document-too-large', 'Line 1'],
      ['j.ndjson', '{"/":1}', 'bad-document', 'Line 1'],
    ]
    const errors = await Promise.all(expected.map(([name, text]) => bench.failure(['import', 'bad', file(name, text), '--data', data])))
    expect(errors).toEqual(expected.map(([, , code, message]) => ({ exit: 1, code, message: expect.stringContaining(message) })))
    expect(errors[2]?.message).toContain('2048 documents before it were written')
    expect(await bench.json(['count', 'bad', '--data', data])).toEqual({ count: 2048 })
    expect(await bench.failure(['import', 'bad', '-', '--id', 'key', '--data', data], '{"key":"a"}\n{"a":1}')).toMatchObject({
      code: 'bad-id',
      message: expect.stringContaining('Line 2: the field "key" is missing'),
    })
  })

  it('reads bytes that are not UTF-8 as a mistake', async () => {
    const path = join(files, 'latin.csv')
    writeFileSync(path, Buffer.from('name\nCaf\xe9\n', 'latin1'))
    expect(await bench.failure(['import', 'bad', path, '--data', data])).toMatchObject({ exit: 1, code: 'bad-encoding' })
  })
})
