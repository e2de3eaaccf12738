import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { Fixtures } from '../testing/fixtures.ts'
import { type ReadDocuments, readDocuments } from '../testing/read-documents.ts'
import { csvRows } from './csv.ts'
import type { ReadOptions } from './options.ts'
import type { Row } from './row.ts'

const files = new Fixtures()
afterAll(() => files.remove())

/** What an import reads of CSV: the documents without ids that follow from their content. */
async function read(content: string | Uint8Array, ...args: readonly string[]): Promise<ReadDocuments & { rows: readonly unknown[] }> {
  const result = await readDocuments(files.write('rows.csv', content), args)
  return { ...result, rows: result.documents.map(({ _id, ...fields }) => (/^[a-z2-7]{26}$/.test(_id) ? fields : { _id, ...fields })) }
}

const otherIds =
  'A row that is read in another way has another id, and is stored beside the first one. So import again into another collection or namespace, or name the column of the ids with --id.'

describe('types of columns', () => {
  it('are one for each: numbers where every cell is one, whatever zeros it ends in', async () => {
    const { rows } = await read('item,price,avg,zip,phone,n\npen,1.20,.106,00501,+491,1\nink,2.50,5.,90210,5,\nbook,12.35,1017.0,1,7,3\n')
    expect(rows).toEqual([
      { item: 'pen', price: 1.2, avg: 0.106, zip: '00501', phone: '+491', n: 1 },
      { item: 'ink', price: 2.5, avg: 5, zip: '90210', phone: '5', n: null },
      { item: 'book', price: 12.35, avg: 1017, zip: '1', phone: '7', n: 3 },
    ])
  })

  it('keep every digit: a column with a number that a double does not hold is text, and so are codes and dates', async () => {
    const { rows, notes } = await read(
      'id,code,day,sci,open,f\n9007199254740993,1E5,2024-01-01,1e-05,TRUE,0.30000000000000004\n5,12E3,2024-01-02,2.5,FALSE,1\n',
    )
    expect(rows).toEqual([
      { id: '9007199254740993', code: '1E5', day: '2024-01-01', sci: 0.00001, open: true, f: 0.30000000000000004 },
      { id: '5', code: '12E3', day: '2024-01-02', sci: 2.5, open: false, f: 1 },
    ])
    expect(notes).toEqual(['The column "id" is text because a number cannot hold all digits of "9007199254740993" in line 2, or it begins with 0.'])
  })

  it('can be said, and a cell that does not fit is then a mistake with its line', async () => {
    expect((await read('zip,n\n501,007\n', '--text', 'zip', '--types', 'n=number')).rows).toEqual([{ zip: '501', n: 7 }])
    expect((await read('n\n1\nx\n', '--types', 'n=number')).error).toMatchObject({
      code: 'bad-csv',
      message: expect.stringContaining('Line 3: "x" in the column "n"'),
    })
    expect((await read('n\n1\n', '--text', 'zip')).error?.message).toBe('There is no column "zip". The columns are: n')
    expect((await read('n\n1\n', '--types', 'n=date')).error?.message).toContain('number, boolean, text')
  })

  it('say what keeps a column from holding numbers, and take it where that is told', async () => {
    const { rows, notes } = await read('a,b,c\n1,x,5%\nNA,y,6%\n')
    expect(rows).toEqual([
      { a: '1', b: 'x', c: '5%' },
      { a: 'NA', b: 'y', c: '6%' },
    ])
    expect(notes).toEqual([
      'The column "a" is text because of "NA" in line 3; with --null NA it holds numbers, and null there.',
      'The column "c" is text because of "5%" in line 2: numbers are read without units.',
      otherIds,
    ])
    // Their ids do not follow from what is in them.
    expect((await read('_id,b\nx,1\ny,NA\n')).notes).toHaveLength(1)
    expect((await read('k,b\nx,1\ny,NA\n', '--id', 'k')).notes).toHaveLength(1)
    expect((await read('a,b\n1,NA\nNA,NaN\n', '--null', 'NA,NaN')).rows).toEqual([
      { a: 1, b: null },
      { a: null, b: null },
    ])
    const comma = 'a;b\n1,50;1.234,5\n2;3\n'
    expect((await read(comma)).notes).toEqual([
      'The column "a" is text because of "1,50" in line 2; with --decimal , it holds numbers.',
      'The column "b" is text because of "1.234,5" in line 2: numbers are read without marks between their thousands, and a decimal comma with --decimal ,.',
      otherIds,
    ])
    expect((await read('k;price\nx;99,90\ny;1.234,50\n')).notes).toEqual([
      'The column "price" is text because of "1.234,50" in line 3: numbers are read without marks between their thousands, and a decimal comma with --decimal ,.',
      otherIds,
    ])
    expect((await read('k;price\nx;99,90\ny;1.234,50\nz;on request\n')).notes).toEqual([])
    expect((await read(comma, '--decimal', ',')).rows).toEqual([
      { a: 1.5, b: '1.234,5' },
      { a: 2, b: '3' },
    ])
  })

  it('follow from the whole file, however long, and from the first rows of a pipe: a later cell that does not fit is a mistake', async () => {
    const long = `n,s\n${'1,a\n'.repeat(70_000)}x,b\n`
    const whole = await read(long, '--distinct')
    expect([whole.error, whole.rows]).toEqual([
      undefined,
      [
        { n: '1', s: 'a' },
        { n: 'x', s: 'b' },
      ],
    ])
    const rows = await fromPipe(['n,s\n1,a\n', { until: 1 }, '2,b\n', 'x,c\n3,d\n'])
    expect(rows.map(({ value, error }) => value ?? (error instanceof Error ? error.message : ''))).toEqual([
      { n: 1, s: 'a' },
      { n: 2, s: 'b' },
      '"x" in the column "n" is no number whose digits can all be kept, as the first rows of the column were. --text n reads all of it as text',
      { n: 3, s: 'd' },
    ])
  })
})

