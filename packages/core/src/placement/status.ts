import { accept, refuse, type Verdict } from '../model/verdict.ts'
import { PRINT_BYTES, SECTORS } from './limits.ts'

/**
 * How a sector stands at a relay that has it: `syncing`, it is to be there and is not known to be complete; `serving`, it was complete beside every
 * owner within reach; `leaving`, it lies here until others serve it.
 */
export type SectorState = 'syncing' | 'serving' | 'leaving'

/** States by their number on the wire. Append only. */
const STATES: readonly SectorState[] = ['syncing', 'serving', 'leaving']

/** What a relay says of one sector: its state, and the fingerprint of what lies there, of which the first 16 bytes are told. */
export interface SectorStatus {
  readonly sector: number
  readonly state: SectorState
  readonly print: Uint8Array
}

/** Bytes of a sector in a status: its number in 10 bits, its state in 6, and the fingerprint. */
const ENTRY_BYTES: number = 2 + PRINT_BYTES

/** What a relay says of its sectors, as bytes: 18 for each that it owns or has something of, 18 KiB at most. They must rise by number. */
export function encodeStatus(sectors: readonly SectorStatus[]): Uint8Array {
  const bytes = new Uint8Array(sectors.length * ENTRY_BYTES)
  let at = 0
  for (const { sector, state, print } of sectors) {
    bytes[at++] = sector >>> 2
    bytes[at++] = ((sector & 3) << 6) | STATES.indexOf(state)
    // A view of each print would cost more than its bytes.
    for (let i = 0; i < PRINT_BYTES; i++) bytes[at++] = print[i] ?? 0
  }
  return bytes
}

/** Reads a status: `malformed` where it has half an entry, a sector twice or out of order, or an unknown state. */
export function decodeStatus(bytes: Uint8Array): Verdict<readonly SectorStatus[]> {
  if (bytes.length % ENTRY_BYTES !== 0 || bytes.length > SECTORS * ENTRY_BYTES) return refuse('malformed')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const sectors: SectorStatus[] = []
  let previous = -1
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const word = view.getUint16(at)
    const sector = word >>> 6
    const state = STATES[word & 63]
    if (state === undefined || sector <= previous) return refuse('malformed')
    previous = sector
    sectors.push({ sector, state, print: bytes.subarray(at + 2, at + ENTRY_BYTES) })
  }
  return accept(sectors)
}
