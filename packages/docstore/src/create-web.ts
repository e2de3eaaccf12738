import { own } from './sharing/own.ts'
import { SharedData } from './sharing/shared-data.ts'
import { ownParts, sharedParts } from './sharing/shared-parts.ts'
import { TabPlace } from './sharing/tab-place-web.ts'
import { WorkerData } from './sharing/worker-data-web.ts'
import { Docstore } from './store/docstore.ts'
import { checkOptions } from './store/options.ts'

/** How to open a store in a browser. */
export interface DocstoreOptions {
  /** Name of the data in this origin's private file system; `'memory'` keeps nothing. */
  readonly data?: string
  /**
   * Join link or join text of a network, or the address of one of its relays. Remembered with the data. Documents of before move to that network where
   * nobody else was ever in theirs: their namespaces get other ids, and those of before still open them.
   */
  readonly join?: string
  /** `'off'`: no connections; the documents that are here can be used all the same. */
  readonly network?: 'on' | 'off'
  /** Name of the network that is made when there is none and none is joined. */
  readonly networkName?: string
  /** Whether everyone in the network may know of this peer: its id, its identity and its addresses. Relays are always listed. */
  readonly listed?: boolean
  /** Who may join the network that is made: anyone who has its link (`'open'`, the default), or only whom this identity invites. */
  readonly admission?: 'open' | 'invite'
}

const OPTIONS = ['data', 'join', 'network', 'networkName', 'listed', 'admission'] as const satisfies readonly (keyof DocstoreOptions)[]

/**
 * Opens a document store. The first tab on some data holds it, with SQLite in a worker and the connections in its window; further tabs
 * work through that one, and one of them takes over when it goes. Throws `bad-link`, `bad-invitation`, `relay-unreachable` (a bare address on first use),
 * `other-network`, `others-documents`, `data-in-use` (the tab that holds the data does not answer), `no-opfs`, `worker-failed`.
 */
export async function createDocstore(options: DocstoreOptions = {}): Promise<Docstore> {
  checkOptions(options, OPTIONS, 'createDocstore')
  const { data = 'default', network = 'on' } = options
  if (data === 'memory') {
    const held = await WorkerData.open(data, { listen: async () => () => undefined, release: () => undefined })
    return Docstore.of(ownParts(await own(held, options)))
  }
  const shared = await SharedData.open(new TabPlace(data), options)
  return Docstore.of(sharedParts(shared, network))
}
