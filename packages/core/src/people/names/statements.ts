import { sha256 } from '#crypto'
import { equalBytes } from '../../model/bytes.ts'
import { decodeCbor, isBytes, isUint, readStruct } from '../../model/encoding/cbor.ts'
import { type CID, DAG_CBOR, equalCids, isOurCid } from '../../model/encoding/cid.ts'
import { AUTHOR_BYTES, type Identity, isAuthorKey } from '../../model/keys/identity.ts'
import { isSignedBy, type Signed, sign } from '../../model/keys/signed.ts'
import type { Network } from '../../model/network/network.ts'
import { accept, refuse, type Verdict } from '../../model/verdict.ts'
import { LEASE_MS, MAX_STATEMENT_BYTES } from './limits.ts'
import { usernameFault } from './username.ts'

/** What every statement about a name has. */
interface OfName {
  readonly v: 1
  readonly net: CID
  readonly name: string
  /** Digest of the id of the person: who claims, holds or gives up the name. */
  readonly person: Uint8Array
  /** Who signed it. */
  readonly by: Uint8Array
}

/** "This person wants this name", also to keep it for another year. */
export interface NameClaim extends OfName {
  readonly t: 'name-claim'
  /** Unix milliseconds. */
  readonly at: number
  /** Hash of the transfer by which the holder gives it to this person; `null` without one. */
  readonly via: Uint8Array | null
}

/** An authority gives a name to who claimed it. */
export interface NameGrant extends OfName {
  readonly t: 'name-grant'
  /** Hash of the claim. */
  readonly claim: Uint8Array
  /** Unix milliseconds; a year lies between at most. */
  readonly from: number
  readonly until: number
}

/** An authority that has not granted a claim says that it never will. Enough of them end a claim that has some grants and not enough. */
export interface NameDenial extends OfName {
  readonly t: 'name-denial'
  /** Hash of the claim. */
  readonly claim: Uint8Array
  /** Unix milliseconds. */
  readonly at: number
}

/** The holder gives a name up. */
export interface NameRelease extends OfName {
  readonly t: 'name-release'
  readonly at: number
}

/** The holder gives a name to somebody, who has to claim it. */
export interface NameTransfer extends OfName {
  readonly t: 'name-transfer'
  readonly at: number
  /** Digest of the id of the person who gets it. */
  readonly to: Uint8Array
}

export type NameStatement = NameClaim | NameGrant | NameDenial | NameRelease | NameTransfer

/** A statement whose shape and signature are right. Whether its key acts for its person is said by that person's log. */
export interface VerifiedStatement<T extends NameStatement = NameStatement> {
  readonly value: T
  readonly signed: Signed
  readonly hash: Uint8Array
}

type Fields<T extends NameStatement> = Omit<T, 'v' | 't' | 'by'>

/** Signs a claim, as a device of the person. */
export function claimName(fields: Fields<NameClaim>, device: Identity): VerifiedStatement<NameClaim> {
  return signed({ v: 1, t: 'name-claim', ...fields, by: device.author }, device)
}

/** Signs a grant, as an authority. */
export function grantName(fields: Fields<NameGrant>, authority: Identity): VerifiedStatement<NameGrant> {
  return signed({ v: 1, t: 'name-grant', ...fields, by: authority.author }, authority)
}

/** Signs that a claim is never granted, as an authority. */
export function denyName(fields: Fields<NameDenial>, authority: Identity): VerifiedStatement<NameDenial> {
  return signed({ v: 1, t: 'name-denial', ...fields, by: authority.author }, authority)
}

/** Signs that a name is given up, as a device of the person. */
export function releaseName(fields: Fields<NameRelease>, device: Identity): VerifiedStatement<NameRelease> {
  return signed({ v: 1, t: 'name-release', ...fields, by: device.author }, device)
}

/** Signs that a name is given to somebody, as a device of the person who has it. */
export function transferName(fields: Fields<NameTransfer>, device: Identity): VerifiedStatement<NameTransfer> {
  return signed({ v: 1, t: 'name-transfer', ...fields, by: device.author }, device)
}

function signed<T extends NameStatement>(value: T, identity: Identity): VerifiedStatement<T> {
  const made = sign(value, identity)
  return { value, signed: made, hash: sha256(made.bytes) }
}

/** Checks and reads a statement of a network: shape, name, signature, and of a grant or a denial that an authority of names made it. */
export async function verifyStatement(statement: Signed, network: Network): Promise<Verdict<VerifiedStatement>> {
  const read = readVerified(statement, network)
  if (!read.ok) return read
  const { value } = read.value
  return (await isSignedBy(value.by, value.t, statement)) ? read : refuse('bad-signature')
}

/** Reads a statement whose signature was checked before it was stored; refuses what is of another network. */
export function readVerified(statement: Signed, network: Network): Verdict<VerifiedStatement> {
  const decoded = decodeCbor(statement.bytes, MAX_STATEMENT_BYTES)
  if (!decoded.ok) return decoded
  const read = readStatement(decoded.value)
  if (!read.ok) return read
  const value = read.value
  if (!equalCids(value.net, network.cid)) return refuse('wrong-network')
  if (!isAuthorKey(value.by)) return refuse('bad-key')
  if ((value.t === 'name-grant' || value.t === 'name-denial') && !isNameAuthority(value.by, network)) return refuse('not-allowed')
  return accept({ value, signed: statement, hash: sha256(statement.bytes) })
}

/** Whether a key may grant names of a network. */
export function isNameAuthority(key: Uint8Array, { descriptor }: Network): boolean {
  return descriptor.names?.authorities.some((authority) => equalBytes(authority, key)) === true
}

const FIELDS: Readonly<Record<NameStatement['t'], readonly string[]>> = {
  'name-claim': ['at', 'via'],
  'name-grant': ['claim', 'from', 'until'],
  'name-denial': ['claim', 'at'],
  'name-release': ['at'],
  'name-transfer': ['at', 'to'],
}

function isType(t: unknown): t is NameStatement['t'] {
  return typeof t === 'string' && Object.hasOwn(FIELDS, t)
}

function readStatement(value: unknown): Verdict<NameStatement> {
  const t = typeof value === 'object' && value !== null && 't' in value ? value.t : undefined
  if (!isType(t)) return refuse('malformed')
  const struct = readStruct(value, t, ['net', 'name', 'person', 'by', ...FIELDS[t]])
  if (!struct.ok) return struct
  const { net, name, person, by, at, via, claim, from, until, to } = struct.value
  if (!isOurCid(net, DAG_CBOR) || typeof name !== 'string' || usernameFault(name) !== undefined) return refuse('malformed')
  if (!isBytes(person, 32) || !isBytes(by, AUTHOR_BYTES)) return refuse('malformed')
  const common = { v: 1, net, name, person, by } as const
  switch (t) {
    case 'name-claim':
      return isUint(at) && (via === null || isBytes(via, 32)) ? accept({ ...common, t, at, via }) : refuse('malformed')
    case 'name-grant':
      if (!isBytes(claim, 32) || !isUint(from) || !isUint(until) || until <= from || until - from > LEASE_MS) return refuse('malformed')
      return accept({ ...common, t, claim, from, until })
    case 'name-denial':
      return isBytes(claim, 32) && isUint(at) ? accept({ ...common, t, claim, at }) : refuse('malformed')
    case 'name-release':
      return isUint(at) ? accept({ ...common, t, at }) : refuse('malformed')
    case 'name-transfer':
      return isUint(at) && isBytes(to, 32) ? accept({ ...common, t, at, to }) : refuse('malformed')
  }
}
