import { canonicalJson, isPlainObject } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { matcherOf } from '../query/regex.ts'
import { PATTERN_WORK, TEXT_WORK } from './limits.ts'
import { patternSize } from './pattern.ts'
import type { Run } from './run.ts'
import type { Judge, Schema } from './schema.ts'
import { SchemaFault } from './schema-fault.ts'

type Fields = Readonly<Record<string, Json>>

/** What a keyword is read with. */
export interface KeywordContext {
  readonly schema: Schema
  /** The keywords beside it. */
  readonly beside: Fields
  /** Reads a schema that is the argument, or at these places in it. */
  readonly read: (input: Json, ...path: readonly (string | number)[]) => Schema
  /** Reads the schema of another keyword of the same schema. */
  readonly readBeside: (keyword: string) => Schema | undefined
  /** The schema that a `$ref` names. */
  readonly resolve: (reference: string) => Schema
  readonly usesPatterns: () => void
}

/** Reads the argument of a keyword; without a judge it says nothing that can be broken. Throws `SchemaFault`. */
type KeywordReader = (argument: Json, context: KeywordContext) => Judge | undefined

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']

/** Schemas in which what is listed here means what it says here. */
const DIALECTS = new Set([
  'https://json-schema.org/draft/2020-12/schema',
  'https://json-schema.org/draft/2019-09/schema',
  'http://json-schema.org/draft-07/schema#',
])

/** Keywords that say something to people. */
const note: KeywordReader = () => undefined

/**
 * The keywords of JSON Schema 2020-12 that there are. All peers have to judge alike, whatever they are written in, and whatever somebody makes them judge: so
 * there is none on whose meaning implementations differ, and none that can take longer than in proportion to what is judged.
 */
