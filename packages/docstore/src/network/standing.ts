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

/** Prefix of what the first data of a store notes of the networks beside its own: their ids, each with its descriptor. */
export const BESIDE = 'network-beside/'
/** There where the first data of a store has left its network, and only keeps what belongs to all: who this is, and which networks there are. */
export const NOWHERE = 'network-nowhere'

/** Prefix of what it notes of networks that are being left, so that what was ended in the middle goes on. */
export const LEAVING = 'network-leaving/'
/** Id of the network that is worked in where none is named. */
export const USED = 'network-used'

/** Where a network lies that somebody names: it is the one of this data, this data moves there, or it gets data of its own beside this one. */
export type NetworkPlace = 'here' | 'moves' | 'beside'

/** Where `wanted` lies, seen from data that is in the network `current`. With `moves`, documents leave also a network that somebody chose, while nobody was met there. */
export async function placeOf(wanted: string | undefined, current: string | undefined, meta: MetaReader, moves = false): Promise<NetworkPlace> {
  if (wanted === undefined || current === undefined || wanted === current) return 'here'
  const isBeside = (await meta.getMeta(BESIDE + wanted)) !== undefined || (await meta.getMeta(NOWHERE)) !== undefined
  if (isBeside || !(await isAlone(meta))) return 'beside'
  return moves || !(await hasChosenNetwork(meta)) ? 'moves' : 'beside'
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