/** The rows of text that comes piece by piece through a pipe; `until` waits for so many rows before it goes on. */
async function fromPipe(pieces: readonly (string | { readonly until: number })[]): Promise<readonly Row[]> {
  const rows: Row[] = []
  const waiting: (() => void)[] = []
  async function* text(): AsyncGenerator<string> {
    for (const piece of pieces) {
      if (typeof piece === 'string') yield piece
      else while (rows.length < piece.until) await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  const options: ReadOptions = {
    longNumbers: 'refuse',
    skipInvalid: true,
    csv: { hasHeader: true, types: new Map(), nulls: new Set(), decimalMark: '.', flags: [] },
    json: { isKeyed: false, flags: [] },
    note: () => undefined,
    signal: new AbortController().signal,
  }
  for await (const group of csvRows(text(), { ...options, mayPause: true, isCertain: true })) {
    rows.push(...group.rows)
    for (const go of waiting.splice(0)) go()
  }
  return rows
}

describe('headers', () => {
  it('may leave a column without a name, as R and pandas do, or end in a delimiter', async () => {
    expect((await read('"","a"\n"1",2\n')).rows).toEqual([{ column1: 1, a: 2 }])
    expect((await read(',name\n0,Ann\n')).rows).toEqual([{ column1: 0, name: 'Ann' }])
    expect((await read('"a","b"\n"r1",1,2\n"r2",3,4\n')).rows).toEqual([
      { column1: 'r1', a: 1, b: 2 },
      { column1: 'r2', a: 3, b: 4 },
    ])
    for (const trailing of ['a,b,\n1,2,\n', 'a,b\n1,2,\n', 'a,b,\n1,2\n']) expect((await read(trailing)).rows, trailing).toEqual([{ a: 1, b: 2 }])
    expect((await read('a,,column2\n1,2,3\n')).rows).toEqual([{ a: 1, column2_2: 2, column2: 3 }])
  })

  it('may name two columns alike: the later ones get a number', async () => {
    const { rows, notes } = await read('name,name,name_2,name\n1,2,3,4\n')
    expect(rows).toEqual([{ name: 1, name_3: 2, name_2: 3, name_4: 4 }])
    expect(notes).toEqual(['Columns of the same name are numbered: "name_3", "name_4".'])
  })

  it('may be missing', async () => {
    expect((await read('1,x\n2,y\n', '--no-header')).rows).toEqual([
      { column1: 1, column2: 'x' },
      { column1: 2, column2: 'y' },
    ])
    expect((await read('1,x\n', '--fields', 'n, s')).rows).toEqual([{ n: 1, s: 'x' }])
    expect((await read('n,s\n1,x\n', '--fields', 'n,s')).rows).toEqual([{ n: 1, s: 'x' }])
    expect((await read('1,x,z\n', '--fields', 'n,s')).error?.message).toBe('Line 1: 3 cells, but there are 2 columns')
  })
})

describe('delimiters', () => {
  it('are found by what parts all lines alike, outside quotation marks', async () => {
    expect((await read('a|b\n1|x,y\n')).rows).toEqual([{ a: 1, b: 'x,y' }])
    expect((await read('"Name, first";b\nx,1;2\ny;3\n')).rows).toEqual([
      { 'Name, first': 'x,1', b: 2 },
      { 'Name, first': 'y', b: 3 },
    ])
    expect((await read('Name, first;b\nx;2\ny;3\n')).rows).toEqual([
      { 'Name, first': 'x', b: 2 },
      { 'Name, first': 'y', b: 3 },
    ])
    expect((await read('a\tb\n1,5\t2\n')).rows).toEqual([{ a: '1,5', b: 2 }])
    expect((await read('one\n1\n')).rows).toEqual([{ one: 1 }])
    expect((await read('a;"b\n;"\n1;2\n')).rows).toEqual([{ a: 1, 'b\n;': 2 }])
  })

  it('can be said, by an option or by Excel in the first line', async () => {
    const { rows, error } = await read('sep=;\r\na;b\r\n1;2\r\n3\r\n')
    expect([rows, error?.message]).toEqual([[{ a: 1, b: 2 }], 'Line 4: 1 cell, but there are 2 columns'])
    expect((await read('a:b\n1:2\n', '--delimiter', ':')).rows).toEqual([{ a: 1, b: 2 }])
    expect((await read('a\tb,c\n1\t2\n', '--delimiter', 'tab')).rows).toEqual([{ a: 1, 'b,c': 2 }])
  })
})

describe('encodings', () => {
  it('are known by their mark, or said; a wrong byte is named with its line and a remedy', async () => {
    const text = 'a,b\n1,é😀\n'
    const expected = [{ a: 1, b: 'é😀' }]
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    expect((await read(utf16)).rows).toEqual(expected)
    expect((await read(Buffer.from(utf16).swap16())).rows).toEqual(expected)
    expect((await read(`\ufeff${text}`)).rows).toEqual(expected)
    expect((await read(utf16.subarray(2))).error?.message).toContain('--encoding utf-16le')
    const latin = Buffer.from('a\nx\nCaf\xe9\n', 'latin1')
    expect((await read(latin)).error).toEqual({ code: 'bad-encoding', message: expect.stringMatching(/line 3 has the byte 0xe9.*--encoding latin1/) })
    expect((await read(latin, '--encoding', 'latin1')).rows).toEqual([{ a: 'x' }, { a: 'Café' }])
    expect((await read(text, '--encoding', 'klingon')).error?.code).toBe('bad-encoding')
    expect((await read(Buffer.from('a\nCaf\xc3', 'latin1'))).error?.message).toContain('line 2')
  })

  it('lie behind gzip and Zstandard, as their first bytes tell', async () => {
    for (const packed of [gzipSync('a,b\n1,2\n'), zstdCompressSync('a,b\n1,2\n')]) expect((await read(packed)).rows).toEqual([{ a: 1, b: 2 }])
    expect((await readDocuments(files.write('rows.jsonl.gz', gzipSync('{"a":1}\n{"a":2}\n')))).documents).toHaveLength(2)
    expect((await read(gzipSync('a,b\n1,2\n').subarray(0, 15))).error?.code).toBe('bad-compression')
  })
})

describe('rows', () => {
  it('that are equal stay rows, with ids that are the same the next time; --distinct merges them', async () => {
    const text = 'a\n1\n2\n1\n1\n'
    const { documents, notes, repeated } = await read(text)
    expect(new Set(documents.map(({ _id }) => _id)).size).toBe(4)
    expect([documents, repeated]).toEqual([(await read(text)).documents, 0])
    // The first of them has the id that it has alone.
    expect(documents[0]).toEqual((await read('a\n1\n')).documents[0])
    expect(notes).toEqual(['2 rows are equal to rows before them, and documents all the same. --distinct stores equal rows once.'])
    const merged = await read(text, '--distinct')
    expect([merged.rows, merged.repeated]).toEqual([[{ a: 1 }, { a: 2 }], 2])
    expect(merged.notes).toContain('  line 4 is equal to line 2')
  })

  it('with the id of one before them are named with that: the first stands', async () => {
    const { documents, repeated, notes } = await read('k,v\na,1\nb,2\na,3\n', '--id', 'k')
    expect([documents.map(({ v }) => v), repeated]).toEqual([[1, 2], 1])
    expect(notes).toEqual(['1 row is repeated; the first of each stands:', '  line 4 has the _id "a" of line 2'])
  })

  it('take ids cell by cell, digit by digit', async () => {
    expect((await read('_id,a\n007,1\n1.50,2\n')).documents.map(({ _id }) => _id)).toEqual(['007', '1.50'])
    expect((await read('k,a\n1.50,1\n9007199254740993,2\n', '--id', 'k')).documents.map(({ _id }) => _id)).toEqual(['1.50', '9007199254740993'])
    expect((await read('_id,k\nx,y\n', '--id', 'k')).error).toMatchObject({
      code: 'bad-id',
      message: expect.stringContaining('Line 2: its _id is "x", and "k" says "y"'),
    })
  })

  it('that cannot be read are named in their order, or passed over and listed', async () => {
    const text = 'a,b\n1,2\n3\n4,5,6\n\n,\n7,8\n9,"0\n'
    expect((await read(text)).error?.message).toBe('Line 3: 1 cell, but there are 2 columns')
    const { rows, refused, notes } = await read(text, '--skip-invalid')
    expect([rows, refused]).toEqual([
      [
        { a: 1, b: 2 },
        { a: 7, b: 8 },
      ],
      3,
    ])
    expect(notes.slice(0, 3)).toEqual([
      '3 rows are no documents and were skipped:',
      '  Line 3: 1 cell, but there are 2 columns',
      '  Line 4: 3 cells, but there are 2 columns',
    ])
    const many = await read(`a,b\n${'1\n'.repeat(50)}`, '--skip-invalid')
    expect([many.refused, many.notes.length, many.notes.at(-1)]).toEqual([50, 22, '  and 30 more'])
  })
})
