import type { Durability, Replica } from '@p2p-docstore/core'
import type { RelayStorage } from './network/types.ts'
import { FolderPlace, holdMemory } from './sharing/folder-place-node.ts'
import { own } from './sharing/own.ts'
import { SharedData } from './sharing/shared-data.ts'
import { ownParts, sharedParts } from './sharing/shared-parts.ts'
import { Docstore } from './store/docstore.ts'
import { checkOptions } from './store/options.ts'

/** How to open a store in Node. */
export interface DocstoreOptions {
  /** Folder for keys, documents and network, made if missing; `'memory'` (the default) keeps nothing. */
  readonly data?: string
  /** Join link of a network, or the address of one of its relays. Remembered in the data folder. */
  readonly join?: string
  /** Descriptor of the network to be in, where no link is at hand: that of a backup. */
  readonly descriptor?: Uint8Array
  /** `'off'`: no connections; the documents that are here can be used all the same. `'auto'`: connected where a relay is known. */
  readonly network?: 'on' | 'off' | 'auto'
  /** `'full'` also waits for the disk's flush on every write. */
  readonly durability?: Durability
  /**
   * Largest size of the database, bytes. Beyond it writes fail with `disk-full`, and reads go on. Deletes and smaller versions succeed, and may
   * take as much again, 1 MiB at least.
   */
  readonly maxBytes?: number
  /** Name of the network that is made when there is none and none is joined. */
  readonly networkName?: string
  /** Whether everyone in the network may know of this peer: its id, its identity and its addresses. Relays are always listed. */
  readonly listed?: boolean
  /** Who may join the network that is made: anyone who has its link (`'open'`, the default), or only whom this identity invites. */
  readonly admission?: 'open' | 'invite'
  /** What this peer is to others; relays answer and keep everything. */
  readonly role?: 'relay' | 'peer'
  /** What a relay keeps: `'all'` (the default) that is in the network, or what peers bring that are no relays (`'asked'`). */
  readonly storage?: RelayStorage
  /** Multiaddrs to listen on, perhaps chosen by what the data remembers; those to tell others in their place; such to tell them besides. */
  readonly listen?: readonly string[] | ((data: Pick<Replica, 'getMeta' | 'setMeta'>) => Promise<readonly string[]>)
  readonly announce?: readonly string[]
  readonly alsoAnnounce?: readonly string[]
}

const OPTIONS = [
  'data',
  'join',
  'descriptor',
  'network',
  'durability',
  'maxBytes',
  'networkName',
  'listed',
  'admission',
  'role',
  'storage',
  'listen',
  'announce',
  'alsoAnnounce',
] as const satisfies readonly (keyof DocstoreOptions)[]

/**
 * Opens a document store. The first process on a data folder owns it; further ones work through the owner, so that several programs
 * can use one folder, and one of them takes over when it ends. A relay becomes the owner of a folder that is in use. Throws
 * `bad-folder`, `no-permission`, `bad-link`, `bad-invitation`, `relay-unreachable` (a bare address on first use), `other-network`, `data-in-use`, `data-too-new`, `data-corrupt`.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  checkOptions(options, OPTIONS, 'createDocstore')
  const { data = 'memory', network = 'on' } = options
  if (data === 'memory') return Docstore.of(ownParts(await own(holdMemory(options), options)))
  const shared = await SharedData.open(new FolderPlace(data, options), options)
  return Docstore.of(sharedParts(shared, network))
}
