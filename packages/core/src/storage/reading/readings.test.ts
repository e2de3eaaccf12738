import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors.ts'
import { slot } from '../../testing/storage/fixtures.ts'
import { MAX_KEPT_LENGTH, Readings } from './readings.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { StoredRecord } from '../storage.ts'

const NS = 1
const rowOf = (seq: number): number => NS * SEQ_SPAN + seq

function stored(seq: number, content: string | null): StoredRecord {
  const bytes = new Uint8Array()
  return {
    seq,
    slot: slot(`${seq}`),
    collection: 'docs',
    id: `${seq}`,
    at: seq,
    hash: bytes,
    by: bytes,
    seal: null,
    prev: null,
    exp: null,
    kh: null,
    content,
  }
}

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'answered'
  } catch (error) {
    return errorCode(error)
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('what is kept for readers', () => {
  const large = 'x'.repeat(MAX_KEPT_LENGTH / 4)

  it('is what they have yet to read, in whichever order it lies', () => {
    const readings = new Readings()
    const id = readings.select(NS, Float64Array.from([rowOf(9), rowOf(2), rowOf(5)]), rowOf(10))
    for (const seq of [2, 3, 5, 11]) readings.replaced(NS, slot(`${seq}`), stored(seq, `content ${seq}`))
    readings.replaced(NS + 1, slot('9'), stored(9, 'of another namespace'))
    expect([...readings.selection(id, 1).kept].map(([row, { content }]) => [row, content])).toEqual([
      [rowOf(2), 'content 2'],
      [rowOf(5), 'content 5'],
    ])
  })

  it('goes when it was read', () => {
    const readings = new Readings()
    const rows = Float64Array.from(Array.from({ length: 1000 }, (_, i) => rowOf(1000 - i)))
    const id = readings.select(NS, rows, rowOf(1000))
    for (let seq = 1; seq <= 500; seq++) readings.replaced(NS, slot(`${seq}`), stored(seq, 'text'))
    expect(readings.selection(id, 400).kept.size).toBe(500)
    // The rows are in falling order: the first 900 are those from 1000 down to 101.
    expect([...readings.selection(id, 900).kept.keys()].every((rid) => rid <= rowOf(100))).toBe(true)
    // Nobody asks for what was read.
    for (let seq = 501; seq <= 1000; seq++) readings.replaced(NS, slot(`${seq}`), stored(seq, 'text'))
    expect(readings.selection(id, 900).kept.size).toBe(100)
    readings.close()
  })

  it('is nothing that they have read, whenever it is replaced', () => {
    const readings = new Readings()
    const id = readings.select(NS, Float64Array.from([9, 2, 5, 7, 1], rowOf), rowOf(10))
    readings.replaced(NS, slot('2'), stored(2, large))
    readings.selection(id, 1)
    readings.replaced(NS, slot('9'), stored(9, large))
    expect([...readings.selection(id, 1).kept.keys()]).toEqual([rowOf(2)])
    readings.replaced(NS, slot('5'), stored(5, large))
    readings.replaced(NS, slot('7'), stored(7, large))
    expect([...readings.selection(id, 3).kept.keys()]).toEqual([rowOf(7)])
    // What was read takes no room any more: three more would be too many beside it.
    const other = readings.select(NS + 1, Float64Array.from([1, 2, 3], rowOf), (NS + 1) * SEQ_SPAN + 3)
    readings.selection(id, 3)
    for (const seq of [2, 5]) readings.replaced(NS, slot(`${seq}`), stored(seq, large))
    readings.replaced(NS, slot('1'), stored(1, large))
    expect([...readings.selection(id, 3).kept.keys()]).toEqual([rowOf(7), rowOf(1)])
    expect(codeOf(() => readings.selection(other, 0))).toBe('answered')
    readings.close()
  })

  it('is bounded: whoever was not heard of for longest loses first', () => {
    const readings = new Readings()
    const rows = Float64Array.from([1, 2, 3, 4, 5, 6], rowOf)
    const [first, second] = [readings.select(NS, rows, rowOf(6)), readings.select(NS, rows.subarray(0, 3), rowOf(6))]
    readings.selection(first, 0)
    for (const seq of [1, 2]) readings.replaced(NS, slot(`${seq}`), stored(seq, large))
    expect(codeOf(() => readings.selection(second, 0))).toBe('answered')
    // Two times two are all that there is room for.
    readings.replaced(NS, slot('3'), stored(3, large))
    expect(codeOf(() => readings.selection(first, 0))).toBe('reading-ended')
    expect(readings.selection(second, 0).kept.size).toBe(3)
    // The room of the one that ended is free again.
    const third = readings.select(NS, rows, rowOf(6))
    readings.replaced(NS, slot('4'), stored(4, 'small'))
    expect([codeOf(() => readings.selection(second, 0)), codeOf(() => readings.selection(third, 0))]).toEqual(['answered', 'answered'])
  })

  it('is bounded for feeds too, which begin anew', () => {
    const readings = new Readings()
    const feed = readings.feed(NS, 6, 6)
    for (const seq of [1, 2, 3]) readings.replaced(NS, slot(`${seq}`), stored(seq, large))
    expect(codeOf(() => readings.feedPlace(feed))).toBe('answered')
    readings.replaced(NS, slot('4'), stored(4, large))
    expect(codeOf(() => readings.feedPlace(feed))).toBe('reading-ended')
  })

  it('goes after ten minutes without a sign of the reader, though nothing is written any more', () => {
    const readings = new Readings()
    const rows = Float64Array.from([1, 2], rowOf)
    const [gone, untouched, alive] = [
      readings.select(NS, rows, rowOf(1)),
      readings.select(NS + 1, rows, rowOf(1)),
      readings.select(NS, rows, rowOf(2)),
    ]
    readings.replaced(NS, slot('1'), stored(1, 'deleted'))
    vi.advanceTimersByTime(9 * 60_000)
    readings.selection(alive, 0)
    vi.advanceTimersByTime(2 * 60_000)
    expect(codeOf(() => readings.selection(gone, 0))).toBe('reading-ended')
    // Nothing is kept for this one.
    expect(codeOf(() => readings.selection(untouched, 0))).toBe('answered')
    expect(readings.selection(alive, 0).kept.get(rowOf(1))?.content).toBe('deleted')
    readings.selection(alive, 1)
    vi.advanceTimersByTime(60_000)
    expect(vi.getTimerCount()).toBe(0)
    readings.replaced(NS, slot('2'), stored(2, 'deleted'))
    expect(vi.getTimerCount()).toBe(1)
    readings.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})
