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

/** That, for the acts with these numbers counting. */
export function logFacts(graph: ActGraph, standing: readonly number[]): LogFacts {
  return {
    tips: hashesOf(graph, graph.lastOf([...graph.acts.keys()])),
    parents: hashesOf(graph, graph.lastOf(standing)).slice(0, MAX_ACT_PARENTS),
    standing: new Set(hashesOf(graph, standing).map(toHex)),
    waiting: graph.waiting,
  }
}

function hashesOf(graph: ActGraph, some: readonly number[]): Uint8Array[] {
  return some
    .map((i) => graph.acts[i]?.hash)
    .filter((hash) => hash !== undefined)
    .sort(compareBytes)
}
