import { type ComponentLogger, type Connection, type Libp2pEvents, TypedEventEmitter } from '@libp2p/interface'
import { afterEach, expect, it } from 'vitest'
import { LineMonitor } from './line-monitor.ts'

const SILENCE_S = 10
const ANSWER_S = 5

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

/** A monitor of these connections, whose seconds pass when they are told to. */
function watch(...lines: readonly FakeLine[]): { pass: (seconds: number) => Promise<void> } {
  const events = new TypedEventEmitter<Libp2pEvents>()
  const monitor = new LineMonitor({ events, logger: silent }, { networkId: 'a network', silenceMs: 1000 * SILENCE_S, answerMs: 1000 * ANSWER_S })
  monitor.start()
  cleanups.push(() => monitor.stop())
  for (const line of lines) events.dispatchEvent(new CustomEvent('connection:open', { detail: line as unknown as Connection }))
  return {
    pass: async (seconds) => {
      for (let n = 0; n < seconds; n++) {
        monitor.look()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

it('a connection that is silent is tried, and goes on where the other end answers', async () => {
  const line = new FakeLine(async () => 1)
  const { pass } = watch(line)
  await pass(SILENCE_S - 1)
  expect(line.pings).toBe(0)
  await pass(1)
  expect(line.pings).toBe(1)
  await pass(SILENCE_S - 1)
  expect(line.pings).toBe(1)
  await pass(1)
  expect(line).toMatchObject({ pings: 2, aborted: undefined })
})

it('a connection over which something comes is not tried', async () => {
  const line = new FakeLine(async () => 1)
  const { pass } = watch(line)
  for (let n = 0; n < 5; n++) {
    await pass(SILENCE_S - 1)
    line.hear()
  }
  expect(line.pings).toBe(0)
})

it('a connection ends whose other end does not answer in time, and no other one', async () => {
  const [good, failing, mute] = [
    new FakeLine(async () => 1),
    new FakeLine(() => Promise.reject(new Error('no'))),
    new FakeLine(() => new Promise(() => undefined)),
  ]
  const { pass } = watch(good, failing, mute)
  await pass(SILENCE_S + ANSWER_S - 1)
  expect([failing.aborted, mute.aborted]).toEqual([undefined, undefined])
  await pass(1)
  for (const line of [failing, mute]) expect(line).toMatchObject({ pings: 1, aborted: { message: 'The other side does not answer any more' } })
  expect(good.aborted).toBeUndefined()
})

it('an answer that comes late counts as long as the connection has not ended', async () => {
  let answer = (_ms: number): void => undefined
  const line = new FakeLine(() => new Promise((resolve) => (answer = resolve)))
  const { pass } = watch(line)
  await pass(SILENCE_S + ANSWER_S - 1)
  answer(1)
  await new Promise((resolve) => setImmediate(resolve))
  await pass(2)
  expect(line.aborted).toBeUndefined()
})
