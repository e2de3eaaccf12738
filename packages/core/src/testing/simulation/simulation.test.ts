import { describe, expect, it } from 'vitest'
import { Simulation } from './simulation.ts'

describe('relays in virtual time', () => {
  it('keep every acknowledged write, every delete and all copies, with churn, partitions and wrong clocks', () => {
    const report = new Simulation({ seed: 2, relays: 4, hours: 1, quietHours: 2, documents: 60, eventsPerHour: 24 }).run()
    expect(report.fewestCopies).toBe(3)
    expect(report.acknowledged).toBeGreaterThan(20)
  })

  it('lose no document to an owner that says to have what it does not keep', () => {
    const report = new Simulation({ seed: 3, relays: 4, hours: 1, quietHours: 1, documents: 40, bad: 'keeps-nothing' }).run()
    expect(report.fewestCopies).toBeGreaterThanOrEqual(2)
  })
})
