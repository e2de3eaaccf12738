import { errorCode, errorMessage, isPlainObject, parseJson } from '@p2p-docstore/core'
import { InvalidArgumentError } from 'commander'
import type { SortDirection } from 'p2p-docstore'

/** A filter as it is typed. */
export function parseFilterArgument(text: string): Readonly<Record<string, unknown>> {
  const value = parseObject(text, 'A filter is a JSON object, such as \'{"country":"FR"}\'.')
  if (Object.entries(value).some(([key, operators]) => key === '' || (isPlainObject(operators) && '' in operators))) {
    throw new InvalidArgumentError(
      'A name in it is empty. Within double quotes the shell takes $gt for a variable of its own: put the filter in single quotes, such as \'{"age":{"$gt":30}}\'.',
    )
  }
  return value
}

/** The changes of an update as they are typed. */
export function parseChangesArgument(text: string): Readonly<Record<string, unknown>> {
  const value = parseObject(text, 'Changes are a JSON object, such as \'{"$set":{"done":true}}\'.')
  if ('' in value) {
    throw new InvalidArgumentError(
      'A name in it is empty. Within double quotes the shell takes $set for a variable of its own: put the changes in single quotes, such as \'{"$set":{"done":true}}\'.',
    )
  }
  return value
}

function parseObject(text: string, usage: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    // What JSON.parse would change without a word: nobody wants to find the neighbours of what was asked for.
    if (errorCode(error) !== 'bad-json') throw new InvalidArgumentError(`${errorMessage(error)}.`)
    throw new InvalidArgumentError(usage)
  }
  if (!isPlainObject(value)) throw new InvalidArgumentError(usage)
  return value
}

/** `name,-age` as a sort, in the order as typed: rising by name, then falling by age; `$textScore`: the best answers to a `$text` first. Blanks around names are nobody's. */
export function parseSortArgument(text: string): readonly (readonly [field: string, direction: SortDirection])[] {
  return signedNames(text, 'A sort is names of fields, such as name,-age.').map(({ name, isMinus }) => {
    const [typed, field = '', direction = ''] = /^([^"]*):(asc|desc|ascending|descending|1|-1)$/i.exec(name) ?? []
    if (typed !== undefined) {
      const isFalling = /^(d|-)/i.test(direction)
      throw new InvalidArgumentError(
        `Write ${isFalling ? '-' : ''}${field} for ${typed}: a - in front means falling. A field that is called so stands in quotation marks, as ${JSON.stringify(name)}.`,
      )
    }
    return [name, name === '$textScore' ? { $meta: 'textScore' } : isMinus ? -1 : 1] as const
  })
}

/** `name,age` as a projection: these fields and `_id`; `-notes`: all but that one. */
export function parseFieldsArgument(text: string): Readonly<Record<string, 0 | 1>> {
  return Object.fromEntries(
    signedNames(text, 'Fields are names, such as name,address.city, or -notes for all others.').map(({ name, isMinus }) => [name, isMinus ? 0 : 1]),
  )
}

function signedNames(text: string, usage: string): readonly { readonly name: string; readonly isMinus: boolean }[] {
  // A comma in quotation marks belongs to the name.
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+|(?<=,|^)(?=,|$)/g) ?? ['']).map((typed) => {
    const field = typed.trim()
    const name = field.replace(/^[-+]/, '').trim()
    if (name === '') throw new InvalidArgumentError(usage)
    return { name, isMinus: field.startsWith('-') }
  })
}
