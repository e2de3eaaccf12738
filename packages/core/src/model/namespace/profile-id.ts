import { encodeCbor } from '../encoding/cbor.ts'
import { type CID, cidOfBytes, DAG_CBOR, parseCid } from '../encoding/cid.ts'
import { authorOfDid } from '../keys/identity.ts'
import { PROFILE_KIND } from './static-profile.ts'

/** The genesis of an owner's profile in a network: nothing in it but these. */
export function profileGenesisBytes(net: CID, owner: Uint8Array): Uint8Array {
  return encodeCbor({ v: 1, t: 'ns', net, kind: PROFILE_KIND, owner, next: null, write: 'owner', nonce: null })
}

/** Id of the profile of an owner in a network: of a key (`did:key`), or of a person, by its id. `undefined` where the text names neither. */
export function profileIdOf(network: string, owner: string): string | undefined {
  const [net, principal] = [parseCid(DAG_CBOR, network), authorOfDid(owner) ?? parseCid(DAG_CBOR, owner)?.multihash.digest]
  return net && principal && cidOfBytes(DAG_CBOR, profileGenesisBytes(net, principal)).toString()
}
