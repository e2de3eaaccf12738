import { base64url } from 'multiformats/bases/base64'
import { type CID, cidOfBytes, DAG_CBOR } from './cid.ts'
import { asStruct, decodeCbor, encodeCbor, isBytes, isUint, readStruct } from './cbor.ts'
import { MAX_CONTENT_BYTES, MAX_DESCRIPTOR_BYTES, MAX_TITLE_LENGTH } from './limits.ts'
import { isAuthorKey } from './identity.ts'
import { accept, refuse, type Verdict } from './verdict.ts'

/** What a network is. Its id is the CID of this, so nothing in it can change. */
export interface NetworkDescriptor {
  readonly v: 1
  readonly t: 'net'
  readonly name: string
  /** 16 random bytes, so that two networks of one name differ. */
  readonly nonce: Uint8Array
  /** Who may join. Only `open` so far. */
  readonly admission: 'open'
  /** Keys that may vouch for members and names; empty in an open network. */
  readonly authorities: readonly Uint8Array[]
  /** Relays that keep each document once there are more than that. */
  readonly copies: number
  /** Copies that a write waits for unless it says otherwise. */
  readonly acks: number
  /** `content`: most bytes of one document; at most `MAX_CONTENT_BYTES`, whatever the encoded descriptor says. */
  readonly limits: { readonly content: number }
}

/** A network with its id and its canonical bytes. */
export interface Network {
  readonly descriptor: NetworkDescriptor
  readonly bytes: Uint8Array
  readonly cid: CID
  /** The CID as a string: the network's id. */
  readonly id: string
}

/** A new independent network. */
export function createNetwork(name: string, nonce: Uint8Array = crypto.getRandomValues(new Uint8Array(16))): Network {
  const descriptor: NetworkDescriptor = {
    v: 1,
    t: 'net',
    name,
    nonce,
    admission: 'open',
    authorities: [],
    copies: 3,
    acks: 1,
    limits: { content: MAX_CONTENT_BYTES },
  }
  const decoded = decodeNetwork(encodeCbor(descriptor))
  if (!isTitle(name) || !decoded.ok) throw new TypeError(`a network name has 1 to ${MAX_TITLE_LENGTH} characters, and its nonce 16 bytes`)
  return decoded.value
}

/** Checks and reads a descriptor's dag-cbor. */
export function decodeNetwork(bytes: Uint8Array): Verdict<Network> {
  const decoded = decodeCbor(bytes, MAX_DESCRIPTOR_BYTES)
  if (!decoded.ok) return decoded
  const struct = readStruct(decoded.value, 'net', ['name', 'nonce', 'admission', 'authorities', 'copies', 'acks', 'limits'])
  if (!struct.ok) return struct
  const { name, nonce, admission, authorities, copies, acks } = struct.value
  if (typeof admission !== 'string') return refuse('malformed')
  if (admission !== 'open') return refuse('unsupported')
  const limits = asStruct(struct.value['limits'], ['content'])
  if (limits === undefined || !isUint(limits['content'])) return refuse('malformed')
  if (!isTitle(name) || !isBytes(nonce, 16) || !isUint(copies) || copies < 1 || !isUint(acks) || acks > copies) return refuse('malformed')
  if (!Array.isArray(authorities) || !authorities.every((key) => isBytes(key))) return refuse('malformed')
  if (!authorities.every(isAuthorKey)) return refuse('bad-key')
  const cid = cidOfBytes(DAG_CBOR, bytes)
  const content = Math.min(limits['content'], MAX_CONTENT_BYTES)
  const descriptor: NetworkDescriptor = { v: 1, t: 'net', name, nonce, admission, authorities, copies, acks, limits: { content } }
  return accept({ descriptor, bytes: Uint8Array.from(bytes), cid, id: cid.toString() })
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
