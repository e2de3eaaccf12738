import { compareBytes, toHex } from '../bytes.ts'
import { MAX_ACT_PARENTS } from '../limits.ts'
import type { SignedAct } from './act.ts'
import type { ActGraph } from './act-graph.ts'

/** What there is to know of any log, to exchange it and to add to it. */
export interface LogFacts {
  /** Hashes of acts that lie before no other that is here, rising: whoever knows these knows all. */
  readonly tips: readonly Uint8Array[]
  /** Hashes that the next act has as its parents. */
  readonly parents: readonly Uint8Array[]
  /** Hashes, hexadecimal, of the acts that count. */
  readonly standing: ReadonlySet<string>
  /** Acts whose ancestors are not all here. */
  readonly waiting: readonly SignedAct[]
}

/** Numbers of acts that lie before no other: of all, and of those that count. */
export interface LogTips {
  readonly all: readonly number[]
  readonly counting: readonly number[]
}

export function tipsOf(graph: ActGraph, standing: readonly number[]): LogTips {
  return { all: graph.lastOf([...graph.acts.keys()]), counting: graph.lastOf(standing) }
}

/** What there is to know, for the acts with these numbers counting. */
export function logFacts(graph: ActGraph, standing: readonly number[], tips: LogTips = tipsOf(graph, standing)): LogFacts {
  return { ...tipFacts(graph, tips), standing: new Set(hexOf(graph, standing)), waiting: graph.waiting }
}

/** The same once there is act `i` behind all others. */
export function grownFacts(
  graph: ActGraph,
  before: LogFacts,
  tips: LogTips,
  { i, counts }: { readonly i: number; readonly counts: boolean },
): { readonly facts: LogFacts; readonly tips: LogTips } {
  const behind = (some: readonly number[]): readonly number[] => [...some.filter((one) => !graph.isBefore(one, i)), i]
  const now: LogTips = { all: behind(tips.all), counting: counts ? behind(tips.counting) : tips.counting }
  const standing = counts ? new Set(before.standing).add(hexOf(graph, [i])[0] ?? '') : before.standing
  return { facts: { ...tipFacts(graph, now), standing, waiting: graph.waiting }, tips: now }
}

function tipFacts(graph: ActGraph, { all, counting }: LogTips): Pick<LogFacts, 'tips' | 'parents'> {
  return { tips: hashesOf(graph, all), parents: hashesOf(graph, counting).slice(0, MAX_ACT_PARENTS) }
}

function hexOf(graph: ActGraph, some: readonly number[]): readonly string[] {
  return some.flatMap((i) => {
    const hash = graph.acts[i]?.hash
    return hash === undefined ? [] : [toHex(hash)]
  })
}

function hashesOf(graph: ActGraph, some: readonly number[]): Uint8Array[] {
  return some
    .map((i) => graph.acts[i]?.hash)
    .filter((hash) => hash !== undefined)
    .sort(compareBytes)
}
