import { describe, expect, it } from 'vitest'
import { acceptableFrom, Clock, latestAt, MAX_TIME, msFromTime, timeFromMs } from './clock.ts'
import { fc } from '../testing/fast-check.ts'

const EPOCH_MS = Date.UTC(2025, 0, 1)
const MINUTE_MS = 60_000

describe('the clock', () => {
  it('passes what was seen, and rises unless the wall clock was set back by more than peers accept', () => {
    const step = fc.record({ now: fc.integer({ min: 0, max: EPOCH_MS + 2 ** 40 }), seen: fc.nat(2 ** 50) })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let now = 0
        const clock = new Clock(() => now)
        let last = 0
        for (const step of steps) {
          now = step.now
          const time = clock.next(step.seen)
          if (last < latestAt(now)) expect(time).toBeGreaterThan(last)
          else expect(time).toBeLessThanOrEqual(Math.max(timeFromMs(now), step.seen + 1))
          expect(time).toBeGreaterThan(step.seen)
          expect(time).toBeGreaterThanOrEqual(clock.wall())
          last = time
        }
      }),
    )
  })

  it('follows a wall clock that was set right', () => {
    let now = EPOCH_MS + 1000
    const clock = new Clock(() => now)
    clock.next(0)
    now += 400 * 24 * 60 * MINUTE_MS
    expect(msFromTime(clock.next(0))).toBe(now)
    now = EPOCH_MS + 2000
    expect(msFromTime(clock.next(0))).toBe(now)
  })

  it('goes on rising where it leads by no more than peers accept', () => {
    let now = EPOCH_MS + 10 * MINUTE_MS
    const clock = new Clock(() => now)
    const before = clock.next(0)
    now -= 5 * MINUTE_MS - 1
    expect(clock.next(0)).toBe(before + 1)
  })

  it('knows the last time that is accepted, and since when', () => {
    expect(msFromTime(latestAt(EPOCH_MS))).toBe(EPOCH_MS + 5 * MINUTE_MS)
    expect(acceptableFrom(latestAt(EPOCH_MS))).toBe(EPOCH_MS)
    // A clock before all times counts as one at the first of them: what it gives has to be acceptable where it was given.
    expect(new Clock(() => 0).next(0)).toBeLessThan(latestAt(0))
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
