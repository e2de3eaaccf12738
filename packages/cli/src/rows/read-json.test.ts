import { createHash } from 'node:crypto'
import { base32 as multibase32 } from 'multiformats/bases/base32'
import { afterAll, describe, expect, it } from 'vitest'
import { Fixtures } from '../testing/fixtures.ts'
import { type ReadDocuments, readDocuments } from '../testing/read-documents.ts'
import { jsonRows } from './json-rows.ts'
import type { Row } from './row.ts'

const files = new Fixtures()
afterAll(() => files.remove())

const base32 = (bytes: Uint8Array): string => multibase32.baseEncode(bytes)

type Read = ReadDocuments & { readonly rows: readonly unknown[] }

/** What an import reads of a file: the documents without ids that follow from their content. */
async function readAs(name: string, content: string | Uint8Array, ...args: readonly string[]): Promise<Read> {
  const result = await readDocuments(files.write(name, content), args)
  return { ...result, rows: result.documents.map(({ _id, ...fields }) => (/^[a-z2-7]{26}$/.test(_id) ? fields : { _id, ...fields })) }
}

const read = (content: string, ...args: readonly string[]): Promise<Read> => readAs('rows.json', content, ...args)

describe('JSON in one value', () => {
  it('gives rows the ids that follow from RFC 8785, whatever form they are stored in: what was imported before is found again', async () => {
    const idIn = (text: string): string => base32(createHash('sha256').update(text).digest().subarray(0, 16))
    const { documents } = await read('[{"n":1e20},{"\ue000":1,"😀":2},{"n":1e20},{"n":1}]')
    expect(documents.map(({ _id }) => _id)).toEqual([
      idIn('{"n":100000000000000000000}'),
      idIn('{"😀":2,"\ue000":1}'),
      idIn('{"n":100000000000000000000}\n2'),
      idIn('{"n":1}'),
    ])
  })

  it('is one document, or the elements of an array', async () => {
    expect((await read('{\n "a": 1\n}\n')).rows).toEqual([{ a: 1 }])
    expect((await read(' [{"a":1}, {"a":2}]')).rows).toEqual([{ a: 1 }, { a: 2 }])
    expect((await read('[]')).rows).toEqual([])
  })

  it('gives the features of a FeatureCollection and the documents of CouchDB', async () => {
    const point = { type: 'Point', coordinates: [-73.98765432109877, 40.7] }
    const collection =
      '{"type":"FeatureCollection","bbox":[0],"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[-73.98765432109876543210,40.70]}}]}'
    expect((await read(collection)).rows).toEqual([{ type: 'Feature', geometry: { ...point, coordinates: [-73.98765432109876, 40.7] } }])
    const row = (id: string): object => ({ id, key: id, value: { rev: '1-a' }, doc: { _id: id, _rev: '1-a', n: 1 } })
    const documents = [
      { _id: 'a', _rev: '1-a', n: 1 },
      { _id: 'b', _rev: '1-a', n: 1 },
    ]
    const rows = [row('a'), row('b')]
    expect((await read(JSON.stringify({ total_rows: 2, offset: 0, rows }))).rows).toEqual(documents)
    expect((await read(JSON.stringify(rows))).rows).toEqual(documents)
    expect((await read(JSON.stringify({ results: rows, last_seq: '2-x' }))).rows).toEqual(documents)
    expect((await read(JSON.stringify({ docs: documents }))).rows).toEqual(documents)
  })

  it('gives the elements of its only list of objects, unless it has an id', async () => {
    const { rows, notes } = await read('{"total":2,"data":[{"a":1},{"a":2}],"tags":["x"]}')
    expect([rows, notes]).toEqual([[{ a: 1 }, { a: 2 }], ['The documents are the 2 elements of "data". With --path . the whole is one document.']])
    expect((await read('{"_id":"o1","items":[{"a":1}]}')).rows).toEqual([{ _id: 'o1', items: [{ a: 1 }] }])
    expect((await read('{"no":7,"items":[{"a":1}]}', '--id', 'no')).rows).toEqual([{ _id: '7', no: 7, items: [{ a: 1 }] }])
    expect((await read('{"data":[{"a":1}]}', '--path', '.')).rows).toEqual([{ data: [{ a: 1 }] }])
    expect((await read('{"nodes":[{"a":1}],"links":[{"b":1}]}')).error).toEqual({
      code: 'many-documents',
      message: expect.stringContaining('"nodes", "links". Name one with --path'),
    })
    expect((await read('{"r":{"items":[{"a":1}]}}', '--path', 'r.items')).rows).toEqual([{ a: 1 }])
    expect((await read('{"r":{"items":[]}}', '--path', 'r.rows')).error?.message).toBe('--path r.rows: there is no "r.rows". There is: items')
  })

  it('gives the fields of an object as documents where --keys says so, and asks for it', async () => {
    const firebase = '{"-Nx":{"a":1},"-Ny":{"a":2}}'
    expect((await read(firebase)).error).toEqual({ code: 'many-documents', message: expect.stringContaining('--keys') })
    const documents = [
      { _id: '-Nx', a: 1 },
      { _id: '-Ny', a: 2 },
    ]
    expect((await read(firebase, '--keys')).rows).toEqual(documents)
    expect((await read(`{"users":${firebase}}`, '--path', 'users', '--keys')).rows).toEqual(documents)
    expect((await read('{"x":{"_id":"y"}}', '--keys')).error).toMatchObject({
      code: 'bad-id',
      message: expect.stringContaining('Row 1: the document under "x" has another _id, "y"'),
    })
    expect((await read('{"x":1}', '--keys')).error?.code).toBe('bad-document')
    expect((await read('{"x":9007199254740993}', '--keys', '--big-numbers', 'text')).error?.code).toBe('bad-document')
    expect((await read('{"ids":[9007199254740993]}', '--big-numbers', 'text')).rows).toEqual([{ ids: ['9007199254740993'] }])
    expect((await readAs('x.csv', 'a\n1\n', '--keys')).error?.code).toBe('usage')
  })
})

