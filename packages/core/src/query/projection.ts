import { DocstoreError } from '../errors.ts'
import type { Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { isRecordLike } from '../model/record-like.ts'
import { pathFault, pathOf } from './path.ts'

/** Most fields in a projection. */
const MAX_FIELDS = 200

/** What is kept of a value: everything, nothing, or what its own fields say. */
type Node = Map<string, Node | 'end'>

/** A checked projection: the named fields alone, or all but the named ones. */
export interface Projection {
  readonly keepsNamed: boolean
  readonly fields: Node
  readonly keepsId: boolean
}

/**
 * Checks a projection as MongoDB has them: `{ name: 1, 'address.city': 1 }` keeps these fields and `_id`, `{ notes: 0 }` all but these;
 * `_id: 0` goes with both. `true` and `false` do as well. `undefined` where it keeps everything. Throws `bad-projection`.
 */
export function parseProjection(input: unknown): Projection | undefined {
  if (!isRecordLike(input)) throw badProjection('it has to be an object such as { name: 1, age: 1 } or { notes: 0 }')
  const entries = Object.entries(input)
  if (entries.length > MAX_FIELDS) throw badProjection(`it has more than ${MAX_FIELDS} fields`)
  const fields: Node = new Map()
  let keepsId: boolean | undefined
  let keepsNamed: boolean | undefined
  for (const [path, value] of entries) {
    const fault = path.startsWith('$') ? 'starts with $' : pathFault(path)
    if (fault !== undefined) throw badProjection(`the field name ${JSON.stringify(path.slice(0, 80))} ${fault}`)
    if (value !== 0 && value !== 1 && typeof value !== 'boolean')
      throw badProjection(`the value for ${JSON.stringify(path)} has to be 1 or 0; expressions are not supported`)
    const keeps = value === 1 || value === true
    if (path === '_id') keepsId = keeps
    else {
      if (keepsNamed !== undefined && keepsNamed !== keeps) throw badProjection('it keeps some fields and leaves out others. Only _id can differ')
      keepsNamed = keeps
      addPath(fields, path)
    }
  }
  if (entries.length === 0) return undefined
  // `{ _id: 1 }` keeps the id alone, `{ _id: 0 }` everything else.
  return { keepsNamed: keepsNamed ?? keepsId === true, fields, keepsId: keepsId ?? true }
}

function addPath(fields: Node, path: string): void {
  const segments = pathOf(path).map(({ name }) => name)
  const last = segments.pop() ?? ''
  let node = fields
  for (const segment of segments) {
    const next = node.get(segment) ?? new Map<string, Node | 'end'>()
    if (next === 'end') throw collision(path)
    node.set(segment, next)
    node = next
  }
  if (node.has(last)) throw collision(path)
  node.set(last, 'end')
}

/** A document with what the projection keeps. Paths lead through arrays: they hold for each element that is an object. */
export function project(projection: Projection, document: Document): { readonly [field: string]: Json } {
  const { keepsNamed, fields, keepsId } = projection
  const { _id, ...rest } = document
  const kept = keepsNamed ? keepNamed(rest, fields) : leaveOut(rest, fields)
  return keepsId ? { _id, ...kept } : kept
}

type JsonObject = { readonly [field: string]: Json }

function keepNamed(object: JsonObject, fields: Node): JsonObject {
  return fromEntries(
    Object.entries(object).flatMap(([name, value]) => {
      const node = fields.get(name)
      if (node === undefined) return []
      const kept = node === 'end' ? value : keepIn(value, node)
      return kept === undefined ? [] : [[name, kept] as const]
    }),
  )
}

/** Of a plain value nothing is kept where fields of it are asked for. */
function keepIn(value: Json, node: Node): Json | undefined {
  if (Array.isArray(value)) return value.flatMap((element: Json) => wrapped(keepIn(element, node)))
  return isObject(value) ? keepNamed(value, node) : undefined
}

function leaveOut(object: JsonObject, fields: Node): JsonObject {
  return fromEntries(
    Object.entries(object).flatMap(([name, value]) => {
      const node = fields.get(name)
      return node === 'end' ? [] : [[name, node === undefined ? value : leaveOutIn(value, node)] as const]
    }),
  )
}

function leaveOutIn(value: Json, node: Node): Json {
  if (Array.isArray(value)) return value.map((element: Json) => leaveOutIn(element, node))
  return isObject(value) ? leaveOut(value, node) : value
}

/** A list of the value, which may be a list itself. */
function wrapped(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : [value]
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Defines fields, so that one with the name of an inherited setter becomes a field too. */
function fromEntries(entries: readonly (readonly [string, Json])[]): JsonObject {
  return Object.fromEntries(entries)
}

function collision(path: string): DocstoreError {
  return badProjection(`${JSON.stringify(path)} is in it twice, by itself and as a part of another field`)
}

function badProjection(what: string): DocstoreError {
  return new DocstoreError('bad-projection', `The projection cannot be used: ${what}`)
}
