import {
  base32,
  concatBytes,
  decodeCbor,
  decodeNetwork,
  encodeCbor,
  equalBytes,
  isBytes,
  isRecordLike,
  type Network,
  sha256,
} from '@p2p-docstore/core'
import { decodeInvitation, encodeInvitation, type Invitation } from './invitation.ts'

/** What the bytes of a join text begin with: `bjoin` in its text, and behind it, in four bits, version 1. */
const PREFIX: Uint8Array = Uint8Array.of(0x4b, 0x90, 0xd1)
/** The same in the text: multibase base32, and letters that nothing else of ours begins with. */
const BEGINS = /^bjoin/i
/** What stands at the end: the first bytes of the SHA-256 of everything before. Chats and mails cut what is copied out of them. */
const CHECK_BYTES = 5
/** Largest structure in a join text, bytes: a descriptor, four origins and an invitation have half of it. */
const MAX_STRUCT_BYTES = 8192
/** Longest join text, characters. */
const MAX_TEXT_LENGTH: number = Math.ceil(((PREFIX.length + MAX_STRUCT_BYTES + CHECK_BYTES) * 8) / 5) + 1
/** Longest origin in one, characters. */
const MAX_ORIGIN_LENGTH = 300

/** What a join text says; origins are texts that nobody has looked at. */
export interface LinkContent {
  readonly network: Network
  readonly origins: readonly string[]
  readonly invitation: Invitation | undefined
}

/** Whether something is meant to be a join text. */
export function isLinkText(text: string): boolean {
  return BEGINS.test(text)
}

/** A join text: letters and digits alone, of one case, so that nothing through which people pass it takes a character of it for something else. */
export function encodeLinkText({ network, origins, invitation }: LinkContent): string {
  const struct = encodeCbor({ n: network.bytes, o: origins, ...(invitation === undefined ? {} : { i: encodeInvitation(invitation) }) })
  const checked = concatBytes(PREFIX, struct)
  return base32.encode(concatBytes(checked, checkOf(checked)))
}

/** Reads a join text, in capitals too; gives a reason where that cannot be done. */
export function decodeLinkText(text: string): LinkContent | { readonly damage: string } {
  if (text.length > MAX_TEXT_LENGTH) return { damage: 'it is too long' }
  const bytes = base32Bytes(text.toLowerCase())
  if (bytes === undefined) return { damage: 'its end is missing, or it has a character that does not belong there' }
  if (!equalBytes(bytes.subarray(0, PREFIX.length), PREFIX)) return { damage: 'it is of a later version, or a character is wrong' }
  const checked = bytes.subarray(0, -CHECK_BYTES)
  if (!equalBytes(bytes.subarray(-CHECK_BYTES), checkOf(checked))) return { damage: 'a character is missing or wrong' }
  const decoded = decodeCbor(checked.subarray(PREFIX.length), MAX_STRUCT_BYTES)
  // Fields that are not known are left alone: later versions may say more.
  const { n: descriptor, o: origins, i: packed } = decoded.ok && isRecordLike(decoded.value) ? decoded.value : {}
  if (!isBytes(descriptor) || !isOriginList(origins)) return { damage: 'it does not say where the network is' }
  const network = decodeNetwork(descriptor)
  if (!network.ok) return { damage: network.reason }
  const invitation = isBytes(packed) ? decodeInvitation(packed) : undefined
  if (packed !== undefined && invitation === undefined) return { damage: 'the invitation cannot be read' }
  return { network: network.value, origins, invitation }
}

function isOriginList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one.length <= MAX_ORIGIN_LENGTH)
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECK_BYTES)
}

function base32Bytes(text: string): Uint8Array | undefined {
  try {
    const bytes = base32.decode(text)
    // The decoder takes padding, and texts that end in bits of nothing.
    return base32.encode(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
