import type { Json } from '../model/json/json-value.ts'

/** What `$type` takes: MongoDB's names of the types that JSON has. */
export const TYPE_NAMES = ['number', 'int', 'double', 'string', 'object', 'array', 'bool', 'null'] as const

/** A type that `$type` asks for. */
export type TypeName = (typeof TYPE_NAMES)[number]

export function isTypeName(value: unknown): value is TypeName {
  return TYPE_NAMES.some((name) => name === value)
}

/** Whether a value is of the type. A number is an `int` as MongoDB's drivers decide: whole and of 32 bits; every other one is a `double`. */
export function isOfType(value: Json, type: TypeName): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'bool':
      return typeof value === 'boolean'
    case 'number':
    case 'string':
      return typeof value === type
    case 'int':
    case 'double':
      return typeof value === 'number' && (value === (value | 0)) === (type === 'int')
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
  }
}
