import type { LogParcel, Network as NetworkDescription } from '@p2p-docstore/core'
import type { HeldData } from '../../sharing/place.ts'
import type { DocstoreParts } from '../docstore.ts'

/** How the data of one network is opened. */
export interface NetworkDataOptions {
  readonly join?: string | undefined
  readonly descriptor?: Uint8Array | undefined
  /** Whether it is not connected, whatever the options of the store say. */
  readonly isOff?: boolean
  /** Whether it is not connected where the network of `join` or `descriptor` lies beside it. */
  readonly isOneOnly?: boolean
  /** Seed of the identity that new data gets. */
  readonly identity?: Uint8Array | undefined
  /** For whom it signs, where that is known. */
  readonly person?: { readonly log: LogParcel } | 'none' | undefined
}

/** Data of one network, opened. */
export interface OpenNetworkData {
  readonly parts: DocstoreParts
  /** The network of `join` or `descriptor` where it lies beside this data. */
  readonly beside: NetworkDescription | undefined
}

/** Where the data of a store lies, in which Node and browsers differ: one place for its first network, and one beside it for each further one. */
export interface NetworkData {
  /** Whether there may be data of further networks: looked at before the first one is opened. */
  mayHaveMore(): boolean
  /** Descriptors of networks whose data lies beside the first, as far as that can be seen without opening it. */
  found(): readonly Uint8Array[]
  /** Opens the data of the network with this id; without one, the first. */
  open(network: string | undefined, options: NetworkDataOptions): Promise<OpenNetworkData>
  /** Takes the data from whoever has it open, for this program alone; unless `isPatient`, only where nobody has. Throws `data-in-use`. */
  take(network: string | undefined, isPatient: boolean): Promise<HeldData>
}
