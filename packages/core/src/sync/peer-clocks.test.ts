import { describe, expect, it } from 'vitest'
import { latestAt, timeFromMs } from '../model/clock.ts'
import { judgeClocks, PeerClocks } from './peer-clocks.ts'

const NOW = Date.UTC(2026, 5, 1)
const HOUR_MS = 3_600_000
const ahead = (...hours: readonly number[]) => judgeClocks(hours.map((one, i) => ({ peer: `relay${i}`, aheadMs: one * HOUR_MS })))

describe('what relays say about our clock', () => {
  it.each<[readonly number[], string, readonly string[]]>([
    [[], 'unknown', []],
    [[0], 'right', []],
    [[24], 'disputed', []],
    [[24, 24], 'wrong', []],
    [[24, -24], 'disputed', []],
    [[0, 24], 'right', ['relay1']],
    [[0, 24, 24], 'disputed', []],
    [[24, 24, 0], 'disputed', []],
    [[24, 24, 24, 0], 'wrong', ['relay3']],
    [[0, 0, -24], 'right', ['relay2']],
    [[0, 0, 24, 24], 'right', ['relay2', 'relay3']],
  ])('ahead of them by %j hours: %s', (hours, state, wrong) => {
    expect(ahead(...hours)).toMatchObject({ state, wrong })
  })

  it('tells how far it is ahead, by the one in the middle', () => {
    expect(ahead(24, 24.01, 24.02).aheadMs).toBe(24.01 * HOUR_MS)
    expect(ahead(-48).aheadMs).toBe(-48 * HOUR_MS)
  })
})

describe('the clocks of peers', () => {
  const setUp = () => {
    const own = { now: NOW, elapsed: 0, told: 0 }
    const clocks = new PeerClocks({ now: () => own.now, elapsed: () => own.elapsed, onTold: () => own.told++ })
    const pass = (ms: number): void => {
      own.now += ms
      own.elapsed += ms
    }
    return { own, clocks, pass }
  }

  it('count the way there and back', () => {
    const { clocks, pass, own } = setUp()
    const relay = clocks.of('relay', { counts: true })
    pass(4000)
    relay.note({ clock: timeFromMs(NOW + 2000), sentAt: 0 })
    expect(clocks.report()).toMatchObject({ state: 'right', relays: [{ peer: 'relay', aheadMs: 0 }] })
    expect(own.told).toBe(1)
    pass(60_000)
    expect(relay.latest()).toBe(latestAt(NOW + 64_000))
  })

  it('show that ours was set right, and do not call it wrong once it was set without being told again', () => {
    const { clocks, own } = setUp()
    const relay = clocks.of('relay', { counts: true })
    own.now += 400 * 24 * HOUR_MS
    relay.note({ clock: timeFromMs(NOW), sentAt: 0 })
    expect(clocks.report().state).toBe('disputed')
    own.now = NOW
    expect(clocks.report().state).toBe('right')
    // Set again, or the machine has slept: nobody knows until the relay tells its time.
    own.now += 24 * HOUR_MS
    expect(clocks.report().state).toBe('unknown')
    relay.note({ clock: timeFromMs(NOW), sentAt: 0 })
    expect(clocks.report()).toMatchObject({ state: 'disputed', aheadMs: 24 * HOUR_MS })
  })

  it('of peers that nobody chose tell what these accept, and nothing about ours', () => {
    const { clocks, own } = setUp()
    clocks.of('relay', { counts: true }).note({ clock: timeFromMs(NOW), sentAt: 0 })
    for (let i = 0; i < 1000; i++) clocks.of(`peer${i}`).note({ clock: timeFromMs(NOW + HOUR_MS), sentAt: 0 })
    // However many they are, the relay is not forgotten.
    expect(clocks.report()).toMatchObject({ state: 'right', relays: [{ peer: 'relay' }] })
    expect(own.told).toBe(1)
    expect(clocks.of('peer999').latest()).toBe(latestAt(NOW + HOUR_MS))
    // Only so many are remembered.
    expect(clocks.of('peer0').latest()).toBeUndefined()
  })
})
