/** A text as a SQL literal. SQL text ends at a NUL, so there must be none. */
export function textLiteral(text: string): string {
  if (text.includes('\0')) throw new TypeError('a SQL literal must not contain NUL')
  return `'${text.replaceAll("'", "''")}'`
}

/** An integer as a SQL literal. */
export function integerLiteral(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not an integer`)
  return String(value)
}

/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new TypeError('a SQL identifier must not contain NUL')
  return `"${name.replaceAll('"', '""')}"`
}
