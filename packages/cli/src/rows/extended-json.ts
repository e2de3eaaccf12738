import { DocstoreError, JsonFault, LongNumber, type LongNumbers, plainNumber } from '@p2p-docstore/core'

/** How the plain value of a row is made. */
export interface PlainOptions {
  readonly longNumbers: LongNumbers
  /** Field of the row whose number keeps every digit, as text where it has to. */
  readonly idField?: string | undefined
}

/**
 * The plain value of a row: MongoDB's Extended JSON (`$oid`, `$date`, `$numberLong` …, in its newer and its older form) as what it
 * stands for, long numbers as the options say. Throws `inexact-number`, `bad-document`, or what a fault in the row says.
 */
export function plainRow(row: unknown, options: PlainOptions): unknown {
  if (!isObject(row)) return plain(row, options)
  const id = options.idField === undefined ? undefined : row[options.idField]
  if (options.idField === undefined || !(id instanceof LongNumber)) return plain(row, options)
  return plain({ ...row, [options.idField]: id.source }, options)
}

function plain(value: unknown, options: PlainOptions): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof LongNumber) return plainNumber(value, options.longNumbers)
  if (value instanceof JsonFault) throw value.error
  if (Array.isArray(value)) return value.map((item) => plain(item, options))
  const fields = Object.entries(value)
  if (fields[0]?.[0].startsWith('$') === true) {
    const type = TYPES.get(
      fields
        .map(([name]) => name)
        .toSorted()
        .join(' '),
    )
    if (type !== undefined) return type(value as Fields, options)
  }
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field, options)]))
}

type Fields = Readonly<Record<string, unknown>>

/** What objects with these fields, and no others, stand for. */
const TYPES: ReadonlyMap<string, (fields: Fields, options: PlainOptions) => unknown> = new Map([
  ['$oid', ({ $oid }) => text('$oid', $oid)],
  ['$uuid', ({ $uuid }) => text('$uuid', $uuid)],
  ['$symbol', ({ $symbol }) => text('$symbol', $symbol)],
  ['$code', ({ $code }) => text('$code', $code)],
  ['$date', ({ $date }) => isoDate($date)],
  ['$numberInt', ({ $numberInt }, options) => number('$numberInt', $numberInt, options)],
  ['$numberLong', ({ $numberLong }, options) => number('$numberLong', $numberLong, options)],
  ['$numberDouble', ({ $numberDouble }, options) => number('$numberDouble', $numberDouble, options)],
  ['$numberDecimal', ({ $numberDecimal }, options) => number('$numberDecimal', $numberDecimal, options)],
  ['$binary', ({ $binary }) => text('$binary', isObject($binary) ? $binary['base64'] : $binary)],
  ['$binary $type', ({ $binary }) => text('$binary', $binary)],
  [
    '$regularExpression',
    ({ $regularExpression: it }) =>
      isObject(it) ? `/${text('pattern', it['pattern'])}/${text('options', it['options'])}` : text('$regularExpression', it),
  ],
  ['$options $regex', ({ $regex, $options }) => `/${text('$regex', $regex)}/${text('$options', $options)}`],
  ['$timestamp', ({ $timestamp }, options) => plain($timestamp, options)],
  ['$undefined', () => null],
  ['$id $ref', ({ $ref, $id }, options) => ({ ref: $ref, id: plain($id, options) })],
  ['$db $id $ref', ({ $db, $ref, $id }, options) => ({ db: $db, ref: $ref, id: plain($id, options) })],
  ['$minKey', () => none('$minKey')],
  ['$maxKey', () => none('$maxKey')],
] satisfies [string, (fields: Fields, options: PlainOptions) => unknown][])

function text(type: string, value: unknown): string {
  if (typeof value !== 'string') throw badValue(type, value)
  return value
}

/** The same text as a `Date` is stored as, so that dates of both kinds compare. */
function isoDate(value: unknown): string {
  const long = isObject(value) ? value['$numberLong'] : value
  const ms = long instanceof LongNumber ? Number(long.source) : isObject(value) ? Number(long) : long
  const date = typeof ms === 'number' || typeof ms === 'string' ? new Date(ms) : undefined
  if (date === undefined || Number.isNaN(date.getTime())) throw badValue('$date', long)
  return date.toISOString()
}

function number(type: string, value: unknown, { longNumbers }: PlainOptions): number | string {
  if (typeof value === 'number') return value
  const source = value instanceof LongNumber ? value.source : text(type, value)
  if (!/^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(source)) throw badValue(type, value)
  try {
    return plainNumber(new LongNumber(source, { line: 0, column: 0 }), longNumbers)
  } catch (cause) {
    throw new DocstoreError('inexact-number', `the ${type} ${source} cannot be kept with all its digits as a number`, { cause })
  }
}

function none(type: string): never {
  throw new DocstoreError('bad-document', `a ${type} has no plain value`)
}

function badValue(type: string, value: unknown): DocstoreError {
  return new DocstoreError('bad-document', `${JSON.stringify(value)?.slice(0, 60)} is no ${type} that has a plain value`)
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
