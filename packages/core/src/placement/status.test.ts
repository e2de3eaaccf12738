import { describe, expect, it } from 'vitest'
import { decodeStatus, encodeStatus, type SectorStatus } from './status.ts'

const print = new Uint8Array(16).fill(7)
const sectors: SectorStatus[] = [
  { sector: 0, state: 'syncing', print },
  { sector: 700, state: 'serving', print },
  { sector: 1023, state: 'leaving', print },
]

describe('a status', () => {
  it('is read as it was written', () => {
    expect(decodeStatus(encodeStatus(sectors))).toEqual({ ok: true, value: sectors })
  })

  it.each([
    ['has half an entry', encodeStatus(sectors).subarray(1)],
    ['has a sector twice', encodeStatus([...sectors.slice(0, 1), ...sectors.slice(0, 1)])],
    ['falls', encodeStatus(sectors.toReversed())],
    ['has a state that there is not', encodeStatus(sectors.slice(0, 1)).with(1, 3)],
    ['has more entries than there are sectors', new Uint8Array(18 * 1025)],
  ])('is refused where it %s', (_, bytes) => {
    expect(decodeStatus(bytes)).toEqual({ ok: false, reason: 'malformed' })
  })
})
