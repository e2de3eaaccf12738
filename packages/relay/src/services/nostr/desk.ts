import type { ReplicaNostr, SchnorrVerifier } from '@p2p-docstore/core/nostr'
import type { Log } from '../../log.ts'
import type { Lists } from './admin/lists.ts'
import type { RelayUrls } from './auth/relay-urls.ts'
import type { Intake } from './intake/intake.ts'
import type { Judge } from './judge/judge.ts'
import type { LiveIndex } from './live/live-index.ts'
import type { Subscription } from './live/subscription.ts'
import type { Gate } from './query/gate.ts'
import type { NostrConfig } from './settings.ts'

/** How often something happened, by name. */
export type Counts = Map<string, number>

/** What all stages work with. */
export interface Desk {
  readonly config: NostrConfig
  readonly nostr: ReplicaNostr
  readonly lists: Lists
  readonly judge: Judge
  readonly intake: Intake
  readonly gate: Gate
  readonly live: LiveIndex<Subscription>
  readonly verify: SchnorrVerifier
  /** URLs of this relay, which are not known before it listens. */
  readonly urls: () => RelayUrls
  /** Milliseconds. */
  readonly now: () => number
  readonly log: Log
  readonly counts: Counts
  /** Values in the filters of all clients. */
  readonly listened: { values: number }
  /** Events in all comparisons that go on. */
  readonly compared: { events: number }
}

export function count(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Prefixes of reasons (NIP-01, NIP-42) that are counted each by itself; an operator's program may say anything. */
const PREFIXES: readonly string[] = ['invalid', 'blocked', 'restricted', 'auth-required', 'rate-limited', 'pow', 'error', 'unsupported', 'duplicate']

export function prefixOf(reason: string): string {
  const [prefix = ''] = reason.split(':', 1)
  return PREFIXES.includes(prefix) ? prefix : 'other'
}
