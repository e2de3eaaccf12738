import type { Replica } from '@p2p-docstore/core'
import type { DocstoreLibp2p } from '../network/libp2p.ts'
import type { Network } from '../network/types.ts'

/** A data folder that this process works with, itself or through the process that owns it. */
export interface Opened {
  readonly replica: Replica
  readonly network: Network | undefined
  /** Only in the process that owns the folder. */
  readonly libp2p: DocstoreLibp2p | undefined
  close(): Promise<void>
}

/** Why a process asks the owner of a folder to let it go. */
export type HandOverReason = 'relay' | 'network'

/** How long a process waits for the owner of a data folder to answer, or to end, milliseconds. */
export const OWNER_TIMEOUT_MS = 5000
/** Pause between two looks at whether the owner is there. */
export const OWNER_RETRY_MS = 50
