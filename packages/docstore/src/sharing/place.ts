import type { DocstoreError, OpenReplicaOptions, Replica } from '@p2p-docstore/core'
import type { MetaReader } from '../network/relays/index.ts'
import type { LocalNetwork } from '../network/local-network.ts'
import type { Port, SilenceVerdict } from '../rpc/rpc.ts'

/** Where data lies, and how the programs or tabs that share it find each other: all in which Node and browsers differ. */
export interface Place {
  /**
   * Takes the data for this program alone if it may and nobody has it, or connects to the owner. Where neither works now, it waits until
   * another try makes sense.
   */
  enter(options: { readonly mayHold: boolean }): Promise<Entry>
  /** How long an owner that lets nobody in may take, milliseconds. */
  patienceMs(): number
  /** What to say when the owner does not let go and does not answer. */
  inUse(owner: 'silent' | 'relay'): DocstoreError
  /** Lets go of what only `enter` needs. */
  close(): void
}

/** What came of trying to get at the data. An owner that is `starting` asks for patience, one that is `silent` may be gone. */
export type Entry =
  | { readonly kind: 'held'; readonly held: HeldData }
  /** A line to the owner, which closes when the owner is gone. */
  | { readonly kind: 'line'; readonly port: Port; readonly silence?: SilenceVerdict }
  | { readonly kind: 'starting' | 'silent' }

/** Data that this program has for itself. */
export interface HeldData extends MetaReader {
  /** Whether there is a namespace in it; asked before the replica is open. */
  hasNamespaces(): Promise<boolean>
  /** Whether it was found to be a copy of other data, once the replica is open. */
  isCopy?(): boolean
  /** Whether the replica runs in this thread: a call of it that fails has written nothing. */
  readonly isHere?: boolean
  /** To be called once. */
  openReplica(options: OpenReplicaOptions): Promise<Replica>
  startNetwork(replica: Replica, networkId: string, listed: boolean): Promise<LocalNetwork>
  /** Lets others in, each over a line of its own; returns the way to hang up. */
  listen(serve: (port: Port) => void): Promise<() => void>
  /** Calls back if the data is lost before it is closed. */
  onLost(listener: () => void): void
  /** Closes the replica and lets the data go, whatever fails. */
  close(): Promise<void>
  /** Closes it, and removes all that lies there, where that is possible. */
  discard?(): Promise<void>
  /** Whether nothing lay there before. */
  readonly isNew?: boolean
}
