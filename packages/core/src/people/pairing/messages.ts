import { asStruct, decodeCbor, encodeCbor, isBytes, isUint } from '../../model/encoding/cbor.ts'
import { AUTHOR_BYTES, isAuthorKey, SIGNATURE_BYTES } from '../../model/keys/identity.ts'
import { accept, refuse, type Verdict } from '../../model/verdict.ts'
import {
  MAX_ACT_BYTES,
  MAX_ACTS,
  MAX_GENESIS_BYTES,
  MAX_ID_LENGTH,
  MAX_INVITATION_BYTES,
  MAX_LABEL_LENGTH,
  MAX_MESSAGE_BYTES,
  NAMESPACES_PAGE,
  NONCE_BYTES,
  SESSION_BYTES,
} from './limits.ts'

/** What the new device says. */
export type PairingRequest =
  /** It has chosen its nonce and its key, and is bound to them. */
  | { readonly t: 'begin'; readonly session: Uint8Array; readonly commit: Uint8Array }
  /** What it chose, now that the other side has chosen too; `proof` is its signature that it wants to be a device of that person. */
  | {
      readonly t: 'reveal'
      readonly session: Uint8Array
      readonly nonce: Uint8Array
      readonly key: Uint8Array
      readonly label: string
      readonly proof: Uint8Array
    }
  /** Is it decided? */
  | { readonly t: 'wait'; readonly session: Uint8Array }
  /** Acts of the log from here on. */
  | { readonly t: 'acts'; readonly session: Uint8Array; readonly from: number }
  /** Namespaces of the person from here on, and what lets the device into the network. */
  | { readonly t: 'rest'; readonly session: Uint8Array; readonly from: number }

/** What the device says that is there already. */
export type PairingResponse =
  | { readonly t: 'nonce'; readonly nonce: Uint8Array; readonly key: Uint8Array; readonly person: Uint8Array }
  | { readonly t: 'waiting' }
  | { readonly t: 'granted'; readonly genesis: Uint8Array; readonly count: number }
  | { readonly t: 'acts'; readonly acts: readonly Uint8Array[] }
  | { readonly t: 'rest'; readonly namespaces: readonly string[]; readonly isMore: boolean; readonly invitation: Uint8Array | null }
  | { readonly t: 'error'; readonly code: string; readonly message: string }

/** Longest text of an error, UTF-16 units. */
const MAX_TEXT = 512

export function encodePairing(message: PairingRequest | PairingResponse): Uint8Array<ArrayBuffer> {
  return encodeCbor(message)
}

/** Reads what a new device says. */
export function decodePairingRequest(frame: Uint8Array): Verdict<PairingRequest> {
  const decoded = decodeCbor(frame, MAX_MESSAGE_BYTES)
  if (!decoded.ok) return decoded
  const request = readRequest(decoded.value)
  return request === undefined ? refuse('malformed') : accept(request)
}

function readRequest(value: unknown): PairingRequest | undefined {
  const begin = asStruct(value, ['t', 'session', 'commit'])
  if (begin?.['t'] === 'begin' && isSession(begin['session']) && isBytes(begin['commit'], 32))
    return { t: 'begin', session: begin['session'], commit: begin['commit'] }
  const wait = asStruct(value, ['t', 'session'])
  if (wait?.['t'] === 'wait' && isSession(wait['session'])) return { t: 'wait', session: wait['session'] }
  const acts = asStruct(value, ['t', 'session', 'from'])
  if ((acts?.['t'] === 'acts' || acts?.['t'] === 'rest') && isSession(acts['session']) && isUint(acts['from']))
    return { t: acts['t'], session: acts['session'], from: acts['from'] }
  const { t, session, nonce, key, label, proof } = asStruct(value, ['t', 'session', 'nonce', 'key', 'label', 'proof']) ?? {}
  const isReveal =
    t === 'reveal' && isSession(session) && isBytes(nonce, NONCE_BYTES) && isKey(key) && isLabel(label) && isBytes(proof, SIGNATURE_BYTES)
  return isReveal ? { t, session, nonce, key, label, proof } : undefined
}

/** Reads what the device says that is there already. */
export function decodePairingResponse(frame: Uint8Array): Verdict<PairingResponse> {
  const decoded = decodeCbor(frame, MAX_MESSAGE_BYTES)
  if (!decoded.ok) return decoded
  const response = readResponse(decoded.value)
  return response === undefined ? refuse('malformed') : accept(response)
}

function readResponse(value: unknown): PairingResponse | undefined {
  if (asStruct(value, ['t'])?.['t'] === 'waiting') return { t: 'waiting' }
  const nonce = asStruct(value, ['t', 'nonce', 'key', 'person'])
  if (nonce?.['t'] === 'nonce' && isBytes(nonce['nonce'], NONCE_BYTES) && isKey(nonce['key']) && isBytes(nonce['person'], 32))
    return { t: 'nonce', nonce: nonce['nonce'], key: nonce['key'], person: nonce['person'] }
  const granted = asStruct(value, ['t', 'genesis', 'count'])
  if (granted?.['t'] === 'granted' && isBytesUpTo(granted['genesis'], MAX_GENESIS_BYTES) && isUint(granted['count']) && granted['count'] <= MAX_ACTS)
    return { t: 'granted', genesis: granted['genesis'], count: granted['count'] }
  const acts = asStruct(value, ['t', 'acts'])
  if (acts?.['t'] === 'acts' && isActs(acts['acts'])) return { t: 'acts', acts: acts['acts'] }
  const rest = asStruct(value, ['t', 'namespaces', 'isMore', 'invitation'])
  if (rest?.['t'] === 'rest' && isIds(rest['namespaces']) && typeof rest['isMore'] === 'boolean' && isInvitation(rest['invitation']))
    return { t: 'rest', namespaces: rest['namespaces'], isMore: rest['isMore'], invitation: rest['invitation'] }
  const { t, code, message } = asStruct(value, ['t', 'code', 'message']) ?? {}
  return t === 'error' && isText(code, MAX_TEXT) && isText(message, MAX_TEXT) ? { t, code, message } : undefined
}

/** Whether a text can say what a device is. */
export function isLabel(value: unknown): value is string {
  return isText(value, MAX_LABEL_LENGTH) && value.isWellFormed() && !value.startsWith('\ufeff')
}

function isSession(value: unknown): value is Uint8Array {
  return isBytes(value, SESSION_BYTES)
}

function isKey(value: unknown): value is Uint8Array {
  return isBytes(value, AUTHOR_BYTES) && isAuthorKey(value)
}

function isActs(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.length > 0 && value.every((act) => isBytesUpTo(act, MAX_ACT_BYTES))
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= NAMESPACES_PAGE && value.every((id) => isText(id, MAX_ID_LENGTH))
}

function isInvitation(value: unknown): value is Uint8Array | null {
  return value === null || isBytesUpTo(value, MAX_INVITATION_BYTES)
}

function isBytesUpTo(value: unknown, max: number): value is Uint8Array {
  return isBytes(value) && value.length > 0 && value.length <= max
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length <= max
}
