import type { Clock } from '../model/clock.ts'
import type { Identity } from '../model/keys/identity.ts'
import type { Network } from '../model/network/network.ts'
import type { Storage } from '../storage/storage.ts'
import type { LazyPeople } from './people/lazy-people.ts'
import type { Pause } from './slices.ts'
import type { KnownRules } from './rules/known-rules.ts'
import type { CommitNews } from './writing/commit-news.ts'
import type { NewestTime } from './writing/newest-time.ts'

/** What the parts of a local replica stand on together. Each takes from it what it needs. */
export interface ReplicaGround {
  readonly storage: Storage
  readonly network: Network
  /** Who signs here; new data can become a device of somebody while it is open. */
  identity: Identity
  /** Gives what is written here its time. */
  readonly clock: Clock
  /** Hybrid time beyond which nothing that arrives is accepted, now. */
  readonly latest: () => number
  readonly pause: Pause
  readonly news: CommitNews
  readonly newest: NewestTime
  readonly rules: KnownRules
  readonly people: LazyPeople
}
