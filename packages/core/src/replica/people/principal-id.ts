import { toHex } from '../../model/bytes.ts'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import { didOf } from '../../model/keys/identity.ts'
import { PERSON_BYTES, principalOf } from '../../model/people/author.ts'

/** How users see who wrote or owns something: the id of a person, whichever of their devices it was, or the `did:key` of a key. */
export function principalId(by: Uint8Array): string {
  const principal = principalOf(by)
  return principal.length === PERSON_BYTES ? cidOf(DAG_CBOR, principal).toString() : didOf(principal)
}

/** The same of the author of a record, which is not named as a principal is: of an event it is the bare key of its author. */
export function authorId(by: Uint8Array): string {
  return by.length === PERSON_BYTES ? `did:nostr:${toHex(by)}` : principalId(by)
}
