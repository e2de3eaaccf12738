import { base32, concatBytes, decodeCbor, DocstoreError, encodeCbor, equalBytes, isBytes, isRecordLike, isUint, sha256 } from '@p2p-docstore/core'
import { SESSION_BYTES } from '@p2p-docstore/core/people/pairing'

/** What the bytes of a pairing text begin with: `bpair` in its text, and behind it, in four bits, version 1. */
const PREFIX: Uint8Array = Uint8Array.of(0x78, 0x11, 0x11)
const BEGINS = /^bpair/i
/** What stands at the end: the first bytes of the SHA-256 of everything before. */
const CHECK_BYTES = 5
/** Largest structure, bytes: a join text has up to eight KiB, and mostly 300 bytes. */
const MAX_STRUCT_BYTES = 12_288
const MAX_TEXT_LENGTH: number = Math.ceil(((PREFIX.length + MAX_STRUCT_BYTES + CHECK_BYTES) * 8) / 5) + 1
/** Direct addresses, and how long one may be, characters. */
export const MAX_ADDRESSES = 8
const MAX_ADDRESS_LENGTH = 256
const MAX_PEER_LENGTH = 128

/** What a pairing text says. */
export interface PairingLink {
  readonly session: Uint8Array
  /** libp2p peer id of the device that is there already. */
  readonly peer: string
  /** Multiaddrs under which it may be reached directly. */
  readonly addresses: readonly string[]
  /** Unix milliseconds. */
  readonly expires: number
  /** Join text of the network in which it waits; absent where it knows no relay. */
  readonly join: string | undefined
}

/** The pairing text of what somebody was sent: that itself, or the link of a page that has it behind `#`. */
export function pairingTextOf(given: string): string | undefined {
  const text = given.trim().toLowerCase()
  const bare = /^https?:/.test(text) ? text.slice(text.indexOf('#') + 1) : text
  return BEGINS.test(bare) ? bare : undefined
}

/** One opaque text in small letters and digits, as join texts are: for a link, or a QR code. */
export function formatPairingText({ session, peer, addresses, expires, join }: PairingLink): string {
  const struct = encodeCbor({ s: session, p: peer, a: addresses.slice(0, MAX_ADDRESSES), e: expires, ...(join === undefined ? {} : { j: join }) })
  const checked = concatBytes(PREFIX, struct)
  return base32.encode(concatBytes(checked, checkOf(checked)))
}

/** Reads what `formatPairingText` wrote, in capitals and as the link of a page, too. Throws `bad-link`. Whether it has expired is said by who made it. */
export function parsePairingText(given: string): PairingLink {
  const text = pairingTextOf(given)
  if (text === undefined)
    throw new DocstoreError(
      'bad-link',
      'This is not what adds a device. It looks like bpair…, or is a link with that at its end, and is made on the device that is there already',
    )
  if (text.length > MAX_TEXT_LENGTH) throw damaged('it is too long')
  const bytes = base32Bytes(text)
  if (bytes === undefined) throw damaged('its end is missing, or it has a character that does not belong there')
  if (!equalBytes(bytes.subarray(0, PREFIX.length), PREFIX)) throw damaged('it is of a later version, or a character is wrong')
  const checked = bytes.subarray(0, -CHECK_BYTES)
  if (!equalBytes(bytes.subarray(-CHECK_BYTES), checkOf(checked))) throw damaged('a character is missing or wrong')
  const decoded = decodeCbor(checked.subarray(PREFIX.length), MAX_STRUCT_BYTES)
  // Fields that are not known are left alone: later versions may say more.
  const { s: session, p: peer, a: addresses, e: expires, j: join } = decoded.ok && isRecordLike(decoded.value) ? decoded.value : {}
  if (!isBytes(session, SESSION_BYTES) || !isText(peer, MAX_PEER_LENGTH) || !isUint(expires)) throw damaged('it does not say which device it is from')
  if (!Array.isArray(addresses) || addresses.length > MAX_ADDRESSES || !addresses.every((one) => isText(one, MAX_ADDRESS_LENGTH)))
    throw damaged('its addresses are none')
  if (join !== undefined && !isText(join, MAX_TEXT_LENGTH)) throw damaged('the network in it cannot be read')
  return { session, peer, addresses, expires, join }
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max
}

function damaged(how: string): DocstoreError {
  return new DocstoreError('bad-link', `The link that adds a device is damaged: ${how}. Copy it again, all of it`)
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECK_BYTES)
}

function base32Bytes(text: string): Uint8Array | undefined {
  try {
    const bytes = base32.decode(text)
    return base32.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
