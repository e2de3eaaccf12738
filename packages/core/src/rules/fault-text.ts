import type { Json } from '../model/json/json-value.ts'
import type { Fault } from './run.ts'

/** What a rule asks for, as the end of a sentence about what breaks it. */
const ASKS: Readonly<Record<string, (expected: string) => string>> = {
  type: (type) => `has to be of the type ${type}`,
  const: (value) => `has to be ${value}`,
  enum: (values) => `has to be one of ${values}`,
  minimum: (limit) => `has to be ${limit} at least`,
  maximum: (limit) => `has to be ${limit} at most`,
  exclusiveMinimum: (limit) => `has to be more than ${limit}`,
  exclusiveMaximum: (limit) => `has to be less than ${limit}`,
  multipleOf: (step) => `has to be a multiple of ${step}`,
  minLength: (limit) => `has to have ${limit} characters at least`,
  maxLength: (limit) => `has to have ${limit} characters at most`,
  pattern: (pattern) => `has to match ${pattern}`,
  required: (names) => `has to have the fields ${names}`,
  dependentRequired: (names) => `has to have the fields that go together: ${names}`,
  additionalProperties: () => 'is no field that there may be',
  minProperties: (limit) => `has to have ${limit} fields at least`,
  maxProperties: (limit) => `has to have ${limit} fields at most`,
  minItems: (limit) => `has to have ${limit} items at least`,
  maxItems: (limit) => `has to have ${limit} items at most`,
  uniqueItems: () => 'has an item twice',
  maxBytes: (limit) => `has more than ${limit} bytes as JSON`,
  work: () => 'has so many values that judging it by the schema would take too long',
  immutable: (names) => `follows from fields that never change: ${names}`,
}

/** Longest that is shown of what a rule expects, UTF-16 units. */
const MAX_SHOWN = 200

/** What is wrong, as a sentence without its full stop: `total has to be 0 at least (minimum)`. */
export function faultText({ path, rule, expected }: Fault): string {
  const what = path.length === 0 ? 'the document' : JSON.stringify(path.join('.').slice(0, MAX_SHOWN))
  const asks = ASKS[rule]?.(shown(expected)) ?? `does not fulfil ${shown(expected)}`
  return `${what} ${asks} (${rule})`
}

function shown(expected: Json): string {
  const list = Array.isArray(expected) ? expected : [expected]
  const text = list.map((one) => (typeof one === 'string' && Array.isArray(expected) ? one : JSON.stringify(one))).join(', ')
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
