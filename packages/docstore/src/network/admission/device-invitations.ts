import { fromUtf8, isAuthority, type Replica, utf8 } from '@p2p-docstore/core'
import type { Network } from '../types.ts'
import { Invitations } from './invitations.ts'
import { ownIdentity } from './own-identity.ts'
import { readNetwork } from './read-network.ts'

/** Name prefix of the ids of invitations by whom they let in; the `did:key` of the device follows. */
const GUESTS = 'invited-with/'

/** Notes which device came in with an invitation that anybody could use. */
export async function noteGuest(replica: Replica, device: string, invitation: string): Promise<void> {
  await replica.setMeta(GUESTS + device, utf8(invitation))
}

/** Takes back the invitations that were made here for a device, a `did:key`, and the one with which it came. Does nothing where this is no authority. */
export async function takeBackInvitations(init: { readonly replica: Replica; readonly network: Network | undefined }, device: string): Promise<void> {
  const { replica } = init
  const network = readNetwork((await replica.info()).network.descriptor)
  if (network.descriptor.admission === 'open' || !isAuthority((await ownIdentity(replica)).author, network)) return
  const came = fromUtf8((await replica.getMeta(GUESTS + device)) ?? new Uint8Array())
  const invitations = new Invitations(init)
  for (const { id, identity, state } of await invitations.list())
    if (state === 'valid' && (identity === device || id === came)) await invitations.revoke(id)
  await replica.setMeta(GUESTS + device, undefined)
}
