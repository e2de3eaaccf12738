import { compareBytes, equalBytes } from '../bytes.ts'
import { type CID, cidOfBytes, DAG_CBOR, equalCids, isOurCid } from '../encoding/cid.ts'
import { decodeCbor, encodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { sha256 } from '#crypto'
import { type Identity, isAuthorKey, verifySignature } from '../keys/identity.ts'
import { hasUnique, type HeadBody, readHeadBody } from './head-body.ts'
import { isPast } from './head-past.ts'
import { PROFILE_KIND } from './static-profile.ts'
import { MAX_GENESIS_BYTES, MAX_HEAD_BYTES } from '../limits.ts'
import { isAuthorLength, keyOf, PERSON_BYTES, personOf, principalOf } from '../people/author.ts'
import { accept, type Refusal, refuse, type Verdict } from '../verdict.ts'

/** Who may write documents in a namespace; with `members` the owner and those who have roles. */
export const WRITE_POLICIES = ['owner', 'members', 'author', 'anyone'] as const
/** Beside those that anybody can choose: that of the one namespace in which a network keeps events of Nostr, see `nostr-namespace.ts`. */
export type WritePolicy = (typeof WRITE_POLICIES)[number] | 'nostr'

/** The immutable fields of a namespace. Its id is the CID of this. */
export interface Genesis {
  readonly v: 1
  readonly t: 'ns'
  readonly net: CID
  readonly kind: string
  /** A key, or the digest of a person. */
  readonly owner: Uint8Array
  /** sha-256 of the owner's next key, for rotation; `null` where there is none. */
  readonly next: Uint8Array | null
  readonly write: WritePolicy
  /** 16 random bytes; `null` in a profile, whose id has to follow from the owner's key alone. */
  readonly nonce: Uint8Array | null
}

/** The mutable fields of a namespace: the newest head wins by `(epoch, seq)`, then by lowest hash. */
export interface Head {
  readonly v: 1
  readonly t: 'head'
  readonly net: CID
  readonly ns: CID
  readonly epoch: number
  readonly seq: number
  /** Hash of the head that the writer saw; `null` for the first. */
  readonly prev: Uint8Array | null
  /** Beginnings of the hashes of heads before `prev`, see `pastAfter`. */
  readonly past?: Uint8Array
  readonly at: number
  readonly body: HeadBody
  /** Key rotations since the genesis; always empty so far. */
  readonly rot: readonly never[]
  readonly by: Uint8Array
}

/** A genesis with its canonical bytes and its id. */
export interface DecodedGenesis {
  readonly genesis: Genesis
  readonly bytes: Uint8Array
  readonly cid: CID
}

/** A head with its canonical bytes, hash and signature. */
export interface SignedHead {
  readonly head: Head
  readonly bytes: Uint8Array
  readonly hash: Uint8Array
  readonly signature: Uint8Array
}

const KIND = /^[a-z][a-z0-9-]{0,31}$/

/** A new genesis, owned by this identity, or by the person for whom it signs. Throws where peers would refuse it. */
export function createGenesis({
  net,
  owner,
  write,
  kind = 'app',
  nonce = crypto.getRandomValues(new Uint8Array(16)),
}: {
  net: CID
  owner: Identity
  write: WritePolicy
  kind?: string
  nonce?: Uint8Array | null
}): DecodedGenesis {
  const genesis: Genesis = { v: 1, t: 'ns', net, kind, owner: principalOf(owner.author), next: null, write, nonce }
  const decoded = decodeGenesis(encodeCbor(genesis), net)
  if (!decoded.ok) throw new TypeError(`a genesis with kind ${JSON.stringify(kind)} and policy ${write} is ${decoded.reason}`)
  return decoded.value
}

/** Checks and reads a genesis of network `net`. */
export function decodeGenesis(bytes: Uint8Array, net: CID): Verdict<DecodedGenesis> {
  const decoded = decodeCbor(bytes, MAX_GENESIS_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'ns', ['net', 'kind', 'owner', 'next', 'write', 'nonce'])
  if (!struct.ok) return struct
  const { net: network, kind, owner, next, write, nonce } = struct.value
  if (!isOurCid(network, DAG_CBOR) || typeof kind !== 'string' || !KIND.test(kind) || !isBytes(owner) || typeof write !== 'string')
    return refuse('malformed')
  if (!(next === null || isBytes(next, 32)) || !(nonce === null || isBytes(nonce, 16))) return refuse('malformed')
  if (!equalCids(network, net)) return refuse('wrong-network')
  if (owner.length !== PERSON_BYTES && !isAuthorKey(owner)) return refuse('bad-key')
  const policy = write === 'nostr' ? write : WRITE_POLICIES.find((known) => known === write)
  if (policy === undefined) return refuse('unsupported')
  return accept({
    genesis: { v: 1, t: 'ns', net, kind, owner, next, write: policy, nonce },
    bytes: Uint8Array.from(bytes),
    cid: cidOfBytes(DAG_CBOR, bytes),
  })
}

/** Signs a head. Throws for a body that peers would refuse. */
export function signHead(fields: Omit<Head, 'v' | 't' | 'rot' | 'by'>, identity: Identity): SignedHead {
  if (!readHeadBody(fields.body).ok) throw new TypeError('the body of a head has a title, and fields within their limits')
  const head: Head = { v: 1, t: 'head', ...fields, rot: [], by: identity.author }
  const bytes = encodeCbor(head)
  const hash = sha256(bytes)
  return { head, bytes, hash, signature: identity.sign('head', hash) }
}

/** What a person's log says of who acts for them, as far as it is here. */
export interface ActingDevices {
  /** How often something was revoked or recovered in the log: the highest epoch that a head can have. */
  readonly epoch: number
  /** Whether a key acts for the person at this hybrid time. */
  acts(key: Uint8Array, at: number): 'yes' | 'no-device' | 'revoked'
}

/** Takes every head that is signed in the name of its owner: for those that were checked before. */
export const ANY_DEVICE: ActingDevices = { epoch: Number.MAX_SAFE_INTEGER, acts: () => 'yes' }

/** Checks a head against its genesis, signature included, and reads it. Where the owner is a person, their log says whose heads count. */
export async function decodeHead(
  bytes: Uint8Array,
  signature: Uint8Array,
  genesis: DecodedGenesis,
  owner?: ActingDevices,
): Promise<Verdict<SignedHead>> {
  const read = readHead(bytes, signature, genesis)
  if (!read.ok) return read
  const { head, hash } = read.value
  // Which one that is, only networks with events of Nostr have to know.
  if (genesis.genesis.write === 'nostr')
    return (await import('../nostr/nostr-namespace.ts')).isNostrHead(read.value, genesis) ? read : refuse('not-allowed')
  if (!(await verifySignature(keyOf(head.by), 'head', hash, signature))) return refuse('bad-signature')
  const fault = genesis.genesis.owner.length === PERSON_BYTES ? deviceFault(head.by, head, owner) : undefined
  return fault === undefined ? read : refuse(fault)
}

/** The same for one whose signature was checked when it came, and is not again. */
export function readHead(bytes: Uint8Array, signature: Uint8Array, { genesis, cid }: DecodedGenesis): Verdict<SignedHead> {
  const decoded = decodeCbor(bytes, MAX_HEAD_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'head', ['net', 'ns', 'epoch', 'seq', 'prev', 'at', 'body', 'rot', 'by'], ['past'])
  if (!struct.ok) return struct
  const { net, ns, epoch, seq, prev, past, at, body, rot, by } = struct.value
  if (!isOurCid(net, DAG_CBOR) || !isOurCid(ns, DAG_CBOR)) return refuse('malformed')
  if (!isUint(epoch) || !isUint(seq) || !isUint(at) || !(prev === null || isBytes(prev, 32))) return refuse('malformed')
  if (!isBytes(by) || !isAuthorLength(by.length) || !Array.isArray(rot) || !(past === undefined || isPast(past))) return refuse('malformed')
  const readBody = readHeadBody(body)
  if (!readBody.ok && readBody.reason === 'malformed') return readBody
  if (!equalCids(net, genesis.net)) return refuse('wrong-network')
  if (!equalCids(ns, cid)) return refuse('wrong-namespace')
  const isOfPerson = genesis.owner.length === PERSON_BYTES
  if (rot.length > 0 || (epoch > 0 && !isOfPerson)) return refuse('unsupported')
  if (!readBody.ok) return readBody
  if (genesis.kind !== PROFILE_KIND && readBody.value.profile !== undefined) return refuse('unsupported')
  // Two writers who do not see each other could both take a value, and neither record could be refused by itself.
  if (genesis.write !== 'owner' && hasUnique(readBody.value)) return refuse('unsupported')
  if (!equalBytes(principalOf(by), genesis.owner)) return refuse('not-allowed')
  const head: Head = {
    v: 1,
    t: 'head',
    // What is equal is kept once: a relay has thousands of these in memory.
    net: genesis.net,
    ns: cid,
    epoch,
    seq,
    prev,
    ...(past === undefined ? {} : { past }),
    at,
    body: readBody.value,
    rot: [],
    by: equalBytes(by, genesis.owner) ? genesis.owner : by,
  }
  return accept({ head, bytes: Uint8Array.from(bytes), hash: sha256(bytes), signature: Uint8Array.from(signature) })
}

/** Why a head that was accepted once is so no more, by what the log of its owner, a person, says now. */
export function headFault({ head }: SignedHead, owner: ActingDevices): Refusal | undefined {
  return deviceFault(head.by, head, owner)
}

function deviceFault(by: Uint8Array, { epoch, at }: Pick<Head, 'epoch' | 'at'>, owner: ActingDevices | undefined): Refusal | undefined {
  if (owner === undefined || personOf(by) === undefined) return 'unknown-person'
  const acts = owner.acts(keyOf(by), at)
  if (acts !== 'yes') return acts
  return epoch > owner.epoch ? 'epoch-ahead' : undefined
}

/** Whether head `a` wins over head `b`: higher `(epoch, seq)`, then lower hash. */
export function headWins(a: SignedHead, b: SignedHead): boolean {
  if (a.head.epoch !== b.head.epoch) return a.head.epoch > b.head.epoch
  // A namespace that is split stays so, whichever head comes first or last.
  const [splitA = 0, splitB = 0] = [a.head.body.split, b.head.body.split]
  if (splitA !== splitB) return splitA > splitB
  if (a.head.seq !== b.head.seq) return a.head.seq > b.head.seq
  return compareBytes(a.hash, b.hash) < 0
}
