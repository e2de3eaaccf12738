import { DocstoreError } from '../../../errors.ts'
import { canonicalJson, isPlainObject, jsonCopy } from '../../../model/content.ts'
import { type EditPath, isEditPath, pathsMeet } from '../../../model/edits/edit-path.ts'
import type { Json } from '../../../model/json/json-value.ts'
import { MAX_EDIT_PATH_BYTES, MAX_EDIT_PATH_LENGTH } from '../../../model/limits.ts'
import { pathFault, pathOf } from '../../../query/index.ts'
import { MAX_UPDATE_FIELDS } from '../../limits.ts'

/** Operators that an update may have, as in MongoDB. */
const UPDATE_OPERATORS = ['$set', '$unset', '$inc', '$push', '$addToSet'] as const

type Operator = (typeof UPDATE_OPERATORS)[number]

/** What becomes of one field. */
export interface FieldChange {
  readonly path: EditPath
  /** The path as its user wrote it. */
  readonly name: string
  /** The new value, `undefined` to take the field away. Throws `cannot-update` where the one that is there does not allow it. */
  readonly apply: (old: Json | undefined) => Json | undefined
}

/** Reads the changes of an update. Throws `bad-update`, and `bad-document` for values that JSON cannot carry. */
export function parseChanges(changes: unknown): readonly FieldChange[] {
  if (!isPlainObject(changes)) throw badUpdate('changes are an object, such as { "$set": { "done": true } }')
  const fields: FieldChange[] = []
  for (const [operator, named] of Object.entries(changes)) {
    if (!isOperator(operator)) throw badUpdate(operator.startsWith('$') ? unknownOperator(operator) : noOperator(operator))
    if (!isPlainObject(named))
      throw badUpdate(`${operator} is given an object of fields, such as { "${operator}": { "done": ${EXAMPLES[operator]} } }`)
    for (const [name, given] of Object.entries(named)) fields.push(fieldChange(operator, name, given))
  }
  if (fields.length === 0) throw badUpdate('there is nothing in it')
  if (fields.length > MAX_UPDATE_FIELDS)
    throw badUpdate(`it changes ${fields.length} fields, and at most ${MAX_UPDATE_FIELDS} can be changed at once`)
  checkApart(fields)
  return fields
}

const EXAMPLES: Readonly<Record<Operator, string>> = { $set: 'true', $unset: 'true', $inc: '1', $push: '"a"', $addToSet: '"a"' }

function isOperator(name: string): name is Operator {
  return UPDATE_OPERATORS.some((operator) => operator === name)
}

function unknownOperator(name: string): string {
  return `there is no operator ${JSON.stringify(name.slice(0, 80))}. These are: ${UPDATE_OPERATORS.join(', ')}`
}

function noOperator(name: string): string {
  return `${JSON.stringify(name.slice(0, 80))} is no operator. Fields that get a value stand under $set: { "$set": { … } }; put replaces the whole document`
}

function fieldChange(operator: Operator, name: string, given: unknown): FieldChange {
  const unreadable = pathFault(name)
  const path = unreadable === undefined ? namesOf(name) : []
  const fault = unreadable ?? fieldFault(name, path)
  if (fault !== undefined) throw badUpdate(`the field ${JSON.stringify(name.slice(0, 80))} ${fault}`)
  return { path, name, apply: applier(operator, name, given) }
}

/** The names of a path without a fault, written as in filters: `address.city`, or `"a.b".c` for a name that has a dot in it. */
function namesOf(path: string): EditPath {
  return pathOf(path).map(({ name }) => name)
}

function fieldFault(text: string, path: EditPath): string | undefined {
  if (path[0] === '_id') return path.length === 1 ? 'cannot be changed: another _id is another document' : 'is part of the _id, which is text'
  if (/(?:^|\.)\$/.test(text)) return 'has a $ in it: places in arrays cannot be named'
  if (isEditPath(path)) return undefined
  return `is too long or has a name that is reserved: an update takes ${MAX_EDIT_PATH_LENGTH} names and ${MAX_EDIT_PATH_BYTES} bytes. put can write it`
}

function applier(operator: Operator, name: string, given: unknown): FieldChange['apply'] {
  switch (operator) {
    case '$set': {
      const value = jsonOf(name, given)
      return () => value
    }
    case '$unset':
      return () => undefined
    case '$inc': {
      if (typeof given !== 'number' || !Number.isFinite(given)) throw badUpdate(`$inc of ${JSON.stringify(name)} is given no number`)
      return (old) => incremented(name, old, given)
    }
    case '$push': {
      const values = eachOf(operator, name, given)
      return (old) => [...arrayOf(operator, name, old), ...values]
    }
    case '$addToSet': {
      const values = eachOf(operator, name, given)
      return (old) => {
        const all = arrayOf(operator, name, old)
        const known = new Set(all.map(canonicalJson))
        const added = values.filter((value) => {
          const text = canonicalJson(value)
          return !known.has(text) && known.add(text)
        })
        return added.length === 0 && old !== undefined ? old : [...all, ...added]
      }
    }
  }
}

function incremented(name: string, old: Json | undefined, by: number): number {
  if (old !== undefined && typeof old !== 'number') throw cannotUpdate(`$inc needs a number in ${JSON.stringify(name)}, and there is ${kindOf(old)}`)
  const sum = (old ?? 0) + by
  if (!Number.isFinite(sum)) throw cannotUpdate(`${JSON.stringify(name)} would become larger than a number can be`)
  return sum
}

function arrayOf(operator: Operator, name: string, old: Json | undefined): readonly Json[] {
  if (old === undefined) return []
  if (!Array.isArray(old)) throw cannotUpdate(`${operator} needs an array in ${JSON.stringify(name)}, and there is ${kindOf(old)}`)
  return old as readonly Json[]
}

/** The values that are added: one, or those of `{ $each: [...] }`. */
function eachOf(operator: Operator, name: string, given: unknown): readonly Json[] {
  if (!isPlainObject(given) || !Object.keys(given).some((key) => key.startsWith('$'))) return [jsonOf(name, given)]
  const { $each: each, ...others } = given
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw badUpdate(`${operator} of ${JSON.stringify(name)} has ${JSON.stringify(other.slice(0, 80))}. Of MongoDB's modifiers it knows $each`)
  if (!Array.isArray(each)) throw badUpdate(`$each of ${JSON.stringify(name)} is given no array`)
  return each.map((value: unknown) => jsonOf(name, value))
}

function jsonOf(name: string, given: unknown): Json {
  if (given === undefined) throw badUpdate(`${JSON.stringify(name)} is given no value. $unset takes a field away`)
  return jsonCopy(given)
}

/** Which of two changes of one field, or of a field and one in it, came first, nobody could say. */
function checkApart(fields: readonly FieldChange[]): void {
  for (const [i, one] of fields.entries()) {
    const other = fields.slice(i + 1).find(({ path }) => pathsMeet(one.path, path))
    if (other !== undefined) throw badUpdate(`it changes ${JSON.stringify(one.name)} and ${JSON.stringify(other.name)}, of which one is in the other`)
  }
}

/** What stands in the way, for a message. */
export function kindOf(value: Json): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The error of changes that can be applied to no document. */
function badUpdate(why: string): DocstoreError {
  return new DocstoreError('bad-update', `The update cannot be used: ${why}`)
}

/** The error of changes that this document does not take. */
export function cannotUpdate(why: string): DocstoreError {
  return new DocstoreError('cannot-update', `The document cannot be updated like this: ${why}`)
}
