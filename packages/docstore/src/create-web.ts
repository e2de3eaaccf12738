import type { MoveProgress, NameAuthorities } from '@p2p-docstore/core'
import { own } from './sharing/own.ts'
import { type Passphrase, passphraseOf } from './sharing/passphrase.ts'
import { SharedData } from './sharing/shared-data.ts'
import { ownParts, sharedParts } from './sharing/shared-parts.ts'
import { TabPlace } from './sharing/tab-place-web.ts'
import { WorkerData } from './sharing/worker-data-web.ts'
import type { Docstore } from './store/docstore.ts'
import type { NetworkData } from './store/networks/network-data.ts'
import { openStores } from './store/networks/open-stores.ts'
import { checkOptions } from './store/options.ts'

/** How to open a store in a browser. */
export interface DocstoreOptions {
  /** Name of the data in this origin's private file system; `'memory'` keeps nothing. */
  readonly data?: string
  /**
   * Join link or join text of a network, or the address of one of its relays; or several: the store is of the first of them. Remembered with the data.
   * Documents of data that never chose a network, and never met anybody, move to that network: their namespaces get other ids, and those of before
   * still open them. Else the network lies beside those that the data is in, with documents and connections of its own.
   */
  readonly join?: string | readonly string[]
  /** Id or name of the network that the store is of, where the data is in several. */
  readonly inNetwork?: string
  /** `'one'` opens only the network that the store is of; `'all'` (the default) lets the others live beside it, see `inNetwork` of the store. */
  readonly networks?: 'all' | 'one'
  /** Whether documents of before leave also a network that was chosen, where nobody was met in it. */
  readonly moves?: boolean
  /** Called while documents move to the network that is joined. */
  readonly onMove?: (progress: MoveProgress) => void
  /** `'off'`: no connections; the documents that are here can be used all the same. */
  readonly network?: 'on' | 'off'
  /** What opens the identity where that is locked. A function is asked whenever the data is opened here: also once the tab has gone that held it. */
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
  /** Who grants usernames in the network that is made: several identities, of whom so many have to agree; without it, nobody. A browser is no relay, and grants none. It is so for good. */
  readonly names?: NameAuthorities
}

const OPTIONS = [
  'data',
  'join',
  'inNetwork',
  'networks',
  'network',
  'passphrase',
  'networkName',
  'person',
  'listed',
  'admission',
  'names',
  'moves',
  'onMove',
] as const satisfies readonly (keyof DocstoreOptions)[]

/**
 * Opens a document store. The first tab on some data holds it, with SQLite in a worker and the connections in its window; further tabs
 * work through that one, and one of them takes over when it goes. Throws `bad-link`, `bad-invitation`, `relay-unreachable` (a bare address on first use),
 * `others-documents`, `too-many-networks`, `unknown-network`, `ambiguous-network`, `data-in-use` (the tab that holds the data does not answer), `no-opfs`, `worker-failed`, `passphrase-needed`, `wrong-passphrase`.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  checkOptions(options, OPTIONS, 'createDocstore')
  const { join = [], inNetwork, networks, network } = options
  return openStores(webData(options), { join: typeof join === 'string' ? [join] : join, inNetwork, networks, isOff: network === 'off' })
}

/** Letters of the end of the id of a network that name its data beside the first: enough to tell them apart, and few enough for a name of data. */
const ID_LETTERS = 24

function webData(options: DocstoreOptions): NetworkData {
  const { data = 'default', network: mode = 'on', join: _join, passphrase, ...all } = options
  const nameOf = (network: string | undefined): string => (network === undefined ? data : `${data}-${network.slice(-ID_LETTERS)}`)
  const hold = (): Promise<WorkerData> =>
    WorkerData.open('memory', { listen: async () => () => undefined, release: () => undefined, passphrase: passphraseOf(passphrase) })
  return {
    // Only the data itself says so.
    mayHaveMore: () => false,
    found: () => [],
    open: async (network, { isOff = false, ...how }) => {
      const wanted = isOff ? 'off' : mode
      if (data === 'memory') {
        const opened = await own(await hold(), { ...all, ...how, network: wanted })
        return { parts: ownParts(opened), beside: opened.beside }
      }
      const shared = await SharedData.open(new TabPlace(nameOf(network), passphrase), { ...all, ...how, network: wanted })
      return { parts: sharedParts(shared, wanted), beside: shared.opened?.beside }
    },
    take: async (network, isPatient) => {
      if (data === 'memory') return hold()
      const { takeData } = await import('./sharing/take-data.ts')
      return takeData(new TabPlace(nameOf(network), passphrase), isPatient)
    },
  }
}
