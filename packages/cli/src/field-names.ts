import { InvalidArgumentError } from 'commander'

/** `title,body` as names of fields. A name in quotation marks may have a comma. */
export function parseFieldNames(text: string): readonly string[] {
  const names = text.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/g)?.map((name) => name.trim()) ?? []
  if (names.length === 0 || names.includes('')) throw new InvalidArgumentError('Fields are names, such as title,body.')
  return names
}
