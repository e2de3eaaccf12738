import { sha256 } from '#crypto'
import { concatBytes, equalBytes, utf8 } from '../bytes.ts'
import type { CID } from '../encoding/cid.ts'
import { identityFromSeed } from '../keys/identity.ts'
import { createGenesis, type DecodedGenesis, type SignedHead, signHead } from '../namespace/namespace.ts'

/** Kind of the namespace of a network's events, and the policy by which they are judged. */
export const NOSTR = 'nostr'

/** The namespace in which a network keeps events of Nostr: everybody makes the same one, with a key that nobody has to keep secret, and the same head. */
export function nostrNamespace(net: CID): { readonly genesis: DecodedGenesis; readonly head: SignedHead } {
  const owner = identityFromSeed(sha256(concatBytes(utf8('docstore/nostr\0'), net.bytes)))
  const genesis = createGenesis({ net, owner, write: NOSTR, kind: NOSTR, nonce: null })
  return { genesis, head: signHead({ net, ns: genesis.cid, epoch: 0, seq: 0, prev: null, at: 0, body: { title: 'Nostr' } }, owner) }
}

/** Whether a namespace of this policy is that of its network, with the one head that it has: anybody could sign another. */
export function isNostrHead({ bytes, signature }: Pick<SignedHead, 'bytes' | 'signature'>, genesis: DecodedGenesis): boolean {
  const right = nostrNamespace(genesis.genesis.net)
  return equalBytes(genesis.bytes, right.genesis.bytes) && equalBytes(bytes, right.head.bytes) && equalBytes(signature, right.head.signature)
}
