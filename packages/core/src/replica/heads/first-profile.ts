import type { CID } from '../../model/encoding/cid.ts'
import type { Identity } from '../../model/keys/identity.ts'
import { principalOf } from '../../model/people/author.ts'
import { type DecodedGenesis, type Head, type SignedHead, signHead } from '../../model/namespace/namespace.ts'
import { FIRST_PROFILE_BODY, profileGenesis } from '../../model/namespace/profile.ts'

/** The profile of an identity as each of its devices makes it that does not know of one; `epoch` is that of the owner. */
export function firstProfile(
  net: CID,
  identity: Identity,
  { at, epoch }: Pick<Head, 'at' | 'epoch'>,
): { readonly genesis: DecodedGenesis; readonly head: SignedHead } {
  const genesis = profileGenesis(net, principalOf(identity.author))
  if (!genesis.ok) throw new TypeError(`the profile of this identity is ${genesis.reason}`)
  const head = signHead({ net, ns: genesis.value.cid, epoch, seq: 0, prev: null, at, body: FIRST_PROFILE_BODY }, identity)
  return { genesis: genesis.value, head }
}
