import { concatBytes, equalBytes } from '../bytes.ts'
import { base58btc } from 'multiformats/bases/base58'
import { cidOf, DAG_CBOR, parseCid } from '../encoding/cid.ts'
import { AUTHOR_BYTES, authorOfDid, type Identity } from '../keys/identity.ts'

/** Length of what names a person in signed structures, bytes: the digest of the person's id. */
export const PERSON_BYTES = 32
/** Length of `by` where a key signs for a person. */
const FOR_PERSON_BYTES: number = AUTHOR_BYTES + PERSON_BYTES

/** Whether bytes have the length of a `by`: a key, or a key and the person for whom it signs. What they say is not looked at. */
export function isAuthorLength(length: number): boolean {
  return length === AUTHOR_BYTES || length === FOR_PERSON_BYTES
}

/** The key that signed. */
export function keyOf(by: Uint8Array): Uint8Array {
  return by.length === AUTHOR_BYTES ? by : by.subarray(0, AUTHOR_BYTES)
}

/** The digest of the person for whom the key signs; `undefined` where it signs for itself. Whether it may is said by the person's log. */
export function personOf(by: Uint8Array): Uint8Array | undefined {
  return by.length === FOR_PERSON_BYTES ? by.subarray(AUTHOR_BYTES) : undefined
}

/** Who it is, whichever device signed: the digest of the person (32 bytes), or the key (34 bytes). Owners and members are named so. */
export function principalOf(by: Uint8Array): Uint8Array {
  return by.length === FOR_PERSON_BYTES ? by.subarray(AUTHOR_BYTES) : by
}

/** Whether both are the same person, or the same key. */
export function isSamePrincipal(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || equalBytes(principalOf(a), principalOf(b))
}

/** The `by` of what somebody signs, from how users see them: the `did:key` of the device, and the id of the person for whom it signs. Throws `TypeError`. */
export function authorOf({ identity, person }: { readonly identity: string; readonly person?: string | undefined }): Uint8Array {
  const key = authorOfDid(identity)
  const digest = person === undefined ? undefined : parseCid(DAG_CBOR, person)?.multihash.digest
  if (key === undefined || (person !== undefined && digest === undefined)) throw new TypeError('the identity is no did:key, or the person no CID')
  return digest === undefined ? key : concatBytes(key, digest)
}

/** The same key, signing for a person. */
export function identityFor(person: Uint8Array, identity: Identity): Identity {
  if (person.length !== PERSON_BYTES) throw new TypeError(`a person is named by ${PERSON_BYTES} bytes`)
  return { did: identity.did, author: concatBytes(keyOf(identity.author), person), sign: (domain, hash) => identity.sign(domain, hash) }
}

/** Whether the same key signed, for whomever. */
export function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || equalBytes(keyOf(a), keyOf(b))
}

/** Whether somebody wrote it who is this author, whichever device it was; and what the key of this one wrote before it signed for a person. */
export function isOwnAuthor(by: Uint8Array, author: Uint8Array): boolean {
  return isSamePrincipal(by, author) || (personOf(by) === undefined && isSameKey(by, author))
}

/** What prefixes the ids of an author's documents: the base58 part of a key's `did:key`, or the id of the person. */
export function authorName(by: Uint8Array): string {
  const known = names.get(by)
  if (known !== undefined) return known
  const person = personOf(by)
  const name = person === undefined ? base58btc.encode(by) : cidOf(DAG_CBOR, person).toString()
  names.set(by, name)
  return name
}

/** Names by the very bytes: the records of a seal have those of one author, and to spell a name takes longer than all else that is asked of them. */
const names = new WeakMap<Uint8Array, string>()

/** A regular expression for the name of an author: an ed25519 multikey in base58, or a dag-cbor CID in base32. */
export const AUTHOR_NAME = 'z6Mk[1-9A-HJ-NP-Za-km-z]{44}|bafyrei[a-z2-7]{52}'
const AUTHOR_PREFIX = new RegExp(`^(?:${AUTHOR_NAME})/`)

/** Whether a document id begins with the name of an author, as all ids do in `author` namespaces. */
export function namesAuthor(documentId: string): boolean {
  return AUTHOR_PREFIX.test(documentId)
}
