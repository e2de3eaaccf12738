import type { NameAuthorities, MoveProgress, Network as NetworkDescription, PersonChoice, Replica } from '@p2p-docstore/core'
import type { DocstoreLibp2p } from '../network/transport/index.ts'
import type { Network } from '../network/types.ts'

/** How data is opened, as far as Node and browsers have it in common; `createDocstore` explains each. */
export interface OpenOptions {
  readonly join?: string | undefined
  readonly descriptor?: Uint8Array | undefined
  readonly network?: 'on' | 'off' | 'auto'
  readonly networkName?: string | undefined
  readonly listed?: boolean
  readonly admission?: 'open' | 'invite' | undefined
  readonly names?: 'own' | NameAuthorities | undefined
  readonly role?: 'relay' | 'peer'
  readonly moves?: boolean
  readonly onMove?: ((progress: MoveProgress) => void) | undefined
  /** Seed of the identity that new data gets. */
  readonly identity?: Uint8Array | undefined
  /** For whom new data signs: a person who is made for it, one who is there, or nobody but its key. */
  readonly person?: PersonChoice | 'none' | undefined
  /** Whether the data stays unconnected where the network of `join` or `descriptor` lies beside it. */
  readonly isOneOnly?: boolean | undefined
}

/** Data that this program or tab works with, itself or through the one that owns it. */
export interface Opened {
  readonly replica: Replica
  readonly network: Network | undefined
  /** Only at the owner, while it is connected. */
  readonly libp2p: DocstoreLibp2p | undefined
  readonly isOwner: boolean
  /** Whether the data was found to be a copy of other data when it was opened; only its owner knows. */
  readonly isCopy: boolean
  /** Whether the data is in this thread: a call that fails has written nothing then, and one that wrote is answered. */
  readonly isHere: boolean
  /** Whether the owner is a relay. */
  isRelay(): Promise<boolean>
  /** The network of `join` or `descriptor` where it is another one than that of this data, and its documents do not move there. */
  readonly beside: NetworkDescription | undefined
  /** Calling it again does no more. */
  close(): Promise<void>
}

/** Why the owner is asked to let the data go. */
export type HandOverReason = 'relay' | 'network' | 'leave'

/** How long the owner of the data may take to answer, or to end, milliseconds. */
export const OWNER_TIMEOUT_MS = 5000
