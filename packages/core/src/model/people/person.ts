import { sha256 } from '#crypto'
import { equalBytes } from '../bytes.ts'
import { type CID, cidOf, DAG_CBOR } from '../encoding/cid.ts'
import { decodeCbor, encodeCbor, isBytes, readStruct } from '../encoding/cbor.ts'
import { AUTHOR_BYTES, type Identity, isAuthorKey } from '../keys/identity.ts'
import { MAX_PERSON_BYTES } from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** What a person begins with. Their id is the hash of it and never a key, so every key of theirs can change; no network is named, so they are the same in all. */
export interface PersonGenesis {
  readonly v: 1
  readonly t: 'person'
  /** The first device's key. */
  readonly device: Uint8Array
  /** sha-256 of the recovery key, which nobody sees until it is used. */
  readonly recovery: Uint8Array
  /** 16 bytes: those of `personNonce`, or random ones. */
  readonly nonce: Uint8Array
}

/** A person's genesis with its canonical bytes and what it is named by. */
export interface DecodedPerson {
  readonly genesis: PersonGenesis
  readonly bytes: Uint8Array
  /** sha-256 of the bytes: the person, in signed structures. */
  readonly digest: Uint8Array
  /** The person's id: the CID of the bytes. */
  readonly cid: CID
}

/** A new person, whose first device this is. `recovery` is the public half of the recovery key, as in `Identity.author`. */
export function createPerson({
  device,
  recovery,
  nonce = crypto.getRandomValues(new Uint8Array(16)),
}: {
  readonly device: Identity
  readonly recovery: Uint8Array
  readonly nonce?: Uint8Array
}): DecodedPerson {
  const genesis: PersonGenesis = { v: 1, t: 'person', device: device.author, recovery: keyCommitment(recovery), nonce }
  const decoded = decodePerson(encodeCbor(genesis))
  if (!decoded.ok) throw new TypeError(`a person with this device and nonce is ${decoded.reason}`)
  return decoded.value
}

/** Checks and reads a person's genesis. */
export function decodePerson(bytes: Uint8Array): Verdict<DecodedPerson> {
  const decoded = decodeCbor(bytes, MAX_PERSON_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'person', ['device', 'recovery', 'nonce'])
  if (!struct.ok) return struct
  const { device, recovery, nonce } = struct.value
  if (!isBytes(device, AUTHOR_BYTES) || !isBytes(recovery, 32) || !isBytes(nonce, 16)) return refuse('malformed')
  if (!isAuthorKey(device)) return refuse('bad-key')
  const digest = sha256(bytes)
  return accept({ genesis: { v: 1, t: 'person', device, recovery, nonce }, bytes: Uint8Array.from(bytes), digest, cid: cidOf(DAG_CBOR, digest) })
}

/**
 * The nonce of a person who begins with this device and recovery seed. The hash of the recovery key is public, so anybody can write it into a genesis with a device of his
 * own; this nobody can make who does not have the seed.
 */
export function personNonce(seed: Uint8Array, device: Uint8Array): Uint8Array {
  return sha256(encodeCbor({ v: 1, t: 'person-nonce', seed, device })).slice(0, 16)
}

/** Whether whoever made this genesis had the recovery seed. Of one that says so by nothing, nobody knows. */
export function isMadeWith(seed: Uint8Array, { genesis: { device, nonce } }: DecodedPerson): boolean {
  return equalBytes(nonce, personNonce(seed, device))
}

/** What is published of a recovery key before it is used. */
export function keyCommitment(key: Uint8Array): Uint8Array {
  if (!isAuthorKey(key)) throw new TypeError('a recovery key is an ed25519 multikey')
  return sha256(key)
}
