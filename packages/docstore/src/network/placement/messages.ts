import { asStruct, decodeCbor, encodeCbor, isBytes, isUint, type Verdict } from '@p2p-docstore/core'
import { SECTORS, type SectorState } from '@p2p-docstore/core/placement'
import type { SectorsReport } from '../types.ts'
import { MAX_LISTED, MAX_PROVED, MAX_STATUS_FRAME_BYTES } from './limits.ts'

const DIGEST_BYTES = 32
/** A key of a relay, as it stands in its descriptor. */
const KEY_BYTES = 34
/** Relays that an answer names. */
const MAX_RELAYS_TOLD = 64
/** Longest text of a response, UTF-16 code units. */
const MAX_TEXT = 512

/** Bytes of a salt. */
export const SALT_BYTES = 16

/** A namespace of a sector, by the digest of its id, and the print of what lies there. */
export interface ListedPrint {
  readonly ns: Uint8Array
  readonly print: Uint8Array
}

/** How a sector stands at a relay. */
export interface Standing {
  readonly by: Uint8Array
  readonly state: SectorState
}

/** How many sectors stand how at a relay. */
export type SectorCounts = Omit<SectorsReport, 'compared' | 'dropped' | 'moved'>

const COUNTS = ['members', 'copies', 'owned', 'serving', 'syncing', 'leaving', 'safe', 'unsafe'] as const

export type StatusRequest =
  /** How the sectors of the asking relay stand, and how do those of the other? */
  | { readonly t: 'status'; readonly sectors: Uint8Array }
  /** Which namespaces lie there of a sector, behind this one by digest? */
  | { readonly t: 'list'; readonly sector: number; readonly after: Uint8Array }
  /** The proof that all of these namespaces lie there; with a sector, what of them lies in that. */
  | { readonly t: 'prove'; readonly sector?: number; readonly salt: Uint8Array; readonly namespaces: readonly Uint8Array[] }
  /** How does a sector stand there, and at others, as far as is known? */
  | { readonly t: 'where'; readonly sector: number }
  /** How do all sectors stand there? */
  | { readonly t: 'report' }

export type StatusResponse =
  | { readonly t: 'status'; readonly sectors: Uint8Array }
  | { readonly t: 'list'; readonly namespaces: readonly ListedPrint[]; readonly more: boolean }
  | { readonly t: 'proof'; readonly proof: Uint8Array }
  /** One of them does not lie there. */
  | { readonly t: 'none' }
  | { readonly t: 'where'; readonly relays: readonly Standing[] }
  | ({ readonly t: 'report' } & SectorCounts)
  | { readonly t: 'error'; readonly code: string; readonly message: string }

/** States by their number on the wire. Append only. */
const STATES: readonly SectorState[] = ['syncing', 'serving', 'leaving']

export function encodeStatusMessage(message: StatusRequest | StatusResponse): Uint8Array {
  switch (message.t) {
    case 'list':
      return encodeCbor('namespaces' in message ? { ...message, namespaces: message.namespaces.map(({ ns, print }) => [ns, print]) } : message)
    case 'where':
      return encodeCbor('relays' in message ? { t: 'where', relays: message.relays.map(({ by, state }) => [by, STATES.indexOf(state)]) } : message)
    default:
      return encodeCbor(message)
  }
}

/** Reads a request of another peer. What a status says of sectors is read by `decodeStatus`. */
export function decodeStatusRequest(frame: Uint8Array): Verdict<StatusRequest> {
  const decoded = decodeCbor(frame, MAX_STATUS_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const request = readRequest(decoded.value)
  return request === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: request }
}