describe('JSON values one after another', () => {
  it('are one document each, on lines, over lines, or side by side', async () => {
    const documents = [{ a: 1 }, { a: { b: 2 } }, { a: 3 }]
    expect((await read('{"a":1}\n{\n "a": {\n  "b": 2\n }\n}\n\n{"a":3}')).rows).toEqual(documents)
    expect((await read('{\n"a":1}{"a":{"b":2}} {"a":3}')).rows).toEqual(documents)
    expect((await read('{"a":1}{"a":{"b":2}}\n{"a":3}')).rows).toEqual(documents)
    expect((await readAs('x.ndjson', '{"a":1}\n{"a":{"b":2}}{"a":3}')).rows).toEqual(documents)
    expect((await read('[{"a":1}]\n[{"a":{"b":2}},{"a":3}]')).rows).toEqual(documents)
  })

  it('may begin with a mark or with record separators, or be Nostr messages', async () => {
    expect((await readAs('a.ndjson', '\ufeff{"a":1}\r\n\r\n{"a":2}\r\n')).rows).toEqual([{ a: 1 }, { a: 2 }])
    const features = '\u001e{"type":"Feature","id":1}\n\u001e{"type":"Feature","id":2}\n'
    for (const name of ['a.geojsons', 'a.json', 'unnamed']) expect((await readAs(name, features)).rows, name).toHaveLength(2)
    expect((await readAs('a.jsonl', '["EVENT","sub",{"id":"e1","kind":1}]\n', '--id', 'id')).rows).toEqual([{ _id: 'e1', id: 'e1', kind: 1 }])
    expect((await readAs('a.jsonl', '')).error).toBeUndefined()
  })

  it('name the line of a mistake, or pass over it alone', async () => {
    const text = '{"a":1}\n{"a":\n{"a":3}\n7\n{"a":9007199254740993}\n{"a":1,"a":2}\n{"_id":5}\n'
    for (const name of ['x.ndjson', 'x.json']) {
      const { rows, error } = await readAs(name, text)
      expect([rows, error]).toEqual([
        [{ a: 1 }],
        { code: 'bad-json', message: 'Not JSON at line 2, column 6: the end of the text does not belong there' },
      ])
      const skipped = await readAs(name, text, '--skip-invalid')
      expect([skipped.rows, skipped.refused]).toEqual([[{ a: 1 }, { a: 3 }], 5])
      expect(skipped.notes).toEqual([
        '5 rows are no documents and were skipped:',
        '  Not JSON at line 2, column 6: the end of the text does not belong there',
        '  Line 4: a document is an object, such as {"title":"Hello"}',
        expect.stringContaining('  Line 5, column 6: the number 9007199254740993 cannot be kept'),
        '  Line 6, column 8: the field "a" is here twice',
        '  Line 7: "_id" is a string, not number. With --id _id, numbers are taken as text',
      ])
    }
    expect((await read('{"a":1} {"a":2,}')).error?.message).toBe('Not JSON at line 1, column 16: "}" does not belong there')
    expect((await read('[{"a":1}] x')).error?.message).toContain('line 1, column 11')
  })
})

