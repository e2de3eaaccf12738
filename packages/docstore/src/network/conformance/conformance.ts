import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import type { Clause, Finding } from './clause.ts'
import { NotTried } from './verdicts.ts'
import { DATA_CLAUSES } from './data-clauses.ts'
import { DIRECTORY_CLAUSES } from './directory-clauses.ts'
import { Examination } from './examination.ts'
import { FILE_CLAUSES } from './file-clauses.ts'
import { GREETING_CLAUSES } from './greeting-clauses.ts'
import { KADEMLIA_CLAUSES } from './kademlia-clauses.ts'
import { NAME_CLAUSES } from './name-clauses.ts'
import { NETWORK_CLAUSES } from './network-clauses.ts'
import { CONTENT_CLAUSES } from './content-clauses.ts'
import { PEOPLE_CLAUSES } from './people-clauses.ts'
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
  ...FILE_CLAUSES,
  ...NAME_CLAUSES,
  ...PEOPLE_CLAUSES,
  ...CONTENT_CLAUSES,
  ...TOPIC_CLAUSES,
  ...KADEMLIA_CLAUSES,
]

/** Those that say what is to be expected of the others. */
const FIRST: ReadonlySet<string> = new Set(['connect', 'greeting', 'identify'])

/** How a peer is looked at. */
export interface ConformanceInit extends Target {
  /** Leaves nothing at the peer: clauses that would are not tried. */
  readonly isReadOnly?: boolean
  /** Clauses to look at besides the first ones: those that have one of these words in their name; all, unless told otherwise. */
  readonly only?: readonly string[]
  readonly signal: AbortSignal
  /** Called with each finding as soon as there is one. */
  readonly onFinding?: (finding: Finding) => void
}

/**
 * Plays peers against a peer, and says of every clause of the specification that it looks at whether the peer keeps it. Throws `bad-option` for a word that no
 * clause has in its name.
 */
export async function examine({ isReadOnly = false, only, signal, onFinding, ...target }: ConformanceInit): Promise<readonly Finding[]> {
  const examination = new Examination(target)
  const findings: Finding[] = []
  /** Why nothing more can be seen of the peer, if so. */
  let obstacle: string | undefined
  for (const clause of chosenBy(only)) {
    signal.throwIfAborted()
    const reason = obstacle ?? (clause.writes === true && isReadOnly ? 'nothing is to be left at the peer' : undefined)
    const looked = reason === undefined ? await lookAt(clause, examination, signal) : notTried(reason)
    // What only relays must do says nothing of a peer that does not do it.
    const isExcused = clause.binds === 'relays' && examination.role === 'peer' && looked.result === 'not met'
    const found = isExcused ? notTried(`it is no relay (${looked.seen})`) : looked
    if (clause.id === 'connect' && found.result === 'not met') obstacle = 'there is no connection'
    if (clause.id === 'greeting' && examination.role === undefined) obstacle ??= 'it has not greeted'
    const { id, section, rule, binds } = clause
    const finding: Finding = { id, section, rule, required: binds === 'all' || (binds === 'relays' && examination.role === 'relay'), ...found }
    findings.push(finding)
    onFinding?.(finding)
  }
  return findings
}

function chosenBy(only: readonly string[] | undefined): readonly Clause[] {
  if (only === undefined) return CLAUSES
  const unknown = only.filter((word) => !CLAUSES.some(({ id }) => id.includes(word)))
  if (unknown.length > 0)
    throw new DocstoreError('bad-option', `No clause has ${unknown.join(' or ')} in its name. There are ${CLAUSES.map(({ id }) => id).join(', ')}`)
  return CLAUSES.filter(({ id }) => FIRST.has(id) || only.some((word) => id.includes(word)))
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
