const UNITS = ['KiB', 'MiB', 'GiB'] as const

/** A number of bytes as people read it. */
export function byteText(bytes: number): string {
  let [value, unit] = [bytes, 'bytes']
  for (const larger of UNITS) {
    if (value < 1024) break
    value /= 1024
    unit = larger
  }
  return `${unit === 'bytes' ? value : value.toFixed(1)} ${unit}`
}
