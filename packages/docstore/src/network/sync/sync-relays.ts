import { ALL_PARTS, DocstoreError, joinedParts, areAllParts, type Parts } from '@p2p-docstore/core'
import { GRACE_MS } from '../limits.ts'
import { patiently } from './patience.ts'
import type { SyncPeer } from './sync-connection.ts'
import type { SyncReport } from '../types.ts'

/** How a namespace is made equal with relays. */
export interface SyncRelaysOptions {
  readonly signal: AbortSignal
  /** Calls back when the state of the namespace with a relay has changed; returns the way to stop. */
  readonly onChange: (listener: () => void) => () => void
}

/**
 * Makes a namespace equal with all of these relays that answer. Once one is done, or as many as have all of it where it is split, those that stand still are
 * left out. Throws where none is, and where what is equal is not all of it.
 */
export async function syncRelays(ns: string, links: readonly SyncPeer[], { signal, onChange }: SyncRelaysOptions): Promise<SyncReport> {
  const late = new AbortController()
  const waiting = new Set(links)
  const work = links.map((link) => syncOne(ns, link, AbortSignal.any([signal, late.signal])).finally(() => waiting.delete(link)))
  const settled = Promise.allSettled(work)
  // A relay that does not have the namespace either is no reason to leave out the others. Where none has it, all are waited for.
  const whole = Promise.withResolvers<void>()
  let equal: Parts | undefined
  for (const [i, one] of work.entries())
    one.then(
      (report) => {
        if (report.peers.length === 0) return
        equal = joinedParts(equal ?? new Uint8Array(ALL_PARTS.length), links[i]?.session?.status.get(ns)?.parts ?? ALL_PARTS)
        if (areAllParts(equal)) whole.resolve()
      },
      () => undefined,
    )
  await Promise.race([whole.promise, settled])
  const reports = await patiently({ timeoutMs: GRACE_MS, moved: () => movedBy([...waiting], ns), onChange }, async (idle) => {
    idle.addEventListener('abort', () => late.abort(), { once: true })
    return settled
  })
  if (equal !== undefined && !areAllParts(equal)) throw reports.find((one) => one.status === 'rejected')?.reason ?? partial()
  return summed(reports)
}

function partial(): DocstoreError {
  return new DocstoreError('not-equal', 'Some parts of the namespace are at relays that do not answer')
}

/** A number that changes whenever something of a namespace went over one of the connections. */
export function movedBy(links: readonly SyncPeer[], ns: string): number {
  let moved = 0
  for (const { session } of links) {
    const sync = session?.status.get(ns)
    if (sync !== undefined) moved += sync.received + sync.sent + sync.acked + sync.rounds
  }
  return moved
}

async function syncOne(ns: string, link: SyncPeer, signal: AbortSignal): Promise<SyncReport> {
  const session = await link.untilSession(signal)
  const before = { ...session.status.get(ns), ...session.traffic }
  await raceAbort(session.syncNow(ns, signal), signal)
  const after = { ...session.status.get(ns), ...session.traffic }
  return {
    peers: after.state === 'live' && link.peer !== undefined && link.role === 'relay' ? [link.peer] : [],
    received: (after.received ?? 0) - (before.received ?? 0),
    sent: (after.sent ?? 0) - (before.sent ?? 0),
    rounds: (after.rounds ?? 0) - (before.rounds ?? 0),
    bytesIn: after.bytesIn - before.bytesIn,
    bytesOut: after.bytesOut - before.bytesOut,
  }
}

function summed(settled: readonly PromiseSettledResult<SyncReport>[]): SyncReport {
  const reports = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (reports.length === 0 && settled.length > 0) throw settled.find((one) => one.status === 'rejected')?.reason
  const sum = (pick: (report: SyncReport) => number): number => reports.reduce((total, report) => total + pick(report), 0)
  return {
    received: sum(({ received }) => received),
    sent: sum(({ sent }) => sent),
    rounds: sum(({ rounds }) => rounds),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    peers: [...new Set(reports.flatMap(({ peers }) => peers))],
  }
}

async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new DocstoreError('timeout', 'The peers did not become equal in time. What was exchanged so far is kept'))
    if (signal.aborted) fail()
    signal.addEventListener('abort', fail, { once: true })
  })
  return Promise.race([work, late])
}
