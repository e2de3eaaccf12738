import { sha256 } from '#crypto'
import { compareBytes } from '../bytes.ts'
import { MAX_TIME } from '../clock.ts'
import { type CID, DAG_CBOR, isOurCid } from '../encoding/cid.ts'
import { decodeCbor, encodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { type Identity, SIGNATURE_BYTES, verifySignature } from '../keys/identity.ts'
import { MAX_ACT_BYTES, MAX_ACT_PARENTS } from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'
import { type ActContent, readActContent } from './act-content.ts'
import { isAuthorLength, keyOf } from './author.ts'

/** One entry of a log: of a person's, or of the roles in a namespace. */
export interface Act {
  readonly v: 1
  readonly t: 'act'
  /** The person, or the namespace. */
  readonly log: CID
  /** Hashes of the acts that its author knew and that no other act that he knew came after; rising. None: only the genesis is before it. */
  readonly parents: readonly Uint8Array[]
  /** Hash of the act that made its author somebody who acts here. Left out by whom the genesis names, and by recovery keys. */
  readonly via?: Uint8Array
  /** Hybrid time, as its author says. */
  readonly at: number
  readonly do: ActContent
  readonly by: Uint8Array
}

/** An act with its canonical bytes, hash and signature. */
export interface SignedAct {
  readonly act: Act
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly signature: Uint8Array
}

/** What the signer of an act says. */
export type ActFields = Omit<Act, 'v' | 't' | 'by'>

/** Signs an act. Sorts its parents; throws where peers would refuse it. */
export function signAct({ parents, ...fields }: ActFields, identity: Identity): SignedAct {
  const act: Act = { v: 1, t: 'act', ...fields, parents: parents.toSorted(compareBytes), by: identity.author }
  const bytes = encodeCbor(act)
  const read = readAct(bytes)
  if (!read.ok) throw new TypeError(`an act that says ${fields.do.type} with these fields is ${read.reason}`)
  const hash = sha256(bytes)
  return { act: read.value, bytes, hash, signature: identity.sign('act', hash) }
}

/** A device's proof that it wants to be one of this person's. */
export function signDevice(person: CID, device: Identity): Uint8Array {
  return device.sign('device', deviceHash(person, keyOf(device.author)))
}

function deviceHash(person: CID, key: Uint8Array): Uint8Array {
  return sha256(encodeCbor({ v: 1, t: 'device', person, key }))
}

/** Whether other threads may check signatures. */
interface Checking {
  readonly aside?: boolean
}

/** Checks and reads an act: its shape and its signature, and of an `add` the device's own. Whether it counts is said by its log. */
export async function decodeAct(bytes: Uint8Array, signature: Uint8Array, { aside = false }: Checking = {}): Promise<Verdict<SignedAct>> {
  const read = readAct(bytes)
  if (!read.ok) return read
  if (signature.length !== SIGNATURE_BYTES) return refuse('bad-signature')
  const { by, do: content, log } = read.value
  const hash = sha256(bytes)
  const isSigned = verifySignature(keyOf(by), 'act', hash, signature, { aside })
  const isProved = content.type !== 'add' || verifySignature(content.key, 'device', deviceHash(log, content.key), content.proof, { aside })
  if (!(await isSigned) || !(await isProved)) return refuse('bad-signature')
  return accept({ act: read.value, bytes: Uint8Array.from(bytes), hash, signature: Uint8Array.from(signature) })
}

/** From so many acts on, other threads check their signatures: for fewer, handing them over costs as much as it saves. */
const MANY_ACTS = 8

/** The same for each of several; `aside` allows other threads. */
export async function decodeActs(
  acts: readonly Pick<SignedAct, 'bytes' | 'signature'>[],
  { aside = true }: Checking = {},
): Promise<Verdict<SignedAct>[]> {
  return Promise.all(acts.map(({ bytes, signature }) => decodeAct(bytes, signature, { aside: aside && acts.length >= MANY_ACTS })))
}

function readAct(bytes: Uint8Array): Verdict<Act> {
  const decoded = decodeCbor(bytes, MAX_ACT_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'act', ['log', 'parents', 'at', 'do', 'by'], ['via'])
  if (!struct.ok) return struct
  const { log, parents, via, at, by } = struct.value
  if (!isOurCid(log, DAG_CBOR) || !isParents(parents) || !(via === undefined || isBytes(via, 32))) return refuse('malformed')
  if (!isUint(at) || at > MAX_TIME || !isBytes(by) || !isAuthorLength(by.length)) return refuse('malformed')
  const content = readActContent(struct.value['do'])
  if (!content.ok) return content
  return accept({ v: 1, t: 'act', log, parents, ...(via === undefined ? {} : { via }), at, do: content.value, by })
}

function isParents(value: unknown): value is readonly Uint8Array[] {
  if (!Array.isArray(value) || value.length > MAX_ACT_PARENTS) return false
  return value.every((hash, i) => isBytes(hash, 32) && (i === 0 || compareBytes(value[i - 1], hash) < 0))
}

/** Reads an act that was checked when it was stored: its signature is not looked at again. */
export function storedAct(bytes: Uint8Array, signature: Uint8Array): Verdict<SignedAct> {
  const read = readAct(bytes)
  return read.ok ? accept({ act: read.value, bytes, hash: sha256(bytes), signature }) : read
}
