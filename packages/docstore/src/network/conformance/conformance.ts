import { errorMessage } from '@p2p-docstore/core'
import type { Clause, Finding } from './clause.ts'
import { NotTried } from './verdicts.ts'
import { DATA_CLAUSES } from './data-clauses.ts'
import { DIRECTORY_CLAUSES } from './directory-clauses.ts'
import { Examination } from './examination.ts'
import { GREETING_CLAUSES } from './greeting-clauses.ts'
import { KADEMLIA_CLAUSES } from './kademlia-clauses.ts'
import { NETWORK_CLAUSES } from './network-clauses.ts'
import { SYNC_CLAUSES } from './sync-clauses.ts'
import { TOPIC_CLAUSES } from './topic-clauses.ts'
import type { Target } from './visitor.ts'

/** How long one clause may take, milliseconds: longer than all that it waits for, in the worst case. */
const CLAUSE_MS = 60_000

const CLAUSES: readonly Clause[] = [
  ...GREETING_CLAUSES,
  ...NETWORK_CLAUSES,
  ...SYNC_CLAUSES,
  ...DATA_CLAUSES,
  ...DIRECTORY_CLAUSES,
  ...TOPIC_CLAUSES,
  ...KADEMLIA_CLAUSES,
]

/** Those that say what is to be expected of the others. */
const FIRST: ReadonlySet<string> = new Set(['connect', 'greeting', 'identify'])

/** How a peer is looked at. */
export interface ConformanceInit extends Target {
  /** Leaves nothing at the peer: clauses that would are not tried. */
  readonly isReadOnly?: boolean
  /** Clauses to look at besides the first ones, by their names; all, unless told otherwise. */
  readonly only?: RegExp
  readonly signal: AbortSignal
  /** Called with each finding as soon as there is one. */
  readonly onFinding?: (finding: Finding) => void
}

/** Plays peers against a peer, and says of every clause of the specification that it looks at whether the peer keeps it. */
export async function examine({ isReadOnly = false, only, signal, onFinding, ...target }: ConformanceInit): Promise<readonly Finding[]> {
  const examination = new Examination(target)
  const findings: Finding[] = []
  const chosen = only === undefined ? CLAUSES : CLAUSES.filter(({ id }) => FIRST.has(id) || only.test(id))
  for (const clause of chosen) {
    signal.throwIfAborted()
    const found = clause.writes === true && isReadOnly ? notTried('nothing is to be left at the peer') : await lookAt(clause, examination, signal)
    const { id, section, rule, binds } = clause
    const finding: Finding = { id, section, rule, required: binds === 'all' || (binds === 'relays' && examination.role === 'relay'), ...found }
    findings.push(finding)
    onFinding?.(finding)
  }
  return findings
}

type Found = Pick<Finding, 'result' | 'seen'>

function notTried(seen: string): Found {
  return { result: 'not tried', seen }
}

async function lookAt({ look }: Clause, examination: Examination, signal: AbortSignal): Promise<Found> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(CLAUSE_MS)])
  try {
    return { result: 'met', seen: await until(look(examination), late) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof NotTried) return notTried(error.message)
    return { result: 'not met', seen: late.aborted ? `no end within ${CLAUSE_MS / 1000} s` : errorMessage(error) }
  } finally {
    await examination.clear()
  }
}

/** What somebody found, unless the time is over before. */
async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = Promise.withResolvers<never>()
  const end = (): void => over.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([work, over.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
