import type { Replica, ReplicaInfo } from '@p2p-docstore/core'
import type { Network } from '../../network/types.ts'

/** What a person stands on. */
export interface PersonInit {
  readonly replica: Replica
  readonly network: Network | undefined
  readonly info: () => ReplicaInfo
  /** Where the recovery words of this person lie: in the first data, where there are several networks. */
  readonly keeper: () => Promise<Replica>
  /** Called once this data signs for another person, or knows more of this one. */
  readonly onPerson: () => Promise<void>
  /** All networks of the data that are open, this one too. */
  readonly everywhere: () => Promise<readonly Replica[]>
  /** Called once a device of this person was revoked here. */
  readonly onRevoked: () => Promise<void>
  /** Opens a namespace and keeps it equal. */
  readonly open: (id: string) => Promise<unknown>
  readonly closing: AbortSignal
}
