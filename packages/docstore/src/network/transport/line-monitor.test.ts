import { type ComponentLogger, type Connection, type Libp2pEvents, TypedEventEmitter } from '@libp2p/interface'
import { afterEach, expect, it } from 'vitest'
import { LineMonitor } from './line-monitor.ts'

const SILENCE_MS = 10_000

const silent = { forComponent: () => () => undefined } as unknown as ComponentLogger
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A connection whose other end answers, or does not, and how often it was tried and ended. */
class FakeLine {
  readonly status = 'open'
  pings = 0
  aborted: Error | undefined
  readonly maConn: EventTarget = new EventTarget()
  readonly muxer: { ping: () => Promise<number> }

  constructor(answer: () => Promise<number>) {
    this.muxer = {
      ping: () => {
        this.pings++
        return answer()
      },
    }
  }

  hear(): void {
    this.maConn.dispatchEvent(new Event('message'))
  }

  abort(error: Error): void {
    this.aborted = error
  }
}

function watch(...lines: readonly FakeLine[]): { pass: (ms: number) => Promise<void> } {
  const clock = { now: 0 }
  const events = new TypedEventEmitter<Libp2pEvents>()
  const monitor = new LineMonitor(
    { events, logger: silent },
    { networkId: 'a network', silenceMs: SILENCE_MS, timeoutMs: 60_000, now: () => clock.now },
  )
  monitor.start()
  cleanups.push(() => monitor.stop())
  for (const line of lines) events.dispatchEvent(new CustomEvent('connection:open', { detail: line as unknown as Connection }))
  return {
    pass: async (ms) => {
      clock.now += ms
      monitor.look()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

it('a connection that is silent is tried, and goes on where the other end answers', async () => {
  const line = new FakeLine(async () => 1)
  const { pass } = watch(line)
  await pass(SILENCE_MS - 1)
  expect(line.pings).toBe(0)
  await pass(1)
  expect(line.pings).toBe(1)
  await pass(1000)
  expect(line.pings).toBe(1)
  await pass(SILENCE_MS)
  expect(line).toMatchObject({ pings: 2, aborted: undefined })
})

it('a connection over which something comes is not tried', async () => {
  const line = new FakeLine(async () => 1)
  const { pass } = watch(line)
  for (let n = 0; n < 5; n++) {
    await pass(SILENCE_MS - 1)
    line.hear()
  }
  expect(line.pings).toBe(0)
})

it('a connection ends whose other end does not answer, and no other one', async () => {
  const [good, bad] = [new FakeLine(async () => 1), new FakeLine(() => Promise.reject(new Error('no answer')))]
  const { pass } = watch(good, bad)
  await pass(SILENCE_MS)
  expect(bad.aborted).toMatchObject({ message: 'The other side does not answer any more' })
  expect(good.aborted).toBeUndefined()
})
