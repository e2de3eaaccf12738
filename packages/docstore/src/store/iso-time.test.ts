import { msFromTime } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { isoTime } from './iso-time.ts'

describe('the text of a hybrid time', () => {
  it('is that of its millisecond, whichever was told before', () => {
    const counter = 2 ** 12
    // Within one second, from one to the next and back, and far from each other.
    for (const ms of [0, 1, 999, 1000, 999, 59_999, 60_000, 31_536_000_000, 1001, 400_000_000_000, 400_000_000_009])
      for (const at of [ms * counter, ms * counter + 7]) expect(isoTime(at)).toBe(new Date(msFromTime(at)).toISOString())
  })
})
