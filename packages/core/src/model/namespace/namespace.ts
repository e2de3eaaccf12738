import { compareBytes } from '../bytes.ts'
import { type CID, cidOfBytes, DAG_CBOR, equalCids, isOurCid } from '../encoding/cid.ts'
import { decodeCbor, encodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { sha256 } from '#crypto'
import { AUTHOR_BYTES, type Identity, isAuthorKey, verifySignature } from '../keys/identity.ts'
import { hasUnique, type HeadBody, readHeadBody } from './head-body.ts'
import { isPast } from './head-past.ts'
import { MAX_GENESIS_BYTES, MAX_HEAD_BYTES } from '../limits.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** Who may write documents in a namespace. `members` is in the format; this release refuses it. */
export const WRITE_POLICIES = ['owner', 'members', 'author', 'anyone'] as const
export type WritePolicy = (typeof WRITE_POLICIES)[number]

/** The immutable fields of a namespace. Its id is the CID of this. */
export interface Genesis {
  readonly v: 1
  readonly t: 'ns'
  readonly net: CID
  readonly kind: string
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

/** A new genesis, owned by this identity. Throws where peers would refuse it. */
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
  const genesis: Genesis = { v: 1, t: 'ns', net, kind, owner: owner.author, next: null, write, nonce }
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
  if (!isAuthorKey(owner)) return refuse('bad-key')
  const policy = WRITE_POLICIES.find((known) => known === write)
  if (policy === undefined || policy === 'members') return refuse('unsupported')
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

/** Checks a head against its genesis, signature included, and reads it. */
export async function decodeHead(bytes: Uint8Array, signature: Uint8Array, { genesis, cid }: DecodedGenesis): Promise<Verdict<SignedHead>> {
  const decoded = decodeCbor(bytes, MAX_HEAD_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'head', ['net', 'ns', 'epoch', 'seq', 'prev', 'at', 'body', 'rot', 'by'], ['past'])
  if (!struct.ok) return struct
  const { net, ns, epoch, seq, prev, past, at, body, rot, by } = struct.value
  if (!isOurCid(net, DAG_CBOR) || !isOurCid(ns, DAG_CBOR)) return refuse('malformed')
  if (!isUint(epoch) || !isUint(seq) || !isUint(at) || !(prev === null || isBytes(prev, 32))) return refuse('malformed')
  if (!isBytes(by, AUTHOR_BYTES) || !Array.isArray(rot) || !(past === undefined || isPast(past))) return refuse('malformed')
  const readBody = readHeadBody(body)
  if (!readBody.ok && readBody.reason === 'malformed') return readBody
  if (!equalCids(net, genesis.net)) return refuse('wrong-network')
  if (!equalCids(ns, cid)) return refuse('wrong-namespace')
  if (rot.length > 0 || epoch > 0) return refuse('unsupported')
  if (!readBody.ok) return readBody
  // Two writers who do not see each other could both take a value, and neither record could be refused by itself.
  if (genesis.write !== 'owner' && hasUnique(readBody.value)) return refuse('unsupported')
  if (compareBytes(by, genesis.owner) !== 0) return refuse('not-allowed')
  const hash = sha256(bytes)
  if (!(await verifySignature(by, 'head', hash, signature))) return refuse('bad-signature')
  const head: Head = { v: 1, t: 'head', net, ns, epoch, seq, prev, ...(past === undefined ? {} : { past }), at, body: readBody.value, rot: [], by }
  return accept({ head, bytes: Uint8Array.from(bytes), hash, signature: Uint8Array.from(signature) })
}

/** Whether head `a` wins over head `b`: higher `(epoch, seq)`, then lower hash. */
export function headWins(a: SignedHead, b: SignedHead): boolean {
  if (a.head.epoch !== b.head.epoch) return a.head.epoch > b.head.epoch
  if (a.head.seq !== b.head.seq) return a.head.seq > b.head.seq
  return compareBytes(a.hash, b.hash) < 0
}
