import { isPlainObject } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { KEYWORDS, type KeywordContext } from './keywords.ts'
import { MAX_IN_PLACE_DEPTH } from './limits.ts'
import { Schema } from './schema.ts'
import { SchemaFault } from './schema-fault.ts'

type Path = readonly (string | number)[]
type Fields = Readonly<Record<string, Json>>

const REFERENCE = /^#\/(\$defs|definitions)\/([A-Za-z0-9_.-]+)$/

/** A schema that can be judged by, and whether the engine for patterns has to be loaded for that. Throws `SchemaFault`. */
export function readSchema(input: Json): { readonly schema: Schema; readonly usesPatterns: boolean } {
  const reader = new SchemaReader(input)
  return { schema: reader.schema, usesPatterns: reader.usesPatterns }
}

class SchemaReader {
  readonly schema: Schema
  usesPatterns = false
  readonly #root: Json
  /** What can be referred to, by its reference: one that is being read is there already, so that schemas may lead to themselves in what lies in a value. */
  readonly #definitions = new Map<string, Schema>()
  readonly #all: { readonly schema: Schema; readonly path: Path }[] = []

  constructor(root: Json) {
    this.#root = root
    this.schema = this.#read(root, [])
    this.#checkDepths()
  }

  #read(input: Json, path: Path, schema: Schema = this.#new(path)): Schema {
    if (typeof input === 'boolean') {
      schema.isNever = !input
      return schema
    }
    if (!isPlainObject(input)) throw new SchemaFault('is no schema: an object, true or false', path)
    const beside = input as Fields
    for (const [name, argument] of Object.entries(beside)) {
      const reader = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined
      const at = [...path, name]
      if (reader === undefined) throw new SchemaFault(unknownKeyword(name), at)
      const context: KeywordContext = {
        schema,
        beside,
        read: (one, ...rest) => this.#part(one, [...at, ...rest]),
        readBeside: (keyword) => {
          const one = beside[keyword]
          return one === undefined ? undefined : this.#read(one, [...path, keyword])
        },
        resolve: (reference) => this.#resolve(reference, at),
        usesPatterns: () => {
          this.usesPatterns = true
        },
      }
      const judge = located(at, () => reader(argument, context))
      if (judge !== undefined) schema.keywords.push({ name, argument, judge })
    }
    return schema
  }

  /** A schema within another one: what is a definition, is read once. */
  #part(input: Json, path: Path): Schema {
    const reference = `#/${path.join('/')}`
    return REFERENCE.test(reference) ? this.#resolve(reference, path) : this.#read(input, path)
  }

  #resolve(reference: string, path: Path): Schema {
    const known = this.#definitions.get(reference)
    if (known !== undefined) return known
    const [, group = '', name = ''] = REFERENCE.exec(reference) ?? []
    const definitions = fieldOf(this.#root, group)
    const input = definitions === undefined ? undefined : fieldOf(definitions, name)
    if (input === undefined) throw new SchemaFault('leads to no definition: it is "#/$defs/" and a name in $defs of the whole schema', path)
    const schema = this.#new([group, name])
    this.#definitions.set(reference, schema)
    return this.#read(input, [group, name], schema)
  }

  #new(path: Path): Schema {
    const schema = new Schema()
    this.#all.push({ schema, path })
    return schema
  }

  /** Schemas that apply to one value through each other must come to an end, and soon. */
  #checkDepths(): void {
    const depths = new Map<Schema, number>()
    const depthOf = (schema: Schema, path: Path, above: number): number => {
      let depth = depths.get(schema) ?? 0
      if (above + depth > MAX_IN_PLACE_DEPTH)
        throw new SchemaFault(`applies to a value through more than ${MAX_IN_PLACE_DEPTH} schemas, or through itself`, path)
      if (depths.has(schema)) return depth
      for (const one of schema.inPlace) depth = Math.max(depth, 1 + depthOf(one, path, above + 1))
      depths.set(schema, depth)
      return depth
    }
    for (const { schema, path } of this.#all) depthOf(schema, path, 0)
  }
}

/** Says where in the schema something is wrong, unless that is known. */
function located<T>(path: Path, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof SchemaFault && error.path.length === 0 ? new SchemaFault(error.message, path) : error
  }
}

function fieldOf(value: Json, name: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, name) ? (value as Fields)[name] : undefined
}

function unknownKeyword(name: string): string {
  if (name === 'format') return 'is not judged: implementations differ in what it means. Write a pattern'
  if (name === 'patternProperties') return 'is not judged. There are properties, additionalProperties and propertyNames'
  return `is not judged. There are ${Object.keys(KEYWORDS).join(', ')}`
}
