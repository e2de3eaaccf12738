import { errorCode, errorMessage, isPlainObject, parseJson } from '@p2p-docstore/core'
import { InvalidArgumentError } from 'commander'

/** A filter as it is typed. */
export function parseFilterArgument(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    // What JSON.parse would change without a word: nobody wants to find the neighbours of what was asked for.
    if (errorCode(error) !== 'bad-json') throw new InvalidArgumentError(`${errorMessage(error)}.`)
    throw new InvalidArgumentError('A filter is JSON, such as \'{"country":"FR"}\'.')
  }
  if (!isPlainObject(value)) throw new InvalidArgumentError('A filter is a JSON object, such as \'{"country":"FR"}\'.')
  return value
}

/** `name,-age` as a sort: rising by name, then falling by age. */
export function parseSortArgument(text: string): Readonly<Record<string, 1 | -1>> {
  const sort = new Map<string, 1 | -1>()
  for (const field of text.split(',')) {
    const trimmed = field.trim()
    const name = trimmed.replace(/^[-+]/, '').trim()
    if (name === '') throw new InvalidArgumentError('A sort is names of fields, such as name,-age.')
    sort.set(name, trimmed.startsWith('-') ? -1 : 1)
  }
  return Object.fromEntries(sort)
}
