import type { Replica, ReplicaInfo } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'

/** What presence stands on. */
export interface PresenceInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly info: () => ReplicaInfo
  readonly closing: AbortSignal
  /** Called with persons of whose devices nothing is known here. */
  readonly onUnknown: (person: string) => void
  /** Unix milliseconds. */
  readonly now?: () => number
}
