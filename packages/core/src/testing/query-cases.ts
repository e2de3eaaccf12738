import type { Document } from '../model/content.ts'
import type { Json } from '../model/json/json-value.ts'
import { type SeededRandom, seededRandom } from './random.ts'

/** What happens to a collection: a document is stored or replaced, one is deleted, an index is declared. */
export type Step =
  | { readonly kind: 'put'; readonly document: Document }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'index'; readonly paths: readonly string[] }

/** A query as people type it. */
export interface TypedQuery {
  readonly filter: Readonly<Record<string, unknown>>
  readonly sort: Readonly<Record<string, 1 | -1>>
}

/** A collection's life, and queries on what is left of it. */
export interface QueryCases {
  readonly steps: readonly Step[]
  /** What is there after the steps. */
  readonly documents: readonly Document[]
  readonly queries: readonly TypedQuery[]
}

/** The same cases for the same seed: few names and few values, so that documents and filters meet. */
export function queryCases(seed: number, queries: number): QueryCases {
  const random = seededRandom(seed)
  const steps = randomSteps(random)
  const left = new Map<string, Document>()
  for (const step of steps) {
    if (step.kind === 'put') left.set(step.document._id, step.document)
    if (step.kind === 'delete') left.delete(step.id)
  }
  const documents = [...left.values()]
  const indexed = steps.flatMap((step) => (step.kind === 'index' ? step.paths : []))
  const words = new Words(random, documents, indexed)
  return { steps, documents, queries: Array.from({ length: queries }, () => ({ filter: words.filter(0), sort: words.sort() })) }
}

/** The seeds of a test. `SEED=n` replays one, `SEEDS=n` runs so many. */
export function seedsOf(usual: number): readonly number[] {
  const { SEED, SEEDS } = 'process' in globalThis ? process.env : {}
  return SEED === undefined ? Array.from({ length: Number(SEEDS ?? usual) }, (_, i) => i + 1) : [Number(SEED)]
}

/** Longest that a test of so many seeds may take, milliseconds: some twenty times what it takes. */
export function patienceFor(seeds: readonly number[]): number {
  return 30_000 + 2000 * seeds.length
}

