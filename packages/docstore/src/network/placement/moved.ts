import type { KindTraffic, Session, Traffic } from '@p2p-docstore/core'
import { MAX_BROUGHT } from './limits.ts'

/** What something is moved for: `sync` keeps namespaces equal, and gets what is missing here; the others say themselves. */
export type Purpose = 'sync' | 'reading' | 'handing-on' | 'placement'

/** What one relay asked of others, and told them so, by purpose and kind of request: each question and its answer are counted once, by who asks. */
export class Moved {
  /** What readers asked for, and what was compared to be given up. */
  readonly reading: Traffic = noTraffic()
  readonly handingOn: Traffic = noTraffic()
  /** What fetching took of namespaces that were asked for here and have stayed, bytes. */
  readonly #read = new Map<string, number>()
  readonly #sync = new Map<string, KindTraffic>()
  readonly #placement = new Map<string, KindTraffic>()
  /** Sessions that there were at the last look, with what of theirs was counted. */
  readonly #counted = new Map<Session, ReadonlyMap<string, KindTraffic>>()

  /** Counts what sessions moved since the last look; those that ended since are counted once more. */
  count(sessions: readonly Session[]): void {
    for (const session of new Set([...sessions, ...this.#counted.keys()])) {
      const before = this.#counted.get(session)
      for (const [kind, { requests, bytes }] of session.traffic.kinds) {
        const counted = before?.get(kind)
        add(this.#sync, kind, { requests: requests - (counted?.requests ?? 0), bytes: bytes - (counted?.bytes ?? 0) })
      }
      if (sessions.includes(session)) this.#counted.set(session, new Map(session.traffic.kinds))
      else this.#counted.delete(session)
    }
  }

  /** Something was asked by the protocol of placement, or answered. */
  note(kind: string, traffic: KindTraffic): void {
    add(this.#placement, kind, traffic)
  }

  /** A namespace was fetched for a reader, which took this. */
  fetched(ns: string, { kinds, bytesIn, bytesOut }: Traffic): void {
    for (const [kind, traffic] of kinds) add(this.reading.kinds, kind, traffic)
    if (this.#read.size < MAX_BROUGHT) this.#read.set(ns, (this.#read.get(ns) ?? 0) + bytesIn + bytesOut)
  }

  /** It was given up. */
  gone(ns: string): void {
    this.#read.delete(ns)
  }

  /** `owns`: of what was fetched for readers, whether it is to be here anyway. */
  report(owns: (ns: string) => boolean): Readonly<Record<string, KindTraffic>> {
    const sync = new Map(this.#sync)
    for (const { kinds } of [this.reading, this.handingOn])
      for (const [kind, { requests, bytes }] of kinds) add(sync, kind, { requests: -requests, bytes: -bytes })
    const all: readonly (readonly [Purpose, ReadonlyMap<string, KindTraffic>])[] = [
      ['sync', sync],
      ['reading', this.reading.kinds],
      ['handing-on', this.handingOn.kinds],
      ['placement', this.#placement],
    ]
    const stayed = [...this.#read].filter(([ns]) => owns(ns)).map(([, bytes]) => bytes)
    const kept: readonly [string, KindTraffic] = [
      'kept of reading',
      { requests: stayed.length, bytes: stayed.reduce((sum, bytes) => sum + bytes, 0) },
    ]
    return Object.fromEntries([
      kept,
      ...all.flatMap(([purpose, kinds]) => [...kinds].map(([kind, traffic]) => [`${purpose} ${kind}`, traffic] as const)),
    ])
  }
}

function add(kinds: Map<string, KindTraffic>, kind: string, { requests, bytes }: KindTraffic): void {
  const before = kinds.get(kind)
  kinds.set(kind, { requests: (before?.requests ?? 0) + requests, bytes: (before?.bytes ?? 0) + bytes })
}

export function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, requests: 0, kinds: new Map() }
}
