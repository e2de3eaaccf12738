import { MAX_PATH_LENGTH, MAX_PATH_SEGMENTS } from './limits.ts'
import { textLiteral } from './sql/sql-literal.ts'

/** One step of a path: the name of a field, which may also say a place in an array, as in `items.0`. */
export interface Segment {
  readonly name: string
  /** The place in an array that the segment says too. A segment in quotation marks is the name of a field only. */
  readonly place: number | undefined
}

/** A path, step by step. */
export type Path = readonly Segment[]

/** Names in quotation marks are JSON strings, so that they can have a dot, a quotation mark, a leading `$`, or nothing in them. */
const QUOTED = /^"(?:[^"\\]|\\.)*"(?=\.|$)/
const PLACE = /^(?:0|[1-9][0-9]{0,5})$/

/** Paths that were read, so that each is read once. Emptied when full. */
const known = new Map<string, Path>()
const MAX_KNOWN = 1000

/** What is wrong with a dotted path, as the end of a sentence; `undefined` where it is fine. */
export function pathFault(path: string): string | undefined {
  if (known.has(path)) return undefined
  const parsed = parse(path)
  return typeof parsed === 'string' ? parsed : undefined
}

/** The steps of a dotted path such as `items.0.name` or `"address.city".zip`. The path must have no fault. */
export function pathOf(path: string): Path {
  const found = known.get(path)
  if (found !== undefined) return found
  const parsed = parse(path)
  if (typeof parsed === 'string') throw new TypeError(`the path ${JSON.stringify(path.slice(0, 80))} ${parsed}`)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(path, parsed)
  return parsed
}

/** The steps, or what is wrong. */
function parse(path: string): Path | string {
  if (path.length > MAX_PATH_LENGTH) return `is longer than ${MAX_PATH_LENGTH} characters`
  if (!path.isWellFormed()) return 'has a lone surrogate'
  const segments: Segment[] = []
  for (let rest: string | undefined = path; rest !== undefined; ) {
    const segment = rest.startsWith('"') ? quoted(rest) : plain(rest)
    if (typeof segment === 'string') return segment
    segments.push(segment)
    const length: number = segment.length
    rest = length === rest.length ? undefined : rest.slice(length + 1)
  }
  return segments.length > MAX_PATH_SEGMENTS ? `has more than ${MAX_PATH_SEGMENTS} segments` : segments.map(({ name, place }) => ({ name, place }))
}

type ReadSegment = Segment & { readonly length: number }

function plain(rest: string): ReadSegment | string {
  const end = rest.indexOf('.')
  const name = end === -1 ? rest : rest.slice(0, end)
  if (name === '') return 'has an empty segment; a field whose name is empty is written ""'
  if (/["\0]/.test(name)) return 'has a quotation mark or a NUL; write such a name as a JSON string, in quotation marks'
  return { name, place: PLACE.test(name) ? Number(name) : undefined, length: name.length }
}

function quoted(rest: string): ReadSegment | string {
  const text = QUOTED.exec(rest)?.[0]
  try {
    const name: unknown = text === undefined ? undefined : JSON.parse(text)
    if (text !== undefined && typeof name === 'string' && name.isWellFormed()) return { name, place: undefined, length: text.length }
  } catch {
    // Falls through to the one sentence for every kind of broken quoting.
  }
  return 'has a name in quotation marks that is not a JSON string, such as "address.city"'
}

/**
 * The SQL expression for the value at a path: the column `id` for `_id`, else a `json_extract`. Queries and declared
 * indexes both write it this way, because SQLite uses an expression index only for the very same text. Leads through objects only.
 */
export function pathExpression(path: string): string {
  return path === '_id' ? 'id' : `json_extract(content, ${jsonPath(pathOf(path))})`
}

/** The SQL expression for the JSON type of the value at a path, NULL where there is none. */
export function typeExpression(path: string): string {
  return path === '_id' ? textLiteral('text') : `json_type(content, ${jsonPath(pathOf(path))})`
}

/** The SQL condition that an array lies on the path, at its end or before. */
export function arrayOnPath(path: string): string {
  const steps = pathOf(path)
  const conditions = steps.map((_, i) => `json_type(content, ${jsonPath(steps.slice(0, i + 1))}) = 'array'`)
  return conditions.length === 1 ? conditions.join() : `(${conditions.join(' OR ')})`
}

/** SQLite's JSON path, as a literal. SQLite reads labels as JSON strings, so a backslash has to be escaped. */
function jsonPath(path: Path): string {
  return textLiteral(`$.${path.map(({ name }) => JSON.stringify(name)).join('.')}`)
}
