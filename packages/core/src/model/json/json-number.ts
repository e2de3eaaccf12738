/**
 * Below this, a number with a fraction is held to its millionths at least: doubles lie at most 2^-20 apart there. Coordinates and
 * measurements come with 20 decimals that nobody misses; amounts above it would lose their cents.
 */
const MAX_LOOSE_FRACTION: number = 2 ** 33

/** Length up to which a number has no digits too many. */
const SAFE_LENGTH = 15

/** Digits of a number that `toPrecision` prints at most. */
const MAX_PRECISION = 100

/** Whether a number prints again with the digits of its JSON text: `1.20` and `1e3` do, `9007199254740993` does not. */
export function printsAlike(source: string, value: number): boolean {
  // A double holds any 15 digits.
  if (source.length <= SAFE_LENGTH && !/[eE]/.test(source)) return true
  if (!Number.isFinite(value)) return false
  const digits = normalize(source)
  if (digits === normalize(String(value))) return true
  // Some programs write every digit that a double has: 0.10000000000000001 is 0.1, and knows no more.
  if (isInteger(digits)) return Number.isInteger(value) && digits === normalize(String(BigInt(value)))
  const count = digits.slice(0, digits.indexOf('e')).replace('-', '').length
  return count <= MAX_PRECISION && digits === normalize(value.toPrecision(count))
}

/**
 * Whether a double holds a number, given as JSON text, as well as people mean it: integers with every digit, numbers with a
 * fraction to the millionth. What is too large for a double, or so small that it would be 0, is not held.
 */
export function isHeld(source: string, value: number): boolean {
  if (printsAlike(source, value)) return true
  return Number.isFinite(value) && value !== 0 && Math.abs(value) < MAX_LOOSE_FRACTION && !isInteger(normalize(source))
}

/** Sign, digits without zeros at either end, and the power of ten that they are multiplied by. */
function normalize(source: string): string {
  const match = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(source)
  if (match === null) return source
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0e0'
  return `${sign === '-' ? '-' : ''}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** Whether normal digits are those of an integer: no tenth of anything. */
function isInteger(digits: string): boolean {
  return !digits.slice(digits.indexOf('e') + 1).startsWith('-')
}
