import { InvalidArgumentError, Option } from 'commander'
import { COLUMN_TYPES, type ColumnType } from '../rows/column-type.ts'
import type { Format, ReadOptions } from '../rows/options.ts'

/** The options of `import` that say how a file is read. */
export interface ImportFlags {
  readonly id?: string
  readonly distinct?: boolean
  readonly skipInvalid?: boolean
  readonly bigNumbers: 'refuse' | 'text'
  readonly format?: Format | 'tsv'
  readonly encoding?: string
  readonly delimiter?: string
  readonly fields?: readonly string[]
  readonly header: boolean
  readonly types?: ReadonlyMap<string, ColumnType>
  readonly text?: readonly string[]
  readonly null?: readonly string[]
  readonly decimal?: '.' | ','
  readonly path?: readonly string[]
  readonly keys?: boolean
}

/** Options of `import`, as they are typed. */
export function importOptions(): Option[] {
  return [
    new Option(
      '--id <field>',
      'field whose value becomes the _id (default: _id, else derived from the content, so that a second run changes nothing)',
    ),
    new Option('--distinct', 'store rows that are equal as one document'),
    new Option('--skip-invalid', 'pass over rows that cannot be documents, and list them'),
    new Option('--big-numbers <how>', 'numbers that would lose digits: refuse them, or keep them as text')
      .choices(['refuse', 'text'])
      .default('refuse'),
    new Option('--format <format>', 'what the file is, where its name does not tell').choices(['json', 'ndjson', 'csv', 'tsv']),
    new Option('--encoding <name>', 'encoding of the file, such as latin1 (default: UTF-8, or what its mark says)'),
    new Option('--delimiter <char>', 'CSV: what parts cells; tab for a tab').argParser(parseDelimiter),
    new Option('--fields <names>', 'CSV without a header: names of the columns, as a,b,c').argParser(parseNames),
    new Option('--no-header', 'CSV without a header: columns are column1, column2 …'),
    new Option('--types <types>', 'CSV: types of columns, as price=number,zip=text,open=boolean').argParser(parseTypes),
    new Option('--text <columns>', 'CSV: columns that are text, as zip,phone').argParser(parseNames),
    new Option('--null <words>', 'CSV: cells that stand for nothing, as NA,NaN').argParser(parseNames),
    new Option('--decimal <mark>', 'CSV: what parts a number from its fraction').choices(['.', ',']),
    new Option('--path <names>', 'JSON: where the documents are, as data.items; . for the whole value').argParser(parsePath),
    new Option('--keys', 'JSON: the fields of the object are the documents, their names the ids'),
  ]
}

/** How the rows are read, from what was typed. */
export function readOptionsOf(flags: ImportFlags, { note, signal }: Pick<ReadOptions, 'note' | 'signal'>): ReadOptions {
  const { types = new Map<string, ColumnType>(), text = [], header, fields } = flags
  const csvFlags = ['delimiter', 'fields', 'types', 'text', 'null', 'decimal'] as const
  const jsonFlags = ['path', 'keys'] as const
  return {
    format: flags.format,
    encoding: flags.encoding,
    idField: flags.id,
    longNumbers: flags.bigNumbers,
    skipInvalid: flags.skipInvalid === true,
    csv: {
      delimiter: flags.delimiter,
      fields,
      hasHeader: header,
      types: new Map([...types, ...text.map((name): [string, ColumnType] => [name, 'text'])]),
      nulls: new Set(flags.null),
      decimalMark: flags.decimal ?? '.',
      flags: [...csvFlags.filter((name) => flags[name] !== undefined).map((name) => `--${name}`), ...(header ? [] : ['--no-header'])],
    },
    json: {
      path: flags.path,
      isKeyed: flags.keys === true,
      flags: jsonFlags.filter((name) => flags[name] !== undefined).map((name) => `--${name}`),
    },
    note,
    signal,
  }
}

function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text
  if (delimiter === '' || /["\r\n]/.test(delimiter)) throw new InvalidArgumentError('It is a character, such as ; or |, or the word tab.')
  return delimiter
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('It is a list, such as a,b,c.')
  return names
}

function parseTypes(text: string): ReadonlyMap<string, ColumnType> {
  const types = new Map<string, ColumnType>()
  for (const part of text.split(',')) {
    // The last one: a name may have one in it.
    const at = part.lastIndexOf('=')
    const type = COLUMN_TYPES.find((known) => known === part.slice(at + 1).trim())
    if (at < 1 || type === undefined)
      throw new InvalidArgumentError(`It is a list, such as price=number,zip=text. Types are ${COLUMN_TYPES.join(', ')}.`)
    types.set(part.slice(0, at).trim(), type)
  }
  return types
}

function parsePath(text: string): readonly string[] {
  if (text === '.') return []
  const names = text.replace(/^\./, '').split('.')
  if (names.includes('')) throw new InvalidArgumentError('It is names of fields, such as data.items, or . for the whole value.')
  return names
}
