import { createHash } from 'node:crypto'
import type { NostrFilter } from '@p2p-docstore/core/nostr'

const REGISTERS = 256

/** Where in keys the registers of NIP-45 begin to read, which every relay derives alike from the filter; `undefined` where it has none: filters with exactly one tag have. */
export function registerOffset({ tags = {} }: NostrFilter): number | undefined {
  const [values, ...others] = Object.values(tags)
  const value = values?.[0]
  if (value === undefined || others.length > 0) return undefined
  const key = /^[0-9a-f]{64}$/.test(value) ? value : (/^\d+:([0-9a-f]{64}):/.exec(value)?.[1] ?? createHash('sha256').update(value).digest('hex'))
  return parseInt(key[32] ?? '0', 16) + 8
}

/** HyperLogLog of keys, by NIP-45: 256 registers as hexadecimal. */
export function registersOf(keys: readonly string[], offset: number): string {
  const registers = new Uint8Array(REGISTERS)
  for (const key of keys) {
    const register = parseInt(key.slice(offset * 2, offset * 2 + 2), 16)
    // Zeros of the seven bytes that follow, and one.
    const rest = key.slice(offset * 2 + 2, offset * 2 + 16)
    const first = rest.search(/[^0]/)
    const zeros = first === -1 ? rest.length * 4 : first * 4 + Math.clz32(parseInt(rest[first] ?? 'f', 16)) - 28
    registers[register] = Math.max(registers[register] ?? 0, zeros + 1)
  }
  return Buffer.from(registers).toString('hex')
}
