import type { Durability, MoveProgress, NameAuthorities, Network, Replica } from '@p2p-docstore/core'
import type { RelayLimits } from './network/relay-limits.ts'
import type { PlacementTimes } from '@p2p-docstore/core/placement'
import type { RelayStorage } from './network/types.ts'
import type { Passphrase } from './sharing/passphrase.ts'

/** How to open a store in Node. */
export interface DocstoreOptions {
  /** Folder for keys, documents and network, made if missing; `'memory'` (the default) keeps nothing. */
  readonly data?: string
  /**
   * Join link or join text of a network, or the address of one of its relays; or several: the store is of the first of them. Remembered in the data folder.
   * Documents of data that never chose a network, and never met anybody, move to that network: their namespaces get other ids, and those of before
   * still open them. Else the network lies beside those that the data is in, with documents and connections of its own.
   */
  readonly join?: string | readonly string[]
  /** Id or name of the network that the store is of, where the data is in several. */
  readonly inNetwork?: string
  /** `'one'` opens only the network that the store is of; `'all'` (the default) lets the others live beside it, see `inNetwork` of the store. */
  readonly networks?: 'all' | 'one'
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
  /**
   * Address of a PostgreSQL database for the documents, such as `postgres://user@host:5432/database?schema=docstore`. What is this peer's own, its keys
   * above all, stays in the folder. Needs the package `pg`.
   */
  readonly database?: string
  /** What opens the identity where that is locked: the environment's `DOCSTORE_PASSPHRASE` unless it is given. A function is asked whenever the data is opened here: also once the program has ended that held it. */
  readonly passphrase?: Passphrase
  /**
   * For whom data signs that is new: for a new person, who can have several devices and come back by recovery words, unless `'none'`: then for the key of this device
   * alone. Data of before goes on as it was; with `'new'`, such as has no documents begins to sign for a new person too.
   */
  readonly person?: 'new' | 'none'
  /** Name of the network that is made when there is none and none is joined. */
  readonly networkName?: string
  /** Whether everyone in the network may know of this peer: its id, its identity and its addresses. Relays are always listed. */
  readonly listed?: boolean
  /** Who may join the network that is made: anyone who has its link (`'open'`, the default), or only whom this identity invites. */
  readonly admission?: 'open' | 'invite'
  /** Who grants usernames in it: this identity (`'own'`), or several, of whom so many have to agree; without it, nobody. It is so for good. */
  readonly names?: 'own' | NameAuthorities
  /** Whether documents of before move to the network of `descriptor`, as to that of `join`, and leave also a network that was chosen where nobody was met in it. */
  readonly moves?: boolean
  /** Called while documents move to the network that is joined. What it throws undoes the move. */
  readonly onMove?: (progress: MoveProgress) => void
  /** What this peer is to others; relays answer and keep everything. */
  readonly role?: 'relay' | 'peer'
  /**
   * What a relay keeps: `'all'` (the default) that is in the network, what it owns of that where there are more relays than copies (`'owned'`), or what peers
   * bring that are no relays (`'asked'`).
   */
  readonly storage?: RelayStorage
  /** Times of placement and repair, which all of a network go by; other ones than those of the specification are for tests. */
  readonly placementTimes?: PlacementTimes
  /**
   * What a relay does for others: any of `signaling`, `discovery`, `directory`, `storage`, `messages` and `names`, and words of its own that it tells; all of these unless
   * given. Perhaps chosen by the network that the data is of.
   */
  readonly services?: readonly string[] | ((network: Network['descriptor']) => readonly string[])
  /** How much of it a relay does, for all and for each. */
  readonly limits?: RelayLimits
  /** Multiaddrs to listen on, perhaps chosen by what the data remembers; those to tell others in their place; such to tell them besides. */
  readonly listen?: readonly string[] | ((data: Pick<Replica, 'getMeta' | 'setMeta'>) => Promise<readonly string[]>)
  readonly announce?: readonly string[]
  readonly alsoAnnounce?: readonly string[]
}
