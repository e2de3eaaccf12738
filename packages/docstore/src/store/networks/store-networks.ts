import { DocstoreError } from '@p2p-docstore/core'
import type { Docstore } from '../docstore.ts'
import type { NetworkData } from './network-data.ts'
import type { Networks } from './networks.ts'
import type { SharedNetworks } from './types.ts'

/** What the stores share that one `createDocstore` opened, one for each network. What works with several networks is loaded where there are. */
export class StoreNetworks implements SharedNetworks<Docstore> {
  readonly data: NetworkData
  /** The store of the first data. */
  first: Docstore | undefined
  /** The one that `createDocstore` gave: it closes the others with it. */
  main: Docstore | undefined
  #loaded: Promise<Networks> | undefined

  constructor(data: NetworkData) {
    this.data = data
  }

  /** All networks. */
  all(): Promise<Networks> {
    return (this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = undefined
      throw error
    }))
  }

  async #load(): Promise<Networks> {
    const { Networks } = await import('./networks.ts')
    if (this.first === undefined) throw new DocstoreError('internal', 'The first data is not open')
    return Networks.of({ shared: this, data: this.data, first: this.first })
  }

  /** What works with several networks, where there are or were several. */
  get several(): Promise<Networks> | undefined {
    return this.#loaded
  }

  /** Closes a store, and with the main one all of them. */
  async close(store: Docstore): Promise<void> {
    const networks = await this.#loaded?.catch(() => undefined)
    if (networks === undefined) return store.closeAlone()
    if (store === this.main) return networks.closeAll()
    await networks.forget(store)
    await store.closeAlone()
  }
}