describe('numbers', () => {
  it('that lose digits are refused with their row, or kept as text; ids keep every digit', async () => {
    const text = '[{"id":1523456789012345678,"t":1},\n{"id":1523456789012345679,"t":2},\n{"id":1523456789012345680,"t":1.50}]'
    expect((await read(text)).error).toEqual({
      code: 'inexact-number',
      message: expect.stringMatching(/^Row 1: line 1, column 8: the number 1523456789012345678 cannot.*--big-numbers text$/),
    })
    const ids = ['1523456789012345678', '1523456789012345679', '1523456789012345680']
    expect((await read(text, '--id', 'id')).rows).toEqual(ids.map((id, i) => ({ _id: id, id, t: [1, 2, 1.5][i] })))
    expect((await read(text, '--big-numbers', 'text')).rows).toEqual(ids.map((id, i) => ({ id, t: [1, 2, 1.5][i] })))
    expect((await read('[{"id":5},{"id":1e3}]', '--id', 'id')).rows).toEqual([
      { _id: '5', id: 5 },
      { _id: '1000', id: 1000 },
    ])
    expect((await read('[{"_id":1523456789012345678}]', '--id', '_id')).documents).toEqual([{ _id: '1523456789012345678' }])
  })
})

describe("MongoDB's Extended JSON", () => {
  it('gives its plain values, in both forms', async () => {
    const text = `{"_id":{"$oid":"60f6a1"},"at":{"$date":"2020-01-01T00:00:00Z"},"n":{"$numberLong":"5"}}
      {"_id":{"$oid":"60f6a2"},"at":{"$date":{"$numberLong":"1577836800000"}},"n":{"$numberInt":"5"},"in":[{"$numberDouble":"1.50"},{"$numberDecimal":"0.10"}]}
      {"_id":{"$oid":"60f6a3"},"at":{"$date":1577836800000},"b":{"$binary":{"base64":"AA==","subType":"00"}},"c":{"$binary":"AA==","$type":"0"},"u":{"$uuid":"x"}}
      {"_id":{"$oid":"60f6a4"},"r":{"$regularExpression":{"pattern":"^a","options":"i"}},"d":{"$ref":"t","$id":{"$oid":"1"}},"z":{"$undefined":true},"x":{"$other":1}}`
    const at = '2020-01-01T00:00:00.000Z'
    expect((await read(text)).rows).toEqual([
      { _id: '60f6a1', at, n: 5 },
      { _id: '60f6a2', at, n: 5, in: [1.5, 0.1] },
      { _id: '60f6a3', at, b: 'AA==', c: 'AA==', u: 'x' },
      { _id: '60f6a4', r: '/^a/i', d: { ref: 't', id: '1' }, z: null, x: { $other: 1 } },
    ])
    const long = '[{"_id":{"$oid":"a"},"n":{"$numberLong":"9007199254740993"}}]'
    expect((await read(long)).error).toMatchObject({
      code: 'inexact-number',
      message: expect.stringContaining('Row 1: the $numberLong 9007199254740993'),
    })
    expect((await read(long, '--big-numbers', 'text')).rows).toEqual([{ _id: 'a', n: '9007199254740993' }])
    for (const bad of ['{"$numberDouble":"NaN"}', '{"$date":"yesterday"}', '{"$minKey":1}', '{"$oid":5}'])
      expect((await read(`{"a":${bad}}`)).error?.code, bad).toBe('bad-document')
  })
})

