import { isHeld } from '@p2p-docstore/core'

/** What the cells of a column become. */
export type ColumnType = 'number' | 'boolean' | 'text'

/** The names by which `--types` knows them. */
export const COLUMN_TYPES: readonly ColumnType[] = ['number', 'boolean', 'text']

/** A decimal as people and programs write it, without leading zeros: those are codes. An exponent needs a point or a sign, since `12E3` is a code too. */
const DECIMAL = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)$/
const SCIENTIFIC = /^-?(?:\d\.\d+[eE][-+]?\d{1,3}|\d[eE][-+]\d{1,3})$/

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['TRUE', true],
  ['FALSE', false],
  ['True', true],
  ['False', false],
])

/** The number in a cell, `undefined` where it is none, or one of which digits would be lost. */
export function cellNumber(cell: string, decimalMark: '.' | ','): number | undefined {
  const text = decimalMark === '.' ? cell.trim() : cell.trim().replace(',', '.')
  if (decimalMark === ',' && cell.includes('.')) return undefined
  if (!DECIMAL.test(text) && !SCIENTIFIC.test(text)) return undefined
  const number = Number(text)
  return isHeld(text, number) ? number : undefined
}

/** The number in a cell of a column that was said to hold numbers: `007` and `+5` are some too. */
export function declaredNumber(cell: string, decimalMark: '.' | ','): number | undefined {
  return cellNumber(
    cell
      .trim()
      .replace(/^\+/, '')
      .replace(/^(-?)0+(?=\d)/, '$1'),
    decimalMark,
  )
}

/** The truth value in a cell, `undefined` where it is none. */
export function cellBoolean(cell: string): boolean | undefined {
  return BOOLEANS.get(cell.trim())
}

/** Cells that programs write where they have no number. */
const NOTHINGS: ReadonlySet<string> = new Set([
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  'NaN',
  'nan',
  'null',
  'NULL',
  'None',
  'none',
  '-',
  '.',
  '?',
  '\\N',
  'inf',
  '-inf',
  'Inf',
  '-Inf',
])

/** Why a cell is no number, where that is worth a hint. */
type Obstacle = 'nothing' | 'comma' | 'thousands' | 'unit' | 'digits'

function obstacleOf(cell: string): Obstacle | undefined {
  if (NOTHINGS.has(cell.trim())) return 'nothing'
  if (/^\s*-?\d{1,3}([,. ']\d{3})+([.,]\d+)?\s*$/.test(cell)) return 'thousands'
  if (/^\s*-?\d+,\d+\s*$/.test(cell)) return 'comma'
  if (/^\s*([€$£¥]\s*-?\d[\d.,]*|-?\d[\d.,]*\s*[%€$£¥])\s*$/.test(cell)) return 'unit'
  return DECIMAL.test(cell.trim()) ? 'digits' : undefined
}

/** A cell and its line. */
interface Misfit {
  readonly cell: string
  readonly line: number
}

/** Looks at the cells of a column, one after another, and knows then what they are. */
export class ColumnTyper {
  readonly #decimalMark: '.' | ','
  #isNumber = true
  #isBoolean = true
  #cells = 0
  #numbers = 0
  /** The first cell of each kind that is no number; `other` where there is nothing to say. */
  readonly #misfits = new Map<Obstacle | 'other', Misfit>()

  constructor(decimalMark: '.' | ',') {
    this.#decimalMark = decimalMark
  }

  /** Looks at a cell that is not empty. */
  look(cell: string, line: number): void {
    this.#cells++
    if (this.#isBoolean && cellBoolean(cell) === undefined) this.#isBoolean = false
    if (this.#misfits.has('other') || (!this.#isNumber && this.#numbers === 0 && this.#cells > MAX_HINT_CELLS)) return
    if (cellNumber(cell, this.#decimalMark) !== undefined) {
      this.#numbers++
      return
    }
    this.#isNumber = false
    const kind = obstacleOf(cell) ?? 'other'
    if (!this.#misfits.has(kind)) this.#misfits.set(kind, { cell, line })
  }

  /** Whether any cell holds something. */
  get isEmpty(): boolean {
    return this.#cells === 0
  }

  get type(): ColumnType {
    if (this.#cells === 0) return 'text'
    return this.#isNumber ? 'number' : this.#isBoolean ? 'boolean' : 'text'
  }

  /** What keeps a column of numbers from being one, and what to do; nothing where it is plainly text. */
  get hint(): string | undefined {
    if (this.type !== 'text' || this.#misfits.has('other')) return undefined
    const [first, second] = this.#misfits
    // Prices have a mark between thousands where they are large, and none where they are small.
    const isPrices = this.#misfits.size === 2 && this.#misfits.has('comma') && this.#misfits.has('thousands')
    const thousands = isPrices ? this.#misfits.get('thousands') : undefined
    if (first === undefined || (second !== undefined && thousands === undefined)) return undefined
    const [kind, { cell, line }] = thousands === undefined ? first : ['thousands' as const, thousands]
    const shown = `${JSON.stringify(cell.slice(0, 40))} in line ${line}`
    switch (kind) {
      case 'nothing':
        return this.#numbers === 0 ? undefined : `is text because of ${shown}; with --null ${cell.trim()} it holds numbers, and null there`
      case 'comma':
        return `is text because of ${shown}; with --decimal , it holds numbers`
      case 'thousands':
        return `is text because of ${shown}: numbers are read without marks between their thousands${/\.\d{3},\d+\s*$/.test(cell) ? ', and a decimal comma with --decimal ,' : ''}`
      case 'unit':
        return `is text because of ${shown}: numbers are read without units`
      case 'digits':
        return this.#numbers === 0 ? undefined : `is text because a number cannot hold all digits of ${shown}, or it begins with 0`
      case 'other':
        return undefined
    }
  }
}

/** Cells after which a column that has no number in it is not looked at for hints any more. */
const MAX_HINT_CELLS = 1000
