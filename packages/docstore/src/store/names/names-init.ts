import type { Replica, ReplicaInfo } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'

/** What names stand on. */
export interface NamesInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly info: () => ReplicaInfo
  /** The username that the profile of a person says. */
  readonly usernameOf: (person: string) => Promise<string | undefined>
  readonly closing: AbortSignal
  /** Unix milliseconds. */
  readonly now?: () => number
  /** Whether domains of this machine and its network may be asked. */
  readonly anyHost?: boolean
}
