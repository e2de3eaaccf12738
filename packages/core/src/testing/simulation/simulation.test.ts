import { describe, expect, it } from 'vitest'
import { Simulation } from './simulation.ts'

const small = { relays: 4, hours: 1, documents: 40 } as const

describe('relays in virtual time', () => {
  it('keep every acknowledged write, every delete and all copies, with churn, partitions and wrong clocks', () => {
    const report = new Simulation({ seed: 2, relays: 4, hours: 1, quietHours: 2, documents: 60, eventsPerHour: 24 }).run()
    expect(report.fewestCopies).toBe(3)
    expect(report.acknowledged).toBeGreaterThan(20)
  })

  it.each([
    ['says to have what it does not keep', 'keeps-nothing', 2],
    ['offers more space than it has', 'boasts', 2],
    ['has a full disk', 'full', 2],
    ['says to serve sectors that it does not own', 'claims-all', 3],
    ['comes and goes every minute', 'flaps', 3],
    ['is ten minutes fast', 'fast', 3],
    ['has the key of another', 'twins', 2],
  ] as const)('lose nothing to one that %s', (_, bad, copies) => {
    const report = new Simulation({ ...small, seed: 3, quietHours: bad === 'claims-all' ? 1 : 2, bad }).run()
    expect(report.acknowledged).toBeGreaterThan(10)
    expect(report.fewestCopies).toBeGreaterThanOrEqual(copies)
  })
})