export const KEYWORDS: Readonly<Record<string, KeywordReader>> = {
  $schema: (argument) => {
    if (typeof argument !== 'string' || !DIALECTS.has(argument)) throw new SchemaFault('is not known: write in draft 2020-12, and leave it out')
    return undefined
  },
  $comment: note,
  title: note,
  description: note,
  default: note,
  examples: note,
  deprecated: note,
  readOnly: note,
  writeOnly: note,

  $defs: definitions,
  definitions,
  $ref: (argument, { schema, resolve }) => {
    if (typeof argument !== 'string') throw new SchemaFault('is a text such as "#/$defs/name"')
    const target = resolve(argument)
    schema.inPlace.push(target)
    schema.certain.push(target)
    return (value, run, place) => target.apply(value, run, place)
  },

  type: (argument) => {
    const types = typeof argument === 'string' ? [argument] : listOf(argument, (one) => typeof one === 'string')
    const unknown = types?.find((one) => !TYPES.includes(one))
    if (types === undefined || types.length === 0 || unknown !== undefined) throw new SchemaFault(`is one of ${TYPES.join(', ')}, or a list of such`)
    return (value) => types.some((type) => isOfType(value, type))
  },
  const: (argument) => oneOfThese([argument]),
  enum: (argument) => {
    if (!Array.isArray(argument) || argument.length === 0) throw new SchemaFault('is a list of values')
    return oneOfThese(argument)
  },

  minimum: (argument) => ofNumbers(argument, (value, limit) => value >= limit),
  maximum: (argument) => ofNumbers(argument, (value, limit) => value <= limit),
  exclusiveMinimum: (argument) => ofNumbers(argument, (value, limit) => value > limit),
  exclusiveMaximum: (argument) => ofNumbers(argument, (value, limit) => value < limit),
  multipleOf: (argument) => {
    if (count(argument) === 0) throw new SchemaFault('is a whole number from 1 on. Fractions have no exact multiples: store cents, say')
    return ofNumbers(argument, (value, step) => value % step === 0)
  },

  minLength: (argument) =>
    ofTexts(argument, (run, text, least) => text.length >= least * 2 || (text.length >= least && run.characters(text) >= least)),
  maxLength: (argument) => ofTexts(argument, (run, text, most) => text.length <= most || (text.length <= most * 2 && run.characters(text) <= most)),
  pattern: (argument, { usesPatterns }) => {
    if (typeof argument !== 'string') throw new SchemaFault('is a text')
    const size = patternSize(argument)
    if (typeof size === 'string') throw new SchemaFault(size)
    usesPatterns()
    let matcher: ((text: string) => boolean) | undefined
    return (value, run) => {
      if (typeof value !== 'string') return true
      run.spend(Math.floor((value.length * size) / PATTERN_WORK))
      matcher ??= matcherOf({ pattern: argument, flags: '' })
      return matcher(value)
    }
  },

  properties: (argument, { schema, read }) => {
    for (const [name, one] of Object.entries(fieldsOf(argument, 'is an object of schemas'))) schema.properties.set(name, read(one, name))
    const { properties } = schema
    schema.weight += properties.size
    return ofObjects((fields, run, place) => {
      let isRight = true
      for (const [name, child] of properties) {
        const value = fieldOf(fields, name)
        if (value !== undefined && !child.apply(value, run, { within: place, name })) isRight = false
      }
      return isRight
    })
  },
  additionalProperties: (argument, { schema, read, beside }) => {
    const child = read(argument)
    schema.additional = child
    const named = new Set(Object.keys(isPlainObject(beside['properties']) ? beside['properties'] : {}))
    return ofObjects((fields, run, place) => {
      let isRight = true
      for (const [name, value] of Object.entries(fields)) {
        // The id belongs to every document.
        if (named.has(name) || (place === undefined && name === '_id')) continue
        if (child.isNever) run.blame({ within: place, name }, 'additionalProperties', false)
        if (!child.apply(value, run, { within: place, name })) isRight = false
      }
      return isRight
    })
  },
  propertyNames: (argument, { schema, read }) => {
    const child = read(argument)
    schema.names = child
    return ofObjects((fields, run, place) => {
      let isRight = true
      for (const name of Object.keys(fields)) {
        if (place === undefined && name === '_id') continue
        if (!child.apply(name, run, { within: place, name })) isRight = false
      }
      return isRight
    })
  },
  required: (argument, { schema }) => {
    const names = namesOf(argument)
    schema.required = new Set(names)
    schema.weight += names.length
    return ofObjects((fields) => names.every((name) => fieldOf(fields, name) !== undefined))
  },
  dependentRequired: (argument, { schema }) => {
    const needs = new Map(Object.entries(fieldsOf(argument, 'is an object of lists of names')).map(([name, list]) => [name, namesOf(list)]))
    for (const list of needs.values()) schema.weight += 1 + list.length
    return ofObjects((fields) => {
      for (const [name, list] of needs)
        if (fieldOf(fields, name) !== undefined && list.some((one) => fieldOf(fields, one) === undefined)) return false
      return true
    })
  },
  minProperties: (argument) => ofFieldCounts(argument, (size, least) => size >= least),
  maxProperties: (argument) => ofFieldCounts(argument, (size, most) => size <= most),

  prefixItems: (argument, { read }) => {
    if (!Array.isArray(argument) || argument.length === 0) throw new SchemaFault('is a list of schemas')
    const children = argument.map((one, i) => read(one, i))
    return ofArrays((list, run, place) =>
      everyItem(list.slice(0, children.length), (item, i) => children[i]?.apply(item, run, { within: place, name: i })),
    )
  },
  items: (argument, { read, beside }) => {
    if (Array.isArray(argument)) throw new SchemaFault('is a schema; for places in a list there is prefixItems')
    const child = read(argument)
    const first = Array.isArray(beside['prefixItems']) ? beside['prefixItems'].length : 0
    return ofArrays((list, run, place) => everyItem(list, (item, i) => i < first || child.apply(item, run, { within: place, name: i })))
  },
  contains: (argument, { read }) => {
    const child = read(argument)
    return ofArrays((list, run, place) => run.branch(() => list.filter((item, i) => child.apply(item, run, { within: place, name: i })).length > 0))
  },
  minItems: (argument) => ofItemCounts(argument, (size, least) => size >= least),
  maxItems: (argument) => ofItemCounts(argument, (size, most) => size <= most),
  uniqueItems: (argument) => {
    if (typeof argument !== 'boolean') throw new SchemaFault('is true or false')
    if (!argument) return undefined
    return ofArrays((list, run) => {
      const texts = list.map((item) => canonicalJson(item))
      run.spend(Math.floor(texts.reduce((sum, { length }) => sum + length, 0) / TEXT_WORK))
      return new Set(texts).size === texts.length
    })
  },

  allOf: (argument, context) => {
    const all = schemasOf(argument, context)
    context.schema.certain.push(...all)
    return (value, run, place) => all.filter((one) => !one.apply(value, run, place)).length === 0
  },
  anyOf: (argument, context) => {
    const all = schemasOf(argument, context)
    return (value, run, place) => run.branch(() => all.filter((one) => one.apply(value, run, place)).length > 0)
  },
  oneOf: (argument, context) => {
    const all = schemasOf(argument, context)
    return (value, run, place) => run.branch(() => all.filter((one) => one.apply(value, run, place)).length === 1)
  },
  not: (argument, { schema, read }) => {
    const child = read(argument)
    schema.inPlace.push(child)
    return (value, run, place) => !run.branch(() => child.apply(value, run, place))
  },
  if: (argument, { schema, read, readBeside }) => {
    const condition = read(argument)
    const [yes, no] = [readBeside('then'), readBeside('else')]
    for (const one of [condition, yes, no]) if (one !== undefined) schema.inPlace.push(one)
    return (value, run, place) => {
      const holds = run.branch(() => condition.apply(value, run, place))
      return (holds ? yes : no)?.apply(value, run, place) ?? true
    }
  },
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name.
  then: branch,
  else: branch,
}

