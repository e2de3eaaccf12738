import { DocstoreError } from '@p2p-docstore/core'
import { LOOK_AHEAD_LENGTH, LOOK_AHEAD_PAUSE_MS, LOOK_AHEAD_ROWS } from '../limits.ts'
import { cellBoolean, cellNumber, type ColumnType, ColumnTyper, declaredNumber } from './column-type.ts'
import { type CsvRecord, csvRecords } from './csv-records.ts'
import { guessDelimiter, namedDelimiter } from './delimiter.ts'
import { LookAhead } from './look-ahead.ts'
import type { ReadOptions } from './options.ts'
import type { Row, RowGroup } from './row.ts'

type CsvRowOptions = Pick<ReadOptions, 'csv' | 'idField' | 'skipInvalid' | 'note' | 'signal'> & {
  /** The same text from its beginning, where that can be had: then columns are typed by all of it. */
  readonly again?: (() => AsyncIterable<string>) | undefined
  /** Whether the text may pause before its end: then what has come by then has to do. */
  readonly mayPause: boolean
  /** Whether it is known to be CSV. Otherwise, a text without any delimiter is refused. */
  readonly isCertain: boolean
}

/** Text that is enough to guess a delimiter from. */
const DELIMITER_LENGTH: number = 64 * 1024

/**
 * Rows of CSV (RFC 4180, with what spreadsheets, R and pandas make of it). The type of a column follows from all of its cells: numbers
 * where each is a decimal without leading zeros, truth values likewise, else text. Of what comes through a pipe, the first rows decide,
 * and a later cell that does not fit is an error. Throws `bad-csv` with the line.
 */
export async function* csvRows(given: AsyncIterable<string>, options: CsvRowOptions): AsyncGenerator<RowGroup> {
  const { csv, again, mayPause, signal } = options
  const pauseMs = mayPause ? LOOK_AHEAD_PAUSE_MS : undefined
  const text = new LookAhead(given)
  const pieces = await text.look(
    (seen) => seen.reduce((sum, { length }) => sum + length, 0) >= DELIMITER_LENGTH,
    pauseMs,
    (seen) => seen.some((piece) => piece.includes('\n')),
  )
  const dialect = dialectOf(pieces.join(''), !text.isDone, options)
  const records = (all: AsyncIterable<string>): AsyncIterable<readonly CsvRecord[]> =>
    csvRecords(dialect.skip === 0 ? all : withoutBeginning(all, dialect.skip), { ...dialect, skipInvalid: options.skipInvalid, signal })
  const groups = new LookAhead(records(text))
  const first = (await groups.look(isEnough, pauseMs, (seen) => goodRecords(seen.flat()).length >= (csv.hasHeader ? 2 : 1))).flat()
  const columns = new Columns(goodRecords(first), options)
  if (groups.isDone || again === undefined || signal.aborted) columns.type(goodRecords(first))
  else for await (const more of records(again())) columns.type(goodRecords(more))
  columns.settle()
  for await (const group of groups) yield { rows: group.map((record) => columns.row(record)).filter((row) => row !== undefined), isWhole: false }
}

function isEnough(groups: readonly (readonly CsvRecord[])[]): boolean {
  let rows = 0
  let cells = 0
  for (const group of groups) {
    rows += group.length
    for (const record of group) if ('cells' in record) for (const cell of record.cells) cells += cell.length + 1
  }
  return rows >= LOOK_AHEAD_ROWS || cells >= LOOK_AHEAD_LENGTH
}

interface GoodRecord {
  readonly cells: readonly string[]
  readonly line: number
}

function goodRecords(records: readonly CsvRecord[]): readonly GoodRecord[] {
  return records.filter((record) => 'cells' in record)
}

