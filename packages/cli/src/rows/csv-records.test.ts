import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { type CsvRecord, csvRecords } from './csv-records.ts'
import { fc } from '../../../core/src/testing/fast-check.ts'

async function* pieces(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts
}

async function read(texts: readonly string[], skipInvalid = false): Promise<readonly CsvRecord[]> {
  const groups = await Array.fromAsync(csvRecords(pieces(texts), { delimiter: ',', firstLine: 1, skipInvalid, signal: new AbortController().signal }))
  return groups.flat()
}

const cell = fc.oneof(
  fc.constantFrom('', 'a', '1.5', 'x,y', 'say "hi"', 'two\nlines', '"'),
  fc.string().filter((text) => !text.includes('\r')),
)

it('reads what csv-parse reads at once, however the text is cut, with the lines at which records begin', async () => {
  const table = fc.tuple(
    fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  await fc.assert(
    fc.asyncProperty(table, fc.array(fc.nat(60), { maxLength: 8 }), async ([rows, newline, isEnded], cuts) => {
      const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join(newline) + (isEnded ? newline : '')
      const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
      const records = await read(at.slice(1).map((end, i) => text.slice(at[i], end)))
      expect(records.map((record) => ('cells' in record ? record.cells : record.error.message))).toEqual(
        parse(text, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] }),
      )
      expect(records.map(({ line }) => line)).toEqual(
        rows.map((_, i) => 1 + rows.slice(0, i).reduce((lines, row) => lines + 1 + row.join('').split('\n').length - 1, 0)),
      )
    }),
  )
})

it('gives each record as soon as its line has ended', async () => {
  const seen: number[] = []
  let count = 0
  async function* text(): AsyncGenerator<string> {
    yield 'a,b\n1,2\n'
    seen.push(count)
    yield '3,"x\n'
    seen.push(count)
    yield 'y"\n4,5'
    seen.push(count)
  }
  for await (const group of csvRecords(text(), { delimiter: ',', firstLine: 1, skipInvalid: false, signal: new AbortController().signal }))
    count += group.length
  expect([seen, count]).toEqual([[2, 2, 3], 4])
})

it('reads texts whose lines end in carriage returns, or in both ways', async () => {
  const cells = (records: readonly CsvRecord[]): unknown => records.map((record) => ('cells' in record ? record.cells.join('|') : 'error'))
  expect(cells(await read(['a,b\r1,2\r', '3,4\r']))).toEqual(['a|b', '1|2', '3|4'])
  expect(cells(await read(['a,b\r', '\n1,2\n3,4']))).toEqual(['a|b', '1|2', '3|4'])
})

it('takes a quotation mark within a cell as text, however the text is cut', async () => {
  const text = 'a,b\n5" pipe,6"\n"x ""y""\n","",\n 7",""\n'
  const expected = [
    ['a', 'b'],
    ['5" pipe', '6"'],
    ['x "y"\n', '', ''],
    [' 7"', ''],
  ]
  for (let size = 1; size <= text.length; size++) {
    const cut = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
    expect((await read(cut)).map((record) => ('cells' in record ? record.cells : record.error.message))).toEqual(expected)
  }
})

it('tells each line once, where a quotation mark was not closed by its own, and reads all others', async () => {
  const line = fc.constantFrom('good', '"open', 'x "stray" y', '"z" w', '"quoted ""text"""', '"two\nlines"')
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.nat(20), async (cells, size) => {
      const text = cells.map((cell, i) => `${i},${cell}\n`).join('')
      const cut = Array.from({ length: Math.ceil(text.length / (size + 1)) }, (_, i) => text.slice(i * (size + 1), (i + 1) * (size + 1)))
      const seen = (await read(cut, true)).map((record) => [record.line, 'cells' in record ? record.cells[0] : 'refused'])
      let at = 1
      const expected = cells.map((cell, i) => {
        const begin = at
        at += cell.split('\n').length
        return [begin, cell === '"open' ? 'refused' : String(i)]
      })
      expect(seen).toEqual(expected)
    }),
  )
  const unclosed = '1,"q\nr"\n"2\n",x,"open\n3,y\n'
  expect((await read([unclosed])).map((record) => ('cells' in record ? record.line : record.error.message.slice(0, 50)))).toEqual([
    1,
    'Line 4: nothing closes the quotation mark at "open',
  ])
})

it('goes on after records that cannot be read, where that is wanted, and keeps no more than a bound', async () => {
  expect((await read(['a,b\n1,2\n', '3,"4\n5,6\n'])).map((record) => ('error' in record ? record.error.message : record.line))).toEqual([
    1,
    2,
    'Line 3: nothing closes the quotation mark at "4. Close it; within quotation marks, one that is text stands twice',
  ])
  const huge = `${'x'.repeat(5_000_000)},y\n`
  const skipped = await read([`a,b\n${huge}3,4\n`, `5,6\n${'7,8\n'.repeat(1000)}`], true)
  expect(skipped.filter((record) => 'error' in record).map(({ line }) => line)).toEqual([2])
  expect(skipped).toHaveLength(1004)
  const cut = Array.from({ length: 100 }, (_, i) => huge.slice(i * 60_000, (i + 1) * 60_000))
  expect((await read(['a,b\n1,2\n', ...cut, '3,4\n'], true)).map((record) => ('cells' in record ? record.cells.length : record.line))).toEqual([
    2, 2, 3, 2,
  ])
  const long = Array.from({ length: 100 }, () => `${'x'.repeat(100_000)},y\n`)
  const afterUnclosed = await read(['a,b\n1,"2\n', ...long], true)
  expect(afterUnclosed.flatMap((record) => ('error' in record ? record.line : []))).toEqual([2])
  expect(afterUnclosed.length).toBeGreaterThan(50)
})
