import { describe, expect, it } from 'vitest'
import { ELIGIBLE_AFTER_MS, OUT_AFTER_MS } from './limits.ts'
import { DRAINING_SERVICE, isMember, sinceAtStart, STORAGE_SERVICE, weightPower } from './membership.ts'

const NOW = 1_800_000_000_000
const services = [STORAGE_SERVICE]
const GIB = 2 ** 30

describe('membership', () => {
  it.each([
    ['has been there for ten minutes', { since: NOW - ELIGIBLE_AFTER_MS, at: NOW, services }, true],
    ['has been there for less', { since: NOW - ELIGIBLE_AFTER_MS + 1, at: NOW, services }, false],
    ['has been silent for just under half an hour', { since: 0, at: NOW - OUT_AFTER_MS + 1, services }, true],
    ['has been silent for half an hour', { since: 0, at: NOW - OUT_AFTER_MS, services }, false],
    ['stores nothing', { since: 0, at: NOW, services: ['relay', 'signaling'] }, false],
    ['does not say what it does', { since: 0, at: NOW, services: ['relay', 'gateway'] }, true],
    ['is no relay', { since: 0, at: NOW, services: [] }, false],
    ['is leaving', { since: 0, at: NOW, services: [...services, DRAINING_SERVICE] }, false],
    ['has a clock that is ten minutes fast', { since: NOW - 60 * 60_000, at: NOW + 10 * 60_000, services }, true],
  ])('of a relay that %s', (_, standing, expected) => {
    expect(isMember(standing, NOW)).toBe(expected)
  })

  it('goes on after a restart, and begins anew after a long absence, or where the last time lies ahead', () => {
    expect(sinceAtStart({ since: 1000, at: NOW - 60_000 }, NOW)).toBe(1000)
    expect(sinceAtStart({ since: 1000, at: NOW - OUT_AFTER_MS }, NOW)).toBe(NOW)
    expect(sinceAtStart({ since: NOW + 1, at: NOW + 1 }, NOW)).toBe(NOW)
    expect(sinceAtStart(undefined, NOW)).toBe(NOW)
  })

  it('weighs space in powers of two, up to 64 GiB', () => {
    expect([0, GIB, 2 * GIB - 1, 2 * GIB, 10 * GIB, 64 * GIB, 2 ** 53 - 1].map(weightPower)).toEqual([0, 0, 0, 1, 3, 6, 6])
  })
})