function dialectOf(head: string, isCut: boolean, { csv, isCertain }: CsvRowOptions): { delimiter: string; firstLine: number; skip: number } {
  const named = namedDelimiter(head)
  if (named !== undefined) return { delimiter: csv.delimiter ?? named.delimiter, firstLine: 2, skip: named.length }
  const delimiter = csv.delimiter ?? guessDelimiter(head, isCut)
  if (delimiter === undefined && !isCertain) {
    throw new DocstoreError(
      'unknown-format',
      `The format is not known: the text begins with ${JSON.stringify(head.trimStart().slice(0, 30))}, and nothing parts its lines into cells. Name it with --format json, ndjson or csv`,
    )
  }
  return { delimiter: delimiter ?? ',', firstLine: 1, skip: 0 }
}

async function* withoutBeginning(text: AsyncIterable<string>, length: number): AsyncGenerator<string> {
  let left = length
  for await (const piece of text) {
    if (piece.length > left) yield piece.slice(left)
    left = Math.max(0, left - piece.length)
  }
}

interface Column {
  readonly name: string
  /** Whether the file gives no name; without a cell either, it is left out. */
  readonly isNameless: boolean
  readonly typer: ColumnTyper
  type: ColumnType | 'left out'
  readonly isDeclared: boolean
}

/** The columns of a file: their names, what their cells become, and how a record becomes a row. */
class Columns {
  readonly #options: CsvRowOptions
  readonly #columns: readonly Column[]
  /** Whether the first record is a header that was not passed yet: when rows are made, and when they are looked at. */
  #isHeaderAhead: boolean
  #isHeaderAheadOfTypes: boolean

  constructor(first: readonly GoodRecord[], options: CsvRowOptions) {
    this.#options = options
    const { fields, hasHeader } = options.csv
    const begin = first[0]?.cells ?? []
    // Whoever names the columns of a file that has a header after all means that header.
    const isHeader = fields === undefined ? hasHeader : begin.length === fields.length && begin.every((cell, i) => cell === fields[i])
    this.#isHeaderAhead = isHeader
    this.#isHeaderAheadOfTypes = isHeader
    this.#columns = this.#name(fields ?? (hasHeader ? begin : begin.map(() => '')), isHeader ? first.slice(1) : first)
  }

