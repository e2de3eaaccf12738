import { isAuthority, type Replica } from '@p2p-docstore/core'
import { knownInvitation, ownIdentity, readNetwork } from './admission/index.ts'
import { knownRelays, type MetaReader } from './relays/index.ts'

/** Whether somebody chose the network of this data: joined it, or made it on purpose. Else it was made because there was none. */
export async function hasChosenNetwork(meta: MetaReader): Promise<boolean> {
  return (await meta.getMeta('network-chosen')) !== undefined || (await knownRelays(meta)).length > 0
}

/** Whether this data has to be invited before anybody in its network lets it in. */
export async function needsInvitation(replica: Replica): Promise<boolean> {
  const network = readNetwork((await replica.info()).network.descriptor)
  if (network.descriptor.admission === 'open' || (await knownInvitation(replica)) !== undefined) return false
  return !isAuthority((await ownIdentity(replica)).author, network)
}
