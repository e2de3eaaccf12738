import { sha256 } from '#crypto'
import { encodeCbor } from '../../model/encoding/cbor.ts'

/** Digits that both devices show: one guess in a million. */
const DIGITS = 6

/** What the new device chooses, and is bound to by its commitment before the other side has chosen. */
export interface GuestChoice {
  readonly nonce: Uint8Array
  readonly key: Uint8Array
  readonly label: string
}

/** All that the two devices have agreed on, as one of them sees it. */
export interface PairingTranscript {
  readonly session: Uint8Array
  /** libp2p peer ids of the two: their connection proved them. */
  readonly hostPeer: string
  readonly guestPeer: string
  readonly person: Uint8Array
  readonly hostKey: Uint8Array
  readonly hostNonce: Uint8Array
  readonly guest: GuestChoice
}

/** What the new device says first: the hash of what it chose. */
export function commitmentOf(session: Uint8Array, { nonce, key, label }: GuestChoice): Uint8Array {
  return sha256(encodeCbor({ v: 1, t: 'pair-commit', session, nonce, key, label }))
}

/**
 * The six digits that both devices show. Neither side can steer them: the new device is bound to its nonce before it learns the other's, which was chosen before
 * it was revealed. Who is in between shows each of the two other digits, but for one time in a million.
 */
export function checkCode({ session, hostPeer, guestPeer, person, hostKey, hostNonce, guest }: PairingTranscript): string {
  const { nonce, key, label } = guest
  const digest = sha256(encodeCbor({ v: 1, t: 'pair-code', session, hostPeer, guestPeer, person, hostKey, hostNonce, nonce, key, label }))
  let value = 0n
  for (const byte of digest.subarray(0, 16)) value = (value << 8n) | BigInt(byte)
  return String(value % 10n ** BigInt(DIGITS)).padStart(DIGITS, '0')
}

/** The digits as people read them aloud: `123 456`. */
export function showCode(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`
}

/** The digits of what somebody typed; nothing where they are not six. */
export function readCode(typed: string): string | undefined {
  const digits = typed.normalize('NFKC').replace(/[\s·.-]/gu, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}