  /** Columns with a name each: nameless ones get one, repeated ones a number. */
  #name(given: readonly string[], rows: readonly GoodRecord[]): readonly Column[] {
    const { csv } = this.#options
    // R writes no name above the names of its rows.
    const isFromR = rows.length > 0 && rows.every(({ cells }) => cells.length === given.length + 1) && rows.some(({ cells }) => cells.at(-1) !== '')
    const names = isFromR && csv.fields === undefined ? ['', ...given] : given
    const taken = new Set(names.filter((name) => name !== ''))
    const seen = new Set<string>()
    const columns = names.map((wanted, i) => {
      const base = wanted === '' ? `column${i + 1}` : wanted
      let name = base
      for (let n = 2; seen.has(name) || (name !== wanted && taken.has(name)); n++) name = `${base}_${n}`
      seen.add(name)
      const declared = csv.types.get(name)
      const column: Column = {
        name,
        isNameless: wanted === '',
        typer: new ColumnTyper(csv.decimalMark),
        type: declared ?? 'text',
        isDeclared: declared !== undefined,
      }
      return column
    })
    for (const name of csv.types.keys()) {
      if (!seen.has(name)) {
        const known = columns.slice(0, 20).map((column) => column.name)
        throw new DocstoreError(
          'bad-csv',
          `There is no column ${JSON.stringify(name)}. The columns are: ${known.join(', ')}${columns.length > 20 ? ', …' : ''}`,
        )
      }
    }
    const renamed = columns.filter(({ name }, i) => names[i] !== '' && name !== names[i]).map(({ name }) => JSON.stringify(name))
    if (renamed.length > 0)
      this.#options.note(`Columns of the same name are numbered: ${renamed.slice(0, 10).join(', ')}${renamed.length > 10 ? ', …' : ''}.`)
    return columns
  }

  /** Looks at records, in their order from the first one on. */
  type(records: readonly GoodRecord[]): void {
    for (const { cells, line } of records) {
      if (this.#isHeaderAheadOfTypes) {
        this.#isHeaderAheadOfTypes = false
        continue
      }
      for (let i = 0; i < this.#columns.length; i++) {
        const cell = cells[i] ?? ''
        if (cell !== '' && !this.#options.csv.nulls.has(cell)) this.#columns[i]?.typer.look(cell, line)
      }
    }
  }

  /** Fixes the types by what was looked at. */
  settle(): void {
    const { note } = this.#options
    let hints = 0
    for (const column of this.#columns) {
      if (column.isDeclared) continue
      const isId = column.name === '_id'
      column.type = column.isNameless && column.typer.isEmpty && this.#options.csv.hasHeader ? 'left out' : isId ? 'text' : column.typer.type
      const { hint } = column.typer
      if (hint !== undefined && !isId && hints++ < MAX_HINTS) note(`The column ${JSON.stringify(column.name)} ${hint}.`)
    }
    if (hints > MAX_HINTS) note(`So do ${hints - MAX_HINTS} more columns.`)
    const hasIds = this.#options.idField !== undefined || this.#columns.some(({ name }) => name === '_id')
    if (hints > 0 && !hasIds)
      note(
        'A row that is read in another way has another id, and is stored beside the first one. So import again into another collection or namespace, or name the column of the ids with --id.',
      )
  }

  /** The row of a record; nothing for the header, and for one without any cell that is filled. */
  row(record: CsvRecord): Row | undefined {
    const place = { at: record.line, unit: 'line' } as const
    if ('error' in record) return { ...place, value: undefined, error: record.error }
    const { cells } = record
    if (this.#isHeaderAhead) {
      this.#isHeaderAhead = false
      return undefined
    }
    if (cells.length > 1 && cells.every((cell) => cell === '')) return undefined
    try {
      this.#checkLength(cells)
      const fields: Record<string, unknown> = {}
      let id: string | undefined
      for (let i = 0; i < this.#columns.length; i++) {
        const column = this.#columns[i]
        if (column === undefined) continue
        const cell = cells[i] ?? ''
        const value = this.#value(column, cell)
        if (value === undefined) continue
        if (column.name === '__proto__') throw new DocstoreError('bad-document', 'the field name "__proto__" is reserved')
        fields[column.name] = value
        if (column.name === this.#options.idField) id = cell
      }
      return { ...place, value: fields, id }
    } catch (error) {
      return { ...place, value: undefined, error }
    }
  }

  #checkLength(cells: readonly string[]): void {
    const { length } = this.#columns
    // A delimiter too many at the end of the line, or at the end of the header only.
    if (cells.length === length || (cells.length === length + 1 && cells.at(-1) === '')) return
    if (cells.length === length - 1 && this.#columns.at(-1)?.type === 'left out') return
    throw new DocstoreError('bad-csv', `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, but there are ${length} columns`)
  }

  #value({ name, type, isDeclared }: Column, cell: string): unknown {
    const { nulls, decimalMark } = this.#options.csv
    if (nulls.has(cell)) return type === 'left out' ? undefined : null
    switch (type) {
      case 'left out':
        if (cell === '') return undefined
        throw new DocstoreError(
          'bad-csv',
          `there is ${shown(cell)} in the column ${JSON.stringify(name)}, which had neither name nor cells before. --types ${name}=text keeps it`,
        )
      case 'text':
        return cell
      case 'number':
        if (cell === '') return null
        return (isDeclared ? declaredNumber(cell, decimalMark) : cellNumber(cell, decimalMark)) ?? this.#misfit(name, cell, type, isDeclared)
      case 'boolean':
        if (cell === '') return null
        return cellBoolean(cell) ?? this.#misfit(name, cell, type, isDeclared)
    }
  }

  #misfit(name: string, cell: string, type: 'number' | 'boolean', isDeclared: boolean): never {
    const what = type === 'number' ? 'no number whose digits can all be kept' : 'neither true nor false'
    const why = isDeclared ? '' : `, as the first rows of the column were. --text ${name} reads all of it as text`
    throw new DocstoreError('bad-csv', `${shown(cell)} in the column ${JSON.stringify(name)} is ${what}${why}`)
  }
}

/** Columns about which something is said. */
const MAX_HINTS = 5

function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell)
}
