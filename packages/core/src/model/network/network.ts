import { base64url } from 'multiformats/bases/base64'
import { equalBytes } from '../bytes.ts'
import { type CID, cidOfBytes, DAG_CBOR } from '../encoding/cid.ts'
import { asStruct, decodeCbor, encodeCbor, isBytes, isUint, readStruct } from '../encoding/cbor.ts'
import { MAX_AUTHORITIES, MAX_CONTENT_BYTES, MAX_DESCRIPTOR_BYTES, MAX_STUN_SERVERS, MAX_TITLE_LENGTH } from '../limits.ts'
import { isAuthorKey } from '../keys/identity.ts'
import { accept, refuse, type Verdict } from '../verdict.ts'

/** What a network is. Its id is the CID of this, so nothing in it can change. */
export interface NetworkDescriptor {
  readonly v: 1
  readonly t: 'net'
  readonly name: string
  /** 16 random bytes, so that two networks of one name differ. */
  readonly nonce: Uint8Array
  /** Who may join: anyone who holds the link, or only those whom an authority has invited. */
  readonly admission: 'open' | 'invite'
  /** Keys that may invite and revoke; empty in an open network, 1 to 16 in the other. */
  readonly authorities: readonly Uint8Array[]
  /** Relays that keep each document once there are more than that. */
  readonly copies: number
  /** Copies that a write waits for unless it says otherwise. */
  readonly acks: number
  /** `content`: most bytes of one document; at most `MAX_CONTENT_BYTES`, whatever the encoded descriptor says. */
  readonly limits: { readonly content: number }
  /** Servers that tell browsers their public address (`stun:host:port`), where the network names any. */
  readonly stun?: readonly string[]
  /** Who grants usernames, and how many of them have to agree; absent where the network has no names of its own. */
  readonly names?: NameAuthorities
}

/** Keys that grant usernames, and how many of them it takes. */
export interface NameAuthorities {
  readonly authorities: readonly Uint8Array[]
  readonly quorum: number
}

/** A network with its id and its canonical bytes. */
export interface Network {
  readonly descriptor: NetworkDescriptor
  readonly bytes: Uint8Array
  readonly cid: CID
  /** The CID as a string: the network's id. */
  readonly id: string
}

/** What can be chosen about a new network. */
export interface NetworkInit {
  readonly nonce?: Uint8Array
  readonly admission?: 'open' | 'invite'
  readonly authorities?: readonly Uint8Array[]
  readonly stun?: readonly string[]
  readonly names?: NameAuthorities
}

/** A new independent network. Throws where peers would refuse it. */
export function createNetwork(
  name: string,
  { nonce = crypto.getRandomValues(new Uint8Array(16)), admission = 'open', authorities = [], stun = [], names }: NetworkInit = {},
): Network {
  const descriptor: NetworkDescriptor = {
    v: 1,
    t: 'net',
    name,
    nonce,
    admission,
    authorities,
    copies: 3,
    acks: 1,
    limits: { content: MAX_CONTENT_BYTES },
    ...(stun.length === 0 ? {} : { stun }),
    ...(names === undefined ? {} : { names }),
  }
  const decoded = decodeNetwork(encodeCbor(descriptor))
  if (!isTitle(name)) throw new TypeError(`a network name has 1 to ${MAX_TITLE_LENGTH} characters`)
  if (!decoded.ok) throw new TypeError(`a network with these properties is ${decoded.reason}`)
  return decoded.value
}

/** Checks and reads a descriptor's dag-cbor. */
export function decodeNetwork(bytes: Uint8Array): Verdict<Network> {
  const decoded = decodeCbor(bytes, MAX_DESCRIPTOR_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'net', ['name', 'nonce', 'admission', 'authorities', 'copies', 'acks', 'limits'], ['stun', 'names'])
  if (!struct.ok) return struct
  const { name, nonce, admission, authorities, copies, acks, stun, names } = struct.value
  const limits = asStruct(struct.value['limits'], ['content'])
  if (limits === undefined || !isUint(limits['content'])) return refuse('malformed')
  if (!isTitle(name) || !isBytes(nonce, 16) || !isUint(copies) || copies < 1 || !isUint(acks) || acks > copies) return refuse('malformed')
  if (!Array.isArray(authorities) || authorities.length > MAX_AUTHORITIES || !authorities.every((key) => isBytes(key))) return refuse('malformed')
  if (stun !== undefined && !isStunList(stun)) return refuse('malformed')
  const granting = names === undefined ? undefined : readNames(names)
  if (names !== undefined && granting === undefined) return refuse('malformed')
  if (typeof admission !== 'string') return refuse('malformed')
  // Without an authority, nobody could ever come in.
  if (admission === 'invite' && authorities.length === 0) return refuse('malformed')
  if (admission !== 'open' && admission !== 'invite') return refuse('unsupported')
  if (![...authorities, ...(granting?.authorities ?? [])].every(isAuthorKey)) return refuse('bad-key')
  const cid = cidOfBytes(DAG_CBOR, bytes)
  const content = Math.min(limits['content'], MAX_CONTENT_BYTES)
  const descriptor: NetworkDescriptor = {
    v: 1,
    t: 'net',
    name,
    nonce,
    admission,
    authorities,
    copies,
    acks,
    limits: { content },
    ...(stun === undefined ? {} : { stun }),
    ...(granting === undefined ? {} : { names: granting }),
  }
  return accept({ descriptor, bytes: Uint8Array.from(bytes), cid, id: cid.toString() })
}

function readNames(value: unknown): NameAuthorities | undefined {
  const { authorities, quorum } = asStruct(value, ['authorities', 'quorum']) ?? {}
  if (!Array.isArray(authorities) || authorities.length === 0 || authorities.length > MAX_AUTHORITIES) return undefined
  if (!authorities.every((key): key is Uint8Array => isBytes(key)) || !isUint(quorum) || quorum < 1 || quorum > authorities.length) return undefined
  // One that stands there twice would make a quorum of fewer.
  return authorities.some((key, i) => authorities.slice(0, i).some((before) => equalBytes(before, key))) ? undefined : { authorities, quorum }
}

/** A name or IPv4 address, or an IPv6 address in brackets; and a port (RFC 7064, in ASCII). */
const STUN_URL = /^stuns?:([a-z0-9.-]{1,200}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?$/i

function isStunList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_STUN_SERVERS &&
    value.every((url) => typeof url === 'string' && STUN_URL.test(url))
  )
}

/** Decoders of CBOR drop it at the start of a string, so a name that starts with it would not survive. */
const BYTE_ORDER_MARK = '\ufeff'

/** Whether a value is usable as the name of a network or the title of a namespace. */
export function isTitle(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TITLE_LENGTH && value.isWellFormed() && value[0] !== BYTE_ORDER_MARK
}

/** The descriptor in the form that a join link carries: multibase base64url. */
export function networkToText(network: Network): string {
  return base64url.encode(network.bytes)
}

/** Reads what `networkToText` wrote. */
export function networkFromText(text: string): Verdict<Network> {
  if (text.length > 2 * MAX_DESCRIPTOR_BYTES) return refuse('too-large')
  try {
    const network = decodeNetwork(base64url.decode(text))
    return network.ok && networkToText(network.value) !== text ? refuse('not-canonical') : network
  } catch {
    return refuse('malformed')
  }
}