/** Runs one seed; what fails says how to see it again. */
export async function withSeed(seed: number, run: () => void | Promise<void>): Promise<void> {
  try {
    await run()
  } catch (cause) {
    throw new Error(`Seed ${seed} failed; replay it with SEED=${seed}. ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}

/** Names of fields; the first are the usual ones. Some can be typed in quotation marks only. */
const USUAL_NAMES = ['a', 'b', 'a', 'b', 'c', '0']
const ODD_NAMES = ['1', 'constructor', 'x.y', '$v', '', 'q"', 'ü\\', 'length', '__proto', '#']
const NUMBERS = [0, 1, 2, -1, 0.5, 5, -7.9, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, -(2 ** 63), 5e-324]
const TEXTS = ['', 'a', 'b', 'A', 'ab', 'a\nb', '1', '10', 'é', 'É', '\uffff', '😀', 'a\0b', "it's", '[1]', 'null', '%_*']
/** Patterns that RE2 and JavaScript read alike. */
const PATTERNS = ['^a', 'b$', 'A', '.', 'a.b', '^$', '^[0-9]+$', 'é|😀', '(?:ab)+', '\\d', '^b', 'a*', '^.$', '%_\\*']
const TYPES = ['number', 'int', 'double', 'string', 'object', 'array', 'bool', 'null']

function randomSteps(random: SeededRandom): Step[] {
  const steps: Step[] = []
  const ids = ['a', 'b', 'c', 'd', '\uffff', '😀'].flatMap((name) => [name, `${name}1`, `${name}0`])
  const length = 8 + random.below(40)
  for (let i = 0; i < length; i++) {
    const kind = random.pick(['index', 'delete', 'put', 'put', 'put', 'put', 'put', 'put'])
    if (kind === 'index') steps.push({ kind, paths: indexPaths(random) })
    else if (kind === 'delete') steps.push({ kind, id: random.pick(ids) })
    else steps.push({ kind: 'put', document: { ...randomObject(random, 0), _id: random.pick(ids) } })
  }
  return steps
}

function indexPaths(random: SeededRandom): string[] {
  const paths = Array.from({ length: 1 + random.below(3) }, () => randomPath(random))
  return [...new Set(random.chance(0.2) ? [...paths, '_id'] : paths)]
}

function randomName(random: SeededRandom): string {
  return random.pick(random.chance(0.8) ? USUAL_NAMES : ODD_NAMES)
}

function randomPath(random: SeededRandom): string {
  return Array.from({ length: random.pick([1, 1, 1, 2, 2, 3]) }, (_, i) => typed(randomName(random), i, random)).join('.')
}

/** A segment as it is typed: in quotation marks where it has to be, and sometimes where it need not. */
function typed(name: string, at: number, random: SeededRandom): string {
  const isPlain = /^[^".$]+$/.test(name) && !random.chance(0.02)
  return isPlain || (at > 0 && name === '$v') ? name : JSON.stringify(name)
}

function randomObject(random: SeededRandom, depth: number): { [name: string]: Json } {
  const names = Array.from({ length: random.below(depth === 0 ? 5 : 3) }, () => randomName(random))
  return Object.fromEntries(names.map((name) => [name, randomValue(random, depth + 1)]))
}

function randomValue(random: SeededRandom, depth: number): Json {
  if (depth < 4 && random.chance(0.3)) return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1))
  if (depth < 4 && random.chance(0.3)) return randomObject(random, depth)
  return random.pick<() => Json>([() => random.pick(NUMBERS), () => random.pick(TEXTS), () => random.pick([null, true, false, 0, 1, 'a'])])()
}

/** A value in a document, and a path that leads to it. */
interface Spot {
  readonly path: string
  readonly value: Json
}

/** Filters and sorts over some documents: most of them are about what is there. */
class Words {
  readonly #random: SeededRandom
  readonly #spots: readonly Spot[]
  readonly #indexed: readonly string[]
  readonly #ids: readonly string[]

  constructor(random: SeededRandom, documents: readonly Document[], indexed: readonly string[]) {
    this.#random = random
    this.#spots = documents.flatMap(({ _id, ...fields }) => spotsIn(fields, [], random))
    this.#indexed = indexed
    this.#ids = [...documents.map(({ _id }) => _id), 'none']
  }

  sort(): Record<string, 1 | -1> {
    const random = this.#random
    if (random.chance(0.3)) return {}
    const paths = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => this.#spot().path)
    if (random.chance(0.2)) paths.push('_id')
    return Object.fromEntries(paths.map((path) => [path, random.pick([1, -1])]))
  }

  filter(depth: number): Record<string, unknown> {
    const random = this.#random
    if (depth < 3 && random.chance(0.2)) {
      const operator = random.pick(['$and', '$or', '$or', '$nor', '$not'])
      const one = operator === '$not' ? this.filter(depth + 1) : this.#list(1, () => this.filter(depth + 1))
      return { [operator]: one, ...(random.chance(0.1) ? this.#fields(depth) : {}) }
    }
    return this.#fields(depth)
  }

  #fields(depth: number): Record<string, unknown> {
    const random = this.#random
    if (depth === 0 && random.chance(0.05)) return random.pick([{}, { _id: random.pick(this.#ids) }, { _id: { $in: [...this.#ids.slice(0, 3), 5] } }])
    return Object.fromEntries(
      Array.from({ length: random.chance(0.15) ? 2 : 1 }, () => {
        const { path, value } = this.#spot()
        return [path, this.#condition(depth, value)]
      }),
    )
  }

  #condition(depth: number, at: Json): unknown {
    const random = this.#random
    if (random.chance(0.15)) return this.#operand(at)
    if (random.chance(0.05)) return new RegExp(random.pick(PATTERNS), random.pick(['', 'i', 'm', 's']))
    return this.#operators(depth, at)
  }

  #operators(depth: number, at: Json): Record<string, unknown> {
    return { ...this.#operator(depth, at), ...(this.#random.chance(0.2) ? this.#operator(depth, at) : {}) }
  }

  #operator(depth: number, at: Json): Record<string, unknown> {
    const random = this.#random
    const name = random.pick(
      '$eq $ne $gt $gte $lt $lte $gt $lte $in $nin $exists $type $regex $mod $size $all $elemMatch $elemMatch $not $not'.split(' '),
    )
    switch (name) {
      case '$in':
      case '$nin':
        return { [name]: this.#list(0, () => (random.chance(0.1) ? new RegExp(random.pick(PATTERNS)) : this.#operand(at))) }
      case '$exists':
        return { $exists: random.pick([true, false, 1, 0]) }
      case '$type':
        return { $type: random.chance(0.7) ? random.pick(TYPES) : this.#list(1, () => random.pick(TYPES)) }
      case '$regex':
        return { $regex: random.pick(PATTERNS), ...(random.chance(0.5) ? { $options: random.pick(['', 'i', 'm', 's', 'ims']) } : {}) }
      case '$mod':
        return { $mod: [random.pick([2, -3, 4, 1, 2.9, 2 ** 40]), random.pick([0, 1, -1, 0.5])] }
      case '$size':
        return { $size: random.below(4) }
      case '$all':
        return {
          $all: random.chance(0.2) ? this.#list(1, () => ({ $elemMatch: this.#elements(depth, at) })) : this.#list(0, () => this.#operand(at)),
        }
      case '$elemMatch':
        return { $elemMatch: this.#elements(depth, at) }
      case '$not':
        return { $not: depth > 2 ? { $exists: true } : random.chance(0.1) ? new RegExp(random.pick(PATTERNS), 'i') : this.#operators(depth + 1, at) }
      default:
        return { [name]: this.#operand(at) }
    }
  }

  #elements(depth: number, at: Json): unknown {
    const random = this.#random
    const element = Array.isArray(at) && at.length > 0 ? random.pick(at as readonly Json[]) : at
    if (depth > 2) return { $gte: this.#operand(element) }
    if (random.chance(0.5)) return this.#operators(depth + 1, element)
    const [spot] = typeof element === 'object' && element !== null && random.chance(0.6) ? spotsIn(element, [], random) : []
    if (spot !== undefined) return { [spot.path]: this.#condition(depth + 1, spot.value) }
    const filter = this.filter(depth + 1)
    // `$not` there is the operator that is about elements.
    return '$not' in filter ? { $and: [filter] } : filter
  }

  /** Something like the value that is there, else anything. */
  #operand(at: Json): Json {
    const random = this.#random
    const near = Array.isArray(at) && at.length > 0 && random.chance(0.7) ? random.pick(at as readonly Json[]) : at
    const value = random.chance(0.7) ? near : random.chance(0.5) ? this.#spot().value : randomValue(random, 2)
    // An object whose first name begins with `$` would be read as operators.
    return JSON.stringify(value).includes('"$') ? random.pick(NUMBERS) : value
  }

  /** A path, and what one of the documents has there. */
  #spot(): Spot {
    const random = this.#random
    if (random.chance(0.02)) return { path: '_id', value: random.pick(this.#ids) }
    const ofIndex = this.#indexed.length > 0 && random.chance(0.4) ? random.pick(this.#indexed) : undefined
    const spots = ofIndex === undefined ? this.#spots : this.#spots.filter(({ path }) => path === ofIndex)
    if (spots.length > 0 && random.chance(0.9)) return random.pick(spots)
    return { path: ofIndex ?? randomPath(random), value: randomValue(random, 1) }
  }

  #list<T>(least: number, make: () => T): T[] {
    return Array.from({ length: least + this.#random.pick([0, 0, 1, 1, 2]) }, make)
  }
}

/** Everything in a value, with a path to it; some lead to places in arrays. */
function spotsIn(value: Json, segments: readonly string[], random: SeededRandom): Spot[] {
  const own = segments.length === 0 ? [] : [{ path: segments.join('.'), value }]
  if (typeof value !== 'object' || value === null || segments.length > 4) return own
  const inside = Object.entries(value).flatMap(([name, one]: [string, Json]) => {
    const isSkipped = Array.isArray(value) && segments.length > 0 && random.chance(0.7)
    return isSkipped ? spotsIn(one, segments, random) : spotsIn(one, [...segments, typed(name, segments.length, random)], random)
  })
  return [...own, ...inside]
}