describe('files of another kind', () => {
  it('are named as what they are', async () => {
    const kinds: readonly (readonly [name: string, content: string | Uint8Array, code: string, message: string])[] = [
      ['a.json', '<!DOCTYPE html>\n<p>404</p>\n', 'unknown-format', 'is an HTML page'],
      ['a.csv', '<html>\n', 'unknown-format', 'is an HTML page'],
      ['b', '<?xml version="1.0"?><a/>', 'unknown-format', 'is XML'],
      ['c.json', 'a,b\n1,2\n', 'bad-json', 'it begins with "a,b\\n1,2\\n". If it is CSV, say so with --format csv'],
      ['d.json', ' \n', 'empty-file', 'is empty'],
      ['d.csv', '', 'empty-file', 'is empty'],
      ['e.csv', '[{"a":1}]', 'unknown-format', 'is JSON, not CSV'],
      ['f.xlsx', 'PK\u0003\u0004…', 'unknown-format', 'ZIP archive'],
      ['g.csv', 'a,b\n\0,1\n', 'unknown-format', 'line 2 has a zero byte'],
      ['h.db', 'SQLite format 3\0', 'unknown-format', 'an SQLite database'],
      ['i.txt', 'hello\nworld\n', 'unknown-format', '--format json, ndjson or csv'],
      ['j.json', '"text"', 'bad-document', 'Line 1: a document is an object'],
      ['k.json', Buffer.from('{"a":"\xe9"}', 'latin1'), 'bad-encoding', 'line 1 has the byte 0xe9'],
    ]
    for (const [name, content, code, message] of kinds)
      expect((await readAs(name, content)).error, name).toEqual({ code, message: expect.stringContaining(message) })
    expect((await readAs('l.txt', 'a;b\n1;2\n')).rows).toEqual([{ a: 1, b: 2 }])
    expect((await readAs('c.json', 'a,b\n1,2\n', '--format', 'csv')).rows).toEqual([{ a: 1, b: 2 }])
  })
})

describe('long JSON', () => {
  const options = {
    json: { isKeyed: false, flags: [] },
    idField: undefined,
    skipInvalid: false,
    note: () => undefined,
    signal: new AbortController().signal,
    isFile: true,
  }
  async function* pieces(text: string): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += 7) yield text.slice(at, at + 7)
  }

  it('that is an array is read element by element, and every other value is refused', async () => {
    const elements = Array.from({ length: 40 }, (_, n) => ({ n, s: '],{"\\' }))
    const rows: Row[] = []
    for await (const group of jsonRows(pieces(` ${JSON.stringify(elements, null, 1)}\n`), options, 50)) rows.push(...group.rows)
    expect(rows.map(({ value }) => value)).toEqual(elements)
    expect(rows.map(({ at }) => at)).toEqual(elements.map(({ n }) => n + 1))
    const object = jsonRows(pieces(JSON.stringify({ elements })), options, 50)
    await expect(object.next()).rejects.toMatchObject({ code: 'file-too-large' })
  })
})