function readRequest(value: unknown): StatusRequest | undefined {
  const status = asStruct(value, ['t', 'sectors'])
  if (status?.['t'] === 'status' && isBytes(status['sectors'])) return { t: 'status', sectors: status['sectors'] }
  const list = asStruct(value, ['t', 'sector', 'after'])
  if (list?.['t'] === 'list' && isSector(list['sector']) && isBytes(list['after']) && (list['after'].length === 0 || isDigest(list['after'])))
    return { t: 'list', sector: list['sector'], after: list['after'] }
  const prove = asStruct(value, ['t', 'salt', 'namespaces'], ['sector'])
  if (prove?.['t'] === 'prove') {
    const { sector, salt, namespaces } = prove
    if (!(sector === undefined || isSector(sector))) return undefined
    const isRight = isBytes(salt) && salt.length === SALT_BYTES && Array.isArray(namespaces) && namespaces.length <= MAX_PROVED
    return isRight && namespaces.every(isDigest) ? { t: 'prove', ...(sector === undefined ? {} : { sector }), salt, namespaces } : undefined
  }
  if (asStruct(value, ['t'])?.['t'] === 'report') return { t: 'report' }
  const where = asStruct(value, ['t', 'sector'])
  return where?.['t'] === 'where' && isSector(where['sector']) ? { t: 'where', sector: where['sector'] } : undefined
}

/** Reads a response of another peer. */
export function decodeStatusResponse(frame: Uint8Array): Verdict<StatusResponse> {
  const decoded = decodeCbor(frame, MAX_STATUS_FRAME_BYTES)
  if (!decoded.ok) return decoded
  const response = readResponse(decoded.value)
  return response === undefined ? { ok: false, reason: 'malformed' } : { ok: true, value: response }
}

function readResponse(value: unknown): StatusResponse | undefined {
  const status = asStruct(value, ['t', 'sectors'])
  if (status?.['t'] === 'status' && isBytes(status['sectors'])) return { t: 'status', sectors: status['sectors'] }
  const list = asStruct(value, ['t', 'namespaces', 'more'])
  if (list?.['t'] === 'list') {
    const { namespaces, more } = list
    if (typeof more !== 'boolean' || !Array.isArray(namespaces) || namespaces.length > MAX_LISTED) return undefined
    const read = namespaces.map(asListed).filter((one) => one !== undefined)
    return read.length === namespaces.length ? { t: 'list', namespaces: read, more } : undefined
  }
  const proof = asStruct(value, ['t', 'proof'])
  if (proof?.['t'] === 'proof') return isDigest(proof['proof']) ? { t: 'proof', proof: proof['proof'] } : undefined
  const where = asStruct(value, ['t', 'relays'])
  if (where?.['t'] === 'where') {
    const { relays } = where
    if (!Array.isArray(relays) || relays.length > MAX_RELAYS_TOLD) return undefined
    const read = relays.map(asStanding).filter((one) => one !== undefined)
    return read.length === relays.length ? { t: 'where', relays: read } : undefined
  }
  const report = asStruct(value, ['t', ...COUNTS, 'everywhere', 'draining'])
  if (report?.['t'] === 'report') return asReport(report)
  if (asStruct(value, ['t'])?.['t'] === 'none') return { t: 'none' }
  const error = asStruct(value, ['t', 'code', 'message'])
  const [code, message] = [error?.['code'], error?.['message']]
  return error?.['t'] === 'error' && isText(code) && isText(message) ? { t: 'error', code, message } : undefined
}

function asReport(value: Readonly<Record<string, unknown>>): StatusResponse | undefined {
  const { everywhere, draining } = value
  const counts = COUNTS.map((name) => value[name])
  if (typeof everywhere !== 'boolean' || typeof draining !== 'boolean' || !counts.every(isUint)) return undefined
  const [members = 0, copies = 0, owned = 0, serving = 0, syncing = 0, leaving = 0, safe = 0, unsafe = 0] = counts
  return { t: 'report', members, copies, everywhere, draining, owned, serving, syncing, leaving, safe, unsafe }
}

function asListed(value: unknown): ListedPrint | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [ns, print] = value as readonly unknown[]
  return isDigest(ns) && isDigest(print) ? { ns, print } : undefined
}

function asStanding(value: unknown): Standing | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [by, number] = value as readonly unknown[]
  const state = isUint(number) ? STATES[number] : undefined
  return isBytes(by) && by.length === KEY_BYTES && state !== undefined ? { by, state } : undefined
}

function isDigest(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length === DIGEST_BYTES
}

function isSector(value: unknown): value is number {
  return isUint(value) && value < SECTORS
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT
}