/** One of a condition's branches: without the condition it would say nothing. */
function branch(argument: Json, { beside, read }: KeywordContext): undefined {
  if (beside['if'] === undefined) read(argument)
}

function definitions(argument: Json, { read }: KeywordContext): undefined {
  for (const [name, one] of Object.entries(fieldsOf(argument, 'is an object of schemas'))) read(one, name)
}

function oneOfThese(list: readonly Json[]): Judge {
  if (list.some((one) => typeof one === 'object' && one !== null)) throw new SchemaFault('has texts, numbers, booleans and null')
  const values = new Set(list)
  return (value) => values.has(value)
}

function ofNumbers(argument: Json, test: (value: number, limit: number) => boolean): Judge {
  if (typeof argument !== 'number') throw new SchemaFault('is a number')
  return (value) => typeof value !== 'number' || test(value, argument)
}

function ofTexts(argument: Json, test: (run: Run, text: string, limit: number) => boolean): Judge {
  const limit = count(argument)
  return (value, run) => typeof value !== 'string' || test(run, value, limit)
}

function ofFieldCounts(argument: Json, test: (size: number, limit: number) => boolean): Judge {
  const limit = count(argument)
  return ofObjects((fields, run) => {
    const size = Object.keys(fields).length
    run.spend(size)
    return test(size, limit)
  })
}

function ofItemCounts(argument: Json, test: (size: number, limit: number) => boolean): Judge {
  const limit = count(argument)
  return ofArrays((list) => test(list.length, limit))
}

function ofObjects(judge: (fields: Fields, ...rest: Tail<Parameters<Judge>>) => boolean): Judge {
  return (value, run, place) => !isPlainObject(value) || judge(value, run, place)
}

function ofArrays(judge: (list: readonly Json[], ...rest: Tail<Parameters<Judge>>) => boolean): Judge {
  return (value, run, place) => !Array.isArray(value) || judge(value, run, place)
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

/** Whether all are right; all are looked at. */
function everyItem(list: readonly Json[], test: (item: Json, i: number) => boolean | undefined): boolean {
  return list.filter((item, i) => test(item, i) === false).length === 0
}

function schemasOf(argument: Json, { schema, read }: KeywordContext): readonly Schema[] {
  if (!Array.isArray(argument) || argument.length === 0) throw new SchemaFault('is a list of schemas')
  const all = argument.map((one, i) => read(one, i))
  schema.inPlace.push(...all)
  return all
}

function fieldsOf(value: Json, shape: string): Fields {
  if (!isPlainObject(value)) throw new SchemaFault(shape)
  return value
}

/** A list of different names. */
function namesOf(argument: Json): readonly string[] {
  const names = listOf(argument, (one) => typeof one === 'string')
  if (names === undefined || new Set(names).size < names.length) throw new SchemaFault('is a list of names, none of them twice')
  return names
}

function listOf(value: Json, isRight: (one: Json) => one is string): readonly string[] | undefined {
  return Array.isArray(value) && value.every(isRight) ? value : undefined
}

function count(argument: Json): number {
  if (typeof argument !== 'number' || !Number.isSafeInteger(argument) || argument < 0) throw new SchemaFault('is a whole number from 0 on')
  return argument
}

/** The value of a field; names such as `constructor` are like others. */
function fieldOf(fields: Fields, name: string): Json | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'object':
      return isPlainObject(value)
    default:
      return typeof value === type
  }
}
