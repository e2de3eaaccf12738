import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from '../testing/docstore-process.ts'

const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()

beforeAll(async () => {
  mkdirSync(files)
  for (const name of ['rows', 'typed', 'bad', 'piped']) await bench.namespace(data, name, '--offline')
})
afterAll(() => bench.close())

function file(name: string, text: string): string {
  const path = join(files, name)
  writeFileSync(path, text)
  return path
}

const summary = (counts: { read: number; written?: number; unchanged?: number; repeated?: number; refused?: number }): object => ({
  written: 0,
  unchanged: 0,
  repeated: 0,
  refused: 0,
  ...counts,
  seconds: expect.any(Number),
  copies: 0,
})

describe('import', () => {
  it('gives rows of every format the same ids, so that another run writes nothing', async () => {
    const csv = file('rows.csv', 'name,n\nAda,1\n"Grace ""G""",2\nAda,1\n')
    const ndjson = file('rows.ndjson', '{"n":1,"name":"Ada"}\n\n{"name":"Grace \\"G\\"","n":2}')
    const json = file('rows.json', ' [{"n":1,"name":"Ada"}, {"name":"Grace \\"G\\"","n":2}]')
    expect(await bench.json(['import', 'rows', csv, '--data', data])).toEqual(summary({ read: 3, written: 3 }))
    expect(await bench.json(['import', 'rows', csv, '--data', data])).toEqual(summary({ read: 3, unchanged: 3 }))
    expect(await bench.json(['import', 'rows', csv, '--distinct', '--data', data])).toEqual(summary({ read: 3, unchanged: 2, repeated: 1 }))
    for (const again of [ndjson, json])
      expect(await bench.json(['import', 'rows', again, '--data', data])).toEqual(summary({ read: 2, unchanged: 2 }))
    const { stdout } = await bench.run(['find', 'rows', '--sort', 'name, -n', '--data', data])
    expect(stdout).toMatch(/^(\{"_id":"[a-z2-7]{26}","n":1,"name":"Ada"\}\n){2}\{"_id":"[a-z2-7]{26}","n":2,"name":"Grace \\"G\\""\}\n$/)
  })

  it('takes ids from the rows or from a field, and numbers and booleans from columns of CSV that hold nothing else', async () => {
    const typed = file('typed.csv', '\ufeff_id;zip;pop;ok;half;empty\n7;007;12;true;1.50;\n')
    expect(await bench.json(['import', 'typed', typed, '--data', data])).toEqual(summary({ read: 1, written: 1 }))
    expect(await bench.json(['get', 'typed', '7', '--data', data])).toEqual({ _id: '7', zip: '007', pop: 12, ok: true, half: 1.5, empty: '' })
    expect(await bench.json(['import', 'typed', '-', '--id', 'key', '--data', data], '{"key":5,"v":1}\n{"key":"six","v":2}')).toEqual(
      summary({ read: 2, written: 2 }),
    )
    expect(await bench.json(['get', 'typed', '5', '--data', data])).toEqual({ _id: '5', key: 5, v: 1 })
    expect(await bench.json(['import', 'typed', file('t.tsv', 'a\tb\n1\tx,y\n'), '--collection', 'tabs', '--data', data])).toEqual(
      summary({ read: 1, written: 1 }),
    )
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
      ['f.json', '<!doctype html>', 'unknown-format', 'an HTML page'],
      ['g.json', '[{"_id":"ok"},{"_id":5}]', 'bad-id', 'Row 2'],
      ['h.ndjson', '{"a":1}\n7', 'bad-document', 'Line 2'],
      ['i.ndjson', `{"a":"${'x'.repeat(130_000)}"}`, 'document-too-large', 'Line 1'],
      ['j.ndjson', '{"/":1}', 'bad-document', 'Line 1'],
    ]
    let ofLong = ''
    for (const [name, text, code, message] of expected) {
      const failure = await bench.failure(['import', 'bad', file(name, text), '--data', data])
      expect(failure, name).toEqual({ exit: 1, code, message: expect.stringContaining(message) })
      if (name === 'c.ndjson') ofLong = failure.message
    }
    // Whole groups, and what the last one has when it takes long to come.
    const [, written] = /(\d+) documents before it were written/.exec(ofLong) ?? []
    expect(Number(written)).toBeGreaterThanOrEqual(2048)
    expect(await bench.json(['count', 'bad', '--data', data])).toEqual({ count: Number(written) })
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

  it('keeps every digit of an id, and refuses numbers that would lose one', async () => {
    const snowflakes = '[{"id":1523456789012345678},{"id":1523456789012345679},{"id":1523456789012345680}]'
    const args = ['--collection', 'flakes', '--data', data]
    expect(await bench.failure(['import', 'rows', '-', ...args], snowflakes)).toMatchObject({ exit: 1, code: 'inexact-number' })
    expect(await bench.json(['import', 'rows', '-', '--id', 'id', ...args], snowflakes)).toEqual(summary({ read: 3, written: 3 }))
    expect(await bench.json(['count', 'rows', ...args])).toEqual({ count: 3 })
    expect(await bench.failure(['count', 'rows', '{"id":1523456789012345678}', ...args])).toMatchObject({
      exit: 2,
      code: 'usage',
      message: expect.stringContaining('the number 1523456789012345678 cannot be kept'),
    })
    expect(await bench.json(['count', 'rows', '{"id":"1523456789012345678"}', ...args])).toEqual({ count: 1 })
  })

  it('counts what it passes over and what repeats, and says which rows', async () => {
    const path = file('counts.csv', 'k,v\na,1\nb,2\na,3\nc\n')
    const args = ['import', 'rows', path, '--id', 'k', '--skip-invalid', '--collection', 'counts', '--data', data]
    const { code, stdout, stderr } = await bench.run([...args, '--json'])
    expect([code, JSON.parse(stdout)]).toEqual([0, summary({ read: 4, written: 2, repeated: 1, refused: 1 })])
    expect(stderr).toContain('line 4 has the _id "a" of line 2')
    expect(stderr).toContain('Line 5: 1 cell, but there are 2 columns')
    expect(await bench.json(args)).toEqual(summary({ read: 4, unchanged: 2, repeated: 1, refused: 1 }))
  })

  it('stores what comes through a pipe that stays open, and says at Ctrl-C how much that was', async () => {
    const kinds = [
      ['ndjson', '{"a":1}\n{"a":2}\n{"a":'],
      ['csv', 'a,b\n1,x\n2,y\n3,'],
      ['json', '[{"a":1},{"a":2}]\n'],
    ] as const
    await Promise.all(
      kinds.map(async ([kind, text]) => {
        const watch = bench.start('watch', 'piped', '--collection', kind, '--data', data)
        await watch.line('Watching')
        const piped = bench.start('import', 'piped', '-', '--collection', kind, '--json', '--data', data)
        piped.child.stdin.write(text)
        // One that ends by itself has said why.
        const early = piped.finished.then((finished): never => {
          throw new Error(`the import has ended: ${JSON.stringify(finished)}`)
        })
        early.catch(() => undefined)
        await Promise.race([Promise.all([watch.line('"a":1'), watch.line('"a":2')]), early])
        const { code, stdout } = await piped.stop('SIGINT')
        expect([kind, code, JSON.parse(stdout)]).toEqual([
          kind,
          1,
          { error: { code: 'interrupted', message: 'Interrupted. Read 2: 2 written, 0 unchanged; kept here' } },
        ])
        await watch.stop()
      }),
    )
  })
})

describe('put', () => {
  it('refuses what it would have to change or to drop', async () => {
    const wrong: readonly (readonly [input: string | Uint8Array, code: string, message: string, ...args: string[]])[] = [
      ['{"n":\n9007199254740993}', 'inexact-number', 'Line 2, column 1'],
      ['{"a":1,"a":2}', 'duplicate-key', '"a" is here twice'],
      [Buffer.from('{"a":"\xe9"}', 'latin1'), 'bad-encoding', '0xe9'],
      ['{"_id":5}', 'bad-id', 'text, not 5'],
      ['{"_id":"x"}', 'bad-id', '"x", and --id says "y"', '--id', 'y'],
    ]
    for (const [input, code, message, ...args] of wrong)
      expect(await bench.failure(['put', 'rows', '--data', data, ...args], input)).toEqual({
        exit: 1,
        code,
        message: expect.stringContaining(message),
      })
    await bench.json(['put', 'rows', '--id', 'big', '--big-numbers', 'text', '--data', data], '{"n":9007199254740993,"m":1.50}')
    expect(await bench.json(['get', 'rows', 'big', '--data', data])).toEqual({ _id: 'big', n: '9007199254740993', m: 1.5 })
  })
})
