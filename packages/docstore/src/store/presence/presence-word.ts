import {
  asStruct,
  base64url,
  cidOf,
  DAG_CBOR,
  decodeCbor,
  encodeCbor,
  type Identity,
  isAuthorKey,
  isBytes,
  isUint,
  type Network,
  packSigned,
  sha256,
  unpackSigned,
  type Verdict,
  verifySignature,
} from '@p2p-docstore/core'
import { MAX_NOTE, MAX_PLACE, MAX_WORD_BYTES } from './limits.ts'

/** What a device says of being in a place: `docs/spec/presence.md`. */
export interface PresenceWord {
  readonly place: string
  /** Peer id of who sends it. */
  readonly peer: string
  /** Digest of the id of the person; `null` for a key that is nobody's. */
  readonly person: Uint8Array | null
  /** The device. */
  readonly by: Uint8Array
  /** Unix milliseconds by its clock; each of its words has a higher one. */
  readonly at: number
  /** Whether it is there, or has gone. */
  readonly here: boolean
  readonly note: string | null
}

const DOMAIN = 'presence'
const FIELDS = ['v', 't', 'net', 'place', 'peer', 'person', 'by', 'at', 'here', 'note']

/** Signs a word, as the text of a message of a topic. */
export function sayPresence(word: Omit<PresenceWord, 'by'>, network: Network, device: Identity): string {
  const bytes = encodeCbor({ v: 1, t: DOMAIN, net: network.cid, ...word, by: device.author })
  return base64url.baseEncode(packSigned({ bytes, signature: device.sign(DOMAIN, sha256(bytes)) }))
}

/** Reads the text of a message, and checks its signature. Whether it is of now, and of this place and peer, is for who heard it to say. */
export async function hearPresence(text: string, network: Network): Promise<Verdict<PresenceWord>> {
  // Four letters are three bytes; there is a signature around it.
  if (text.length > 2 * MAX_WORD_BYTES) return { ok: false, reason: 'too-large' }
  const signed = unpack(text)
  if (!signed.ok) return signed
  const decoded = decodeCbor(signed.value.bytes, MAX_WORD_BYTES)
  if (!decoded.ok) return decoded
  const struct = asStruct(decoded.value, FIELDS)
  if (struct === undefined || struct['v'] !== 1 || struct['t'] !== DOMAIN) return { ok: false, reason: 'malformed' }
  const word = readWord(struct)
  if (word === undefined) return { ok: false, reason: 'malformed' }
  if (!isNetwork(struct['net'], network)) return { ok: false, reason: 'wrong-network' }
  if (!isAuthorKey(word.by)) return { ok: false, reason: 'bad-key' }
  const isSigned = await verifySignature(word.by, DOMAIN, sha256(signed.value.bytes), signed.value.signature)
  return isSigned ? { ok: true, value: word } : { ok: false, reason: 'bad-signature' }
}

function unpack(text: string): ReturnType<typeof unpackSigned> {
  let packed: Uint8Array
  try {
    packed = base64url.baseDecode(text)
  } catch {
    return { ok: false, reason: 'malformed' }
  }
  // One text for each word: letters can have bits that no byte takes.
  return base64url.baseEncode(packed) === text ? unpackSigned(packed, MAX_WORD_BYTES) : { ok: false, reason: 'malformed' }
}

function readWord({ place, peer, person, by, at, here, note }: Readonly<Record<string, unknown>>): PresenceWord | undefined {
  if (typeof place !== 'string' || !isPlace(place) || typeof peer !== 'string' || peer.length > 128) return undefined
  if (!(person === null || isBytes(person, 32)) || !isBytes(by, 34) || !isUint(at) || typeof here !== 'boolean') return undefined
  return note === null || (typeof note === 'string' && isNote(note)) ? { place, peer, person, by, at, here, note } : undefined
}

function isNetwork(value: unknown, network: Network): boolean {
  return typeof value === 'object' && value !== null && network.cid.equals(value)
}

/** Whether a text names a place: that of a topic, or the id of a namespace. */
export function isPlace(text: string): boolean {
  return text.length > 0 && text.length <= MAX_PLACE && text.isWellFormed()
}

/** Whether a note can be shown on a line: all of it is seen, and nothing turns the rest around. */
export function isNote(text: string): boolean {
  return text.length > 0 && text.length <= MAX_NOTE && text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u.test(text)
}

/** The topic in which words about a place are said. */
export function presenceTopic(place: string): string {
  return `presence/${place}`
}

/** The id of the person of a word. */
export function personIdOf(person: Uint8Array): string {
  return cidOf(DAG_CBOR, person).toString()
}
