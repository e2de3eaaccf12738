import type { NewDocument } from 'p2p-docstore'

/** What `update` takes to make one document of another. */
export interface FieldChanges {
  readonly $set?: Readonly<Record<string, unknown>>
  readonly $unset?: Readonly<Record<string, true>>
}

/** Names that a path would read as something else: several names, or an operator. */
const UNUSABLE = /^$|^\$|[."]/

/**
 * The fields in which a document that was edited differs from what it was, as `update` takes them: those of objects within it one by one, arrays
 * whole. `undefined` where a path cannot name one of them, so that the document has to be written whole.
 */
export function fieldChanges(before: NewDocument, after: NewDocument): FieldChanges | undefined {
  const set: [string, unknown][] = []
  const unset: [string, true][] = []
  const isNamed = compare(before, after, '', { set, unset })
  if (!isNamed) return undefined
  return {
    ...(set.length === 0 ? {} : { $set: Object.fromEntries(set) }),
    ...(unset.length === 0 ? {} : { $unset: Object.fromEntries(unset) }),
  }
}

interface Found {
  readonly set: [string, unknown][]
  readonly unset: [string, true][]
}

/** Collects what differs. False where a path cannot name it. */
function compare(before: object, after: object, prefix: string, found: Found): boolean {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(name), now.get(name)]
    if (now.has(name) && old.has(name) && isSame(was, is)) continue
    if (UNUSABLE.test(name)) return false
    const path = `${prefix}${name}`
    if (!now.has(name)) found.unset.push([path, true])
    else if (!isObject(was) || !isObject(is)) found.set.push([path, is])
    else if (!compare(was, is, `${path}.`, found)) return false
  }
  return true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two values of JSON are equal, in whatever order their fields stand. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((value, i) => isSame(value, other[i]))
  if (!isObject(one) || !isObject(other)) return Object.is(one, other) || one === other
  const [fields, others] = [Object.entries(one), new Map(Object.entries(other))]
  return fields.length === others.size && fields.every(([name, value]) => others.has(name) && isSame(value, others.get(name)))
}
