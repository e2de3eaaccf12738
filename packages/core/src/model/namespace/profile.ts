import type { CID } from '../encoding/cid.ts'
import type { Verdict } from '../verdict.ts'
import type { HeadBody } from './head-body.ts'
import { type DecodedGenesis, decodeGenesis } from './namespace.ts'
import { profileGenesisBytes } from './profile-id.ts'

/** The profile of an owner in a network: what its id follows from. Refused where the owner is none. */
export function profileGenesis(net: CID, owner: Uint8Array): Verdict<DecodedGenesis> {
  return decodeGenesis(profileGenesisBytes(net, owner), net)
}

/** What the first head of a profile says, on every device alike: so two that each made one know what both began with. */
export const FIRST_PROFILE_BODY: HeadBody = {
  title: 'Profile',
  collections: { contacts: { type: 'map' }, profile: { type: 'map' } },
}
