import type { Network } from '@p2p-docstore/core'
import type { Docstore } from '../docstore.ts'
import type { OpenStoresOptions } from './open-stores.ts'
import type { StoreNetworks } from './store-networks.ts'

/** What is known once the first data is open. */
interface OpenSeveral extends Pick<OpenStoresOptions, 'join' | 'descriptor' | 'inNetwork'> {
  /** The network of the first link, or of the descriptor, where it lies beside the first data. */
  readonly beside: Network | undefined
  readonly isOneOnly: boolean
  /** Whether the first data is open without connections, to be looked at. */
  readonly isLook: boolean
}

/** Joins and opens the networks that are asked for; gives the store of the one that is worked in. */
export async function openSeveral(
  shared: StoreNetworks,
  first: Docstore,
  { beside, join: [link, ...more], descriptor, inNetwork, isOneOnly, isLook }: OpenSeveral,
): Promise<Docstore> {
  const networks = await shared.all()
  const isNew = beside !== undefined && !(await networks.list()).some(({ id }) => id === beside.id)
  let id = link === undefined && descriptor === undefined ? await networks.used() : first.info.network.id
  if (link !== undefined && beside === undefined && !(await networks.list()).some((one) => one.id === id)) {
    // It was being left when a program was ended, and is empty now.
    id = (await networks.join(link)).info.network.id
  }
  if (beside !== undefined) {
    id = beside.id
    await (link === undefined ? networks.add(id, beside.bytes) : networks.join(link))
    // Later commands are to work in what was joined, without the link.
    if (isNew && link !== undefined) await networks.use(id)
  }
  for (const one of more) await networks.join(one)
  if (inNetwork !== undefined) id = await networks.idOf(inNetwork)
  if (!isOneOnly) await networks.openAll()
  return isLook && id === first.info.network.id ? networks.reopenFirst() : networks.open(id)
}
