import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Announcer, type SelfDescription } from './announcer.ts'

const LIFE_MS = 600_000
const NOBODY: SelfDescription = { identity: null, addresses: [], origin: null, services: [], limits: {}, links: [], since: 0 }

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** An announcer, what it said and after how many seconds. */
function start() {
  const began = Date.now()
  const said: { readonly seconds: number; readonly addresses: readonly string[] }[] = []
  const self = { ...NOBODY, addresses: ['a'] as readonly string[] }
  const announcer = new Announcer({
    describe: () => ({ ...self }),
    announce: ({ at, expires, addresses }) => {
      expect(expires - at).toBe(LIFE_MS)
      said.push({ seconds: (at - began) / 1000, addresses })
    },
    lifeMs: LIFE_MS,
  })
  announcer.start()
  return { announcer, said, self }
}

describe('Announcer', () => {
  it('says the same again after a third of its life', () => {
    const { announcer, said } = start()
    vi.advanceTimersByTime(LIFE_MS)
    expect(said.map(({ seconds }) => seconds)).toEqual([0, 200, 400, 600])
    announcer.stop()
    vi.advanceTimersByTime(LIFE_MS)
    expect(said.length).toBe(4)
  })

  it('says it more often where it is told to', () => {
    const said: number[] = []
    const began = Date.now()
    const init = { describe: () => NOBODY, announce: ({ at }: { at: number }) => said.push(at - began), lifeMs: LIFE_MS, refreshMs: 60_000 }
    const announcer = new Announcer(init)
    announcer.start()
    vi.advanceTimersByTime(120_000)
    announcer.stop()
    expect(said).toEqual([0, 60_000, 120_000])
  })

  it('says at once what is said anew of it, with what has changed meanwhile', () => {
    const { announcer, said, self } = start()
    vi.advanceTimersByTime(10)
    self.addresses = ['b']
    announcer.changed()
    announcer.describedAnew()
    vi.advanceTimersByTime(100_000)
    expect(said).toEqual([
      { seconds: 0, addresses: ['a'] },
      { seconds: 0.01, addresses: ['b'] },
    ])
    announcer.stop()
    announcer.describedAnew()
    expect(said.length).toBe(2)
  })

  it('says one second after they changed where it is reached, every five seconds at most', () => {
    const { announcer, said, self } = start()
    vi.advanceTimersByTime(60_000)
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      self.addresses = [name]
      announcer.changed()
      vi.advanceTimersByTime(1000)
    }
    vi.advanceTimersByTime(20_000)
    expect(said.slice(1)).toEqual([
      { seconds: 61, addresses: ['b'] },
      { seconds: 66, addresses: ['g'] },
      { seconds: 71, addresses: ['h'] },
    ])
    announcer.stop()
  })

  it('says with whom it is connected every 15 seconds at most, and nothing where that is as before', () => {
    const { announcer, said, self } = start()
    self.addresses = ['b']
    announcer.linksChanged()
    vi.advanceTimersByTime(14_999)
    expect(said.length).toBe(1)
    vi.advanceTimersByTime(1)
    expect(said.length).toBe(2)
    announcer.linksChanged()
    vi.advanceTimersByTime(60_000)
    expect(said.length).toBe(2)
    announcer.stop()
  })

  it('never says anything as of an earlier time than before, even where the clock is put back', () => {
    const { announcer, said, self } = start()
    vi.setSystemTime(Date.now() - 240_000)
    self.addresses = ['b']
    announcer.changed()
    vi.advanceTimersByTime(10_000)
    expect(said.map(({ seconds }) => seconds)).toEqual([0, 0.001])
    announcer.stop()
  })

  it('begins again where the clock was so far ahead that nobody believed it', () => {
    const { announcer, said, self } = start()
    vi.setSystemTime(Date.now() - 3_600_000)
    self.addresses = ['b']
    announcer.changed()
    vi.advanceTimersByTime(5000)
    expect(said.map(({ seconds }) => seconds)).toEqual([0, -3595])
    announcer.stop()
  })
})
