import { BESIDE, LEAVING } from '../../network/standing.ts'
import { Docstore } from '../docstore.ts'
import type { NetworkData } from './network-data.ts'
import { StoreNetworks } from './store-networks.ts'

/** Which networks of some data are opened. */
export interface OpenStoresOptions {
  /** Links of the networks to be in; the store is the one of the first. */
  readonly join: readonly string[]
  readonly descriptor?: Uint8Array | undefined
  /** Id or name of the network that the store is of. */
  readonly inNetwork?: string | undefined
  /** `'one'` opens that one alone. */
  readonly networks?: 'all' | 'one' | undefined
  /** Whether there are to be no connections at all. */
  readonly isOff: boolean
}

/** Opens the data of one network or of several; gives the store of the one that is worked in. */
export async function openStores(data: NetworkData, { join, descriptor, inNetwork, networks = 'all', isOff }: OpenStoresOptions): Promise<Docstore> {
  const [link] = join
  const isOneOnly = networks === 'one'
  // Which one is meant is noted in the first, which need not be connected for that.
  const isLook = isOneOnly && !isOff && data.mayHaveMore()
  const { parts, beside } = await data.open(undefined, { join: link, descriptor, isOneOnly, isOff: isLook })
  const shared = new StoreNetworks(data)
  try {
    const first = await Docstore.of(parts, shared)
    shared.first = first
    shared.main = first
    const hasSeveral = (await first.replica.listMeta('network-')).some(([key]) => key.startsWith(BESIDE) || key.startsWith(LEAVING))
    if (!isLook && !hasSeveral && beside === undefined && join.length < 2 && inNetwork === undefined) return first
    const { openSeveral } = await import('./open-several.ts')
    shared.main = await openSeveral(shared, first, { beside, join, descriptor, inNetwork, isOneOnly, isLook })
    return shared.main
  } catch (error) {
    const all = await shared.several?.catch(() => undefined)
    await (all === undefined ? parts.close() : all.closeAll())
    throw error
  }
}
