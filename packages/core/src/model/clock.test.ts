import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Clock, MAX_TIME, msFromTime, timeFromMs } from './clock.ts'

const EPOCH_MS = Date.UTC(2025, 0, 1)

describe('the clock', () => {
  it('never goes back and passes what was seen, whatever the wall clock does', () => {
    const step = fc.record({ now: fc.integer({ min: 0, max: EPOCH_MS + 2 ** 40 }), seen: fc.nat(2 ** 50) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let now = 0
        const clock = new Clock(() => now)
        let last = 0
        for (const step of steps) {
          now = step.now
          const time = clock.next(step.seen)
          expect(time).toBeGreaterThan(last)
          expect(time).toBeGreaterThan(step.seen)
          expect(time).toBeGreaterThanOrEqual(clock.wall())
          last = time
        }
      }),
    )
  })

  it('counts milliseconds since 2025 above 12 bits', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 41 - 1), fc.nat(4095), (ms, counter) => {
        const time = timeFromMs(EPOCH_MS + ms)
        expect(time).toBe(ms * 4096)
        expect(msFromTime(time + counter)).toBe(EPOCH_MS + ms)
        expect(Number.isSafeInteger(time + counter)).toBe(true)
      }),
    )
    expect(timeFromMs(0)).toBe(0)
    expect(timeFromMs(EPOCH_MS + 1.9)).toBe(4096)
  })

  it('refuses to leave the range of times, and stays usable', () => {
    const clock = new Clock(() => EPOCH_MS)
    expect(() => clock.next(MAX_TIME)).toThrow(RangeError)
    expect(clock.next(0)).toBe(1)
    expect(clock.next(MAX_TIME - 1)).toBe(MAX_TIME)
  })
})
