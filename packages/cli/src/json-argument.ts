import { isPlainObject } from '@p2p-docstore/core'
import { InvalidArgumentError } from 'commander'
import type { SortInput } from 'p2p-docstore'

/** A filter as it is typed. */
export function parseFilterArgument(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('A filter is JSON, such as \'{"country":"FR"}\'.')
  }
  if (!isPlainObject(value)) throw new InvalidArgumentError('A filter is a JSON object, such as \'{"country":"FR"}\'.')
  return value
}

/** `name,-age` as a sort: rising by name, then falling by age. `$textScore`: the best answers to a `$text` first. */
export function parseSortArgument(text: string): SortInput {
  const sort = new Map<string, SortInput[string]>()
  for (const field of text.split(',')) {
    const name = field.replace(/^[-+]/, '').trim()
    if (name === '') throw new InvalidArgumentError('A sort is names of fields, such as name,-age.')
    if (name === '$textScore') sort.set(name, { $meta: 'textScore' })
    else sort.set(name, field.startsWith('-') ? -1 : 1)
  }
  return Object.fromEntries(sort)
}
