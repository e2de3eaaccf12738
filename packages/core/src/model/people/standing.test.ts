import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { toHex } from '../bytes.ts'
import { cidOf, DAG_CBOR } from '../encoding/cid.ts'
import type { SignedAct } from './act.ts'
import { ActGraph } from './act-graph.ts'
import { type LogRules, standingActs } from './standing.ts'
import { fc } from '../../testing/fast-check.ts'

/** An act as the rules see it: who does it, whom it removes or lets act, and what was before it. */
interface Told {
  readonly by: number
  readonly isChief: boolean
  readonly removes?: number
  readonly lets?: number
  /** How far back its parents lie. */
  readonly parents: readonly number[]
  /** How far back the act lies that it says let it act; 0 for none. */
  readonly via: number
}

const told = fc.record(
  {
    by: fc.nat(4),
    isChief: fc.nat(9).map((n) => n === 0),
    removes: fc.nat(4),
    lets: fc.nat(4),
    parents: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
    via: fc.nat(6),
  },
  { requiredKeys: ['by', 'isChief', 'parents', 'via'] },
)

/** Acts that are not signed: what counts does not look at more than this. */
function graphOf(list: readonly Told[]): { graph: ActGraph; told: readonly Told[] } {
  const log = cidOf(DAG_CBOR, new Uint8Array(32))
  const hashes = list.map((_, i) => sha256(`act ${i}`))
  const before = (i: number, back: number): Uint8Array | undefined => (back > 0 ? hashes[i - back] : undefined)
  const acts = list.map(({ parents, via }, i): SignedAct => {
    const named = before(i, via)
    const act = { v: 1, t: 'act', log, at: 0, do: { type: 'confirm' }, by: new Uint8Array(34) } as const
    const known = [...new Set(parents)].map((back) => before(i, back)).filter((hash) => hash !== undefined)
    const hash = hashes[i] ?? new Uint8Array()
    return { act: { ...act, parents: known, ...(named && { via: named }) }, bytes: new Uint8Array(), hash, signature: new Uint8Array() }
  })
  const graph = ActGraph.of(acts)
  const byHash = new Map(hashes.map((hash, i) => [toHex(hash), list[i]]))
  const sorted = graph.acts.map(({ hash }) => byHash.get(toHex(hash))).filter((one) => one !== undefined)
  // What removes somebody lets nobody act.
  return { graph, told: sorted.map(({ lets, ...one }) => (lets === undefined || one.removes !== undefined ? one : { ...one, lets })) }
}

/** Subjects 0 to 2 need nobody; all others name the act that lets them act; nobody is let act who was removed, where `isFinal`. */
function rulesOf(list: readonly Told[], isFinal: boolean): LogRules {
  return {
    rank: (i) => (list[i]?.isChief === true ? 'chief' : 'other'),
    subject: (i) => list[i]?.by ?? -1,
    removes: (i) => list[i]?.removes,
    allows: (i, via) => (via < 0 ? (list[i]?.by ?? 0) < 3 : list[via]?.lets === list[i]?.by),
    bars: (i) => (isFinal ? list[i]?.lets : undefined),
  }
}

/** The same as the specification says it, word by word, whatever time it takes. */
function asSpecified(graph: ActGraph, rules: LogRules): readonly number[] {
  const all = [...graph.acts.keys()]
  const via = (i: number): number => graph.number(graph.acts[i]?.act.via)
  const isOrdinary = (i: number): boolean => rules.rank(i) === 'other'
  const isGood = (i: number): boolean => {
    const removalsBefore = (subject: number): number[] => all.filter((r) => rules.removes(r) === subject && graph.isBefore(r, i) && good.has(r))
    if (isOrdinary(i)) {
      const giver = via(i)
      if (graph.acts[i]?.act.via === undefined) {
        if (!rules.allows(i, -1)) return false
      } else if (giver < 0 || !graph.isBefore(giver, i) || !good.has(giver) || !rules.allows(i, giver)) return false
      if (removalsBefore(rules.subject(i)).some((r) => giver < 0 || !graph.isBefore(r, giver))) return false
    }
    const barred = rules.bars(i)
    return barred === undefined || removalsBefore(barred).length === 0
  }
  const good = new Set<number>()
  for (const i of all) if (isGood(i)) good.add(i)
  const hits = (r: number, i: number): boolean => {
    if (r === i || !good.has(i) || !isOrdinary(i)) return false
    const giver = via(i)
    const isOwn = rules.subject(i) === rules.removes(r) && !graph.isBefore(i, r) && !(giver >= 0 && graph.isBefore(r, giver))
    return isOwn || (giver >= 0 && hits(r, giver))
  }
  const removals = [...good].filter((i) => rules.removes(i) !== undefined)
  const chiefs = removals.filter((i) => !isOrdinary(i))
  const left = removals.filter((i) => isOrdinary(i) && !chiefs.some((r) => hits(r, i)))
  const reaches = (from: number): Set<number> => {
    const found = new Set([from])
    for (const i of found) for (const other of left) if (hits(i, other)) found.add(other)
    return found
  }
  const reach = new Map(left.map((i) => [i, reaches(i)]))
  const isOfPart = (a: number, b: number): boolean => reach.get(a)?.has(b) === true && reach.get(b)?.has(a) === true
  const stands = (i: number): boolean => !left.some((r) => !isOfPart(r, i) && hits(r, i) && stands(r))
  const standing = left.filter(stands)
  return all.filter(
    (i) => good.has(i) && !chiefs.some((r) => hits(r, i)) && (left.includes(i) ? standing.includes(i) : !standing.some((r) => hits(r, i))),
  )
}

describe('what counts in a log', () => {
  it.each([true, false])('is what the specification says, where the removed are gone for good: %s', (isFinal) => {
    let removed = 0
    fc.assert(
      fc.property(fc.array(told, { minLength: 8, maxLength: 24 }), (list) => {
        const { graph, told: sorted } = graphOf(list)
        const rules = rulesOf(sorted, isFinal)
        const { counts: standing } = standingActs(graph, rules)
        const expected = asSpecified(graph, rules)
        expect([...standing.keys()].filter((i) => standing[i] === 1)).toEqual(expected)
        removed += expected.filter((i) => rules.removes(i) !== undefined).length
      }),
      { numRuns: 1000 },
    )
    expect(removed).toBeGreaterThan(500)
  })

  it('ends all devices that remove each other, though they do it a thousand times each', () => {
    const both: Told[] = Array.from({ length: 8000 }, (_, i) => ({ by: i % 2, isChief: false, removes: (i + 1) % 2, parents: [], via: 0 }))
    const { graph, told: sorted } = graphOf(both)
    const { counts: standing } = standingActs(graph, rulesOf(sorted, false))
    expect(standing.every((one) => one === 1)).toBe(true)
  })

  it('ends a circle of thousands', () => {
    const circle: Told[] = Array.from({ length: 8000 }, (_, i) => ({ by: i, isChief: false, removes: (i + 1) % 8000, parents: [], via: 0 }))
    const { graph, told: sorted } = graphOf(circle)
    const rules = { ...rulesOf(sorted, false), allows: () => true }
    expect(standingActs(graph, rules).counts.every((one) => one === 1)).toBe(true)
    // One of them without the others: what it removes is void, and nobody removed it.
    const { graph: open, told: left } = graphOf(circle.slice(1))
    const { counts: found } = standingActs(open, { ...rulesOf(left, false), allows: () => true })
    expect([...found].filter((one) => one === 1)).toHaveLength(4000)
  })
})
