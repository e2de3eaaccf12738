import { isAuthority, type Replica } from '@p2p-docstore/core'
import { knownInvitation, ownIdentity, readNetwork } from './admission/index.ts'
import { knownRelays, type MetaReader } from './relays/index.ts'

/** Whether somebody chose the network of this data: joined it, or made it on purpose. Else it was made because there was none. */
export async function hasChosenNetwork(meta: MetaReader): Promise<boolean> {
  return (await meta.getMeta('network-chosen')) !== undefined || (await knownRelays(meta)).length > 0
}

/** There, with 1 in it, once somebody else was met in the network of the data, or could have been: a relay ran on it; 0 before, and absent in data of before that was noted. */
const MET = 'network-met'

/** Whether nobody else was ever met in the network of this data: nothing that was written here is known in it, so all of it can move to another. */
export async function isAlone(meta: MetaReader): Promise<boolean> {
  const met = await meta.getMeta(MET)
  return met === undefined ? !(await hasChosenNetwork(meta)) : met[0] === 0
}

/** Notes that somebody was met. */
export async function noteMet(replica: Pick<Replica, 'getMeta' | 'setMeta'>): Promise<void> {
  const met = await replica.getMeta(MET)
  if (met?.[0] !== 1) await replica.setMeta(MET, Uint8Array.of(1))
}

/** Whether this data has to be invited before anybody in its network lets it in. */
export async function needsInvitation(replica: Replica): Promise<boolean> {
  const network = readNetwork((await replica.info()).network.descriptor)
  if (network.descriptor.admission === 'open' || (await knownInvitation(replica)) !== undefined) return false
  return !isAuthority((await ownIdentity(replica)).author, network)
}
