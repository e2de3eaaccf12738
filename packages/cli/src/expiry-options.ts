import { DocstoreError } from '@p2p-docstore/core'
import { InvalidArgumentError, Option } from 'commander'

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** When a document that is written expires. */
export interface ExpiryFlags {
  readonly ttl?: number
  readonly expires?: string
}

/** The options of commands that write documents which expire. */
export function expiryOptions(): Option[] {
  return [
    new Option('--ttl <time>', 'how long it lives, such as 90s, 15m, 12h or 30d').argParser(duration),
    new Option('--expires <time>', 'when it expires, such as 2030-01-31T12:00:00Z'),
  ]
}

/** The same for the library. */
export function expiryOf({ ttl, expires }: ExpiryFlags): { readonly ttl?: number; readonly expiresAt?: string } {
  if (ttl !== undefined && expires !== undefined) throw new DocstoreError('bad-option', 'Give --ttl or --expires, not both')
  return { ...(ttl === undefined ? {} : { ttl }), ...(expires === undefined ? {} : { expiresAt: expires }) }
}

function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (count === '' || !(ms > 0)) throw new InvalidArgumentError('It is a number and s, m, h or d, such as 15m.')
  return ms
}
