const NUMBER = new Intl.NumberFormat('en')
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A whole number with separators. */
export function numberText(value: number): string {
  return NUMBER.format(value)
}

/** Bytes in the largest unit that leaves at least one. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? ''}`
}
