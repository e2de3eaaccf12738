import { equalBytes } from '../../model/bytes.ts'
import { encodeCbor } from '../../model/encoding/cbor.ts'
import { type HeadBody, readHeadBody } from '../../model/namespace/head-body.ts'

type Fields = Readonly<Record<string, unknown>>

/** Fields of which two values are no contradiction: when it ended, as soon as it has, when it was made, and how it is split: as finely as one says. */
const NEVER_LOST: ReadonlySet<string> = new Set(['ended', 'created', 'split'] satisfies (keyof HeadBody)[])

/** What two changes of one body make together. `lost` names the fields that both changed, each to something else: those of `winner` stand. */
export function mergedBody(base: HeadBody, winner: HeadBody, loser: HeadBody): { readonly body: HeadBody; readonly lost: readonly string[] } {
  const { fields, lost } = merged({ ...base }, { ...winner }, { ...loser })
  const split = Math.max(winner.split ?? 0, loser.split ?? 0)
  const body = readHeadBody(split === 0 ? fields : { ...fields, split })
  // Each alone is within the limits of a body; together they need not be.
  if (!body.ok)
    return {
      body: split === 0 ? winner : { ...winner, split },
      lost: Object.keys(loser).filter((key) => !equal(loser, base, key) && !equal(loser, winner, key)),
    }
  return { body: body.value, lost: lost.filter((key) => !NEVER_LOST.has(key)) }
}

function merged(base: Fields, winner: Fields, loser: Fields): { readonly fields: Fields; readonly lost: readonly string[] } {
  const fields: Record<string, unknown> = { ...winner }
  const lost: string[] = []
  for (const key of new Set([...Object.keys(base), ...Object.keys(winner), ...Object.keys(loser)])) {
    if (equal(loser, base, key) || equal(loser, winner, key)) continue
    const [before, ours, theirs] = [base[key] ?? {}, winner[key] ?? {}, loser[key] ?? {}]
    if (equal(winner, base, key)) {
      if (loser[key] === undefined) delete fields[key]
      else fields[key] = loser[key]
    } else if (isMap(before) && isMap(ours) && isMap(theirs)) {
      // A map of settings, each of which is one field.
      const inner = merged(before, ours, theirs)
      if (Object.keys(inner.fields).length === 0) delete fields[key]
      else fields[key] = inner.fields
      if (inner.lost.length > 0) lost.push(key)
    } else lost.push(key)
  }
  return { fields, lost }
}

function equal(a: Fields | HeadBody, b: Fields | HeadBody, key: string): boolean {
  return equalBytes(encodeCbor((a as Fields)[key] ?? null), encodeCbor((b as Fields)[key] ?? null))
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
