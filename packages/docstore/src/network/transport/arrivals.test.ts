import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { Arrivals } from './arrivals.ts'

/** A socket of which only the address counts. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort: number
  isOpen = true

  constructor(remoteAddress: string, remotePort: number) {
    super()
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
  }

  destroy(): void {
    this.isOpen = false
    this.emit('close')
  }
}

let port = 1
const from = (host: string): FakeSocket => new FakeSocket(host, port++)
const openOf = (sockets: readonly FakeSocket[]): boolean[] => sockets.map(({ isOpen }) => isOpen)

describe('sockets that arrive', () => {
  it('have so long to say what they want', () => {
    vi.useFakeTimers()
    try {
      const arrivals = new Arrivals({ max: 10, maxPerHost: 10, timeoutMs: 1000 })
      const [silent, settled, left] = [from('a'), from('a'), from('a')]
      for (const socket of [silent, settled, left]) expect(arrivals.arrive(socket)).toBe(true)
      arrivals.settle('::ffff:a', settled.remotePort)
      arrivals.leave('a', left.remotePort)
      expect(arrivals.size).toBe(2)
      vi.advanceTimersByTime(1000)
      expect(openOf([silent, settled, left])).toEqual([false, true, true])
      expect(arrivals.size).toBe(1)
      settled.destroy()
      expect(arrivals.size).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('give way to later ones of their host while they say nothing, and to nobody afterwards', () => {
    const arrivals = new Arrivals({ max: 10, maxPerHost: 2, timeoutMs: 60_000 })
    const [other, first, second, third, fourth, fifth] = [from('b'), from('a'), from('a'), from('a'), from('a'), from('a')]
    for (const socket of [other, first, second, third]) expect(arrivals.arrive(socket)).toBe(true)
    expect(openOf([other, first, second, third])).toEqual([true, false, true, true])
    arrivals.settle('a', second.remotePort)
    expect(arrivals.arrive(fourth)).toBe(true)
    arrivals.settle('a', fourth.remotePort)
    expect(openOf([second, third, fourth])).toEqual([true, false, true])
    expect(arrivals.arrive(fifth)).toBe(false)
    expect(openOf([other, second, fourth, fifth])).toEqual([true, true, true, false])
    arrivals.close()
    expect(other.isOpen).toBe(false)
  })

  it('who have just come take the places of those who had theirs, and keep them until they have asked', () => {
    let now = 0
    const arrivals = new Arrivals({ max: 10, maxPerHost: 3, timeoutMs: 60_000, now: () => now })
    const [idle, busy, silent] = [from('a'), from('a'), from('a')]
    for (const socket of [idle, busy, silent]) arrivals.arrive(socket)
    arrivals.settle('a', idle.remotePort)
    arrivals.rest('a', idle.remotePort)
    arrivals.settle('a', busy.remotePort)
    const come = (): FakeSocket => {
      const socket = from('a')
      expect(arrivals.arrive(socket)).toBe(true)
      return socket
    }
    // Who has his answer gives way, not who came a moment ago.
    const first = come()
    expect(openOf([idle, busy, silent, first])).toEqual([false, true, true, true])
    now = 1000
    const second = come()
    expect(openOf([busy, silent, first, second])).toEqual([true, false, true, true])
    arrivals.settle('a', first.remotePort)
    arrivals.settle('a', second.remotePort)
    expect(arrivals.arrive(from('a'))).toBe(false)
    // Who does not read his answer.
    now = 2000
    const third = come()
    expect(openOf([busy, first, second, third])).toEqual([false, true, true, true])
    arrivals.close()
  })

  it('of the host with the most give way where all places are taken', () => {
    const arrivals = new Arrivals({ max: 4, maxPerHost: 3, timeoutMs: 60_000 })
    const sockets = ['few', 'many', 'many', 'many', 'new'].map(from)
    for (const socket of sockets) arrivals.arrive(socket)
    expect(openOf(sockets)).toEqual([true, false, true, true, true])
    arrivals.close()
  })

  it('are no more than there are places, whatever hosts they come from; one machine has all addresses of its network', () => {
    const arrivals = new Arrivals({ max: 3, maxPerHost: 2, timeoutMs: 60_000 })
    const sockets = ['2001:db8:0:1:a::1', '2001:db8:0:1:b::1', '2001:db8:0:1:c::1', 'x', 'y', 'z'].map(from)
    for (const socket of sockets) arrivals.arrive(socket)
    expect(openOf(sockets)).toEqual([false, false, false, true, true, true])
    arrivals.close()
    expect(arrivals.size).toBe(0)
  })
})
