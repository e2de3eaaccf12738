import { lpStream, streamPair } from '@libp2p/utils'
import type { Responder } from '@p2p-docstore/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerStream } from './streams.ts'

/** Answers every request with itself. */
const echo = { respond: async (frame: Uint8Array) => ({ frame, isLast: false }) } as unknown as Responder

describe('a stream that is answered', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function answered() {
    const [theirs, ours] = await pair()
    const misdeeds: string[] = []
    const answers: number[] = []
    theirs.addEventListener('message', ({ data }) => answers.push(...data.subarray()))
    const end = answerStream(ours, echo, (misdeed) => misdeeds.push(misdeed))
    return { theirs, ours, misdeeds, answers, end }
  }

  /** Streams that a test's clock drives. */
  async function pair() {
    const opening = streamPair()
    await vi.advanceTimersByTimeAsync(100)
    return opening
  }

  it('answers who has ended its side, however early, and ends without a reset', async () => {
    const [theirs, ours] = await pair()
    let resets = 0
    theirs.addEventListener('close', ({ error }) => (resets += error === undefined ? 0 : 1))
    // Before anybody reads: the whole request lies in the buffer, and its end is known.
    theirs.send(Uint8Array.of(2, 7, 7))
    await theirs.close()
    await vi.advanceTimersByTimeAsync(100)
    expect(ours.remoteWriteStatus).toBe('closed')
    const end = answerStream(ours, echo, () => undefined)
    const answer = lpStream(theirs).read()
    await vi.advanceTimersByTimeAsync(1000)
    expect([...(await answer).subarray()]).toEqual([7, 7])
    await end
    expect([theirs.status, ours.status, resets]).toEqual(['closed', 'closed', 0])
  })

  it('ends when no greeting comes', async () => {
    const { ours, misdeeds, end } = await answered()
    await vi.advanceTimersByTimeAsync(9_000)
    expect(ours.status).toBe('open')
    await vi.advanceTimersByTimeAsync(2_000)
    await end
    expect([ours.status, misdeeds]).toEqual(['aborted', []])
  })

  it('ends when a frame has begun and does not arrive in time, a byte now and then or not', async () => {
    const { theirs, ours, misdeeds, end } = await answered()
    theirs.send(Uint8Array.of(100))
    for (let second = 0; second < 29; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      theirs.send(Uint8Array.of(1))
    }
    expect(ours.status).toBe('open')
    await vi.advanceTimersByTimeAsync(2000)
    await end
    expect([ours.status, misdeeds]).toEqual(['aborted', ['slow-frame']])
  })

  it('waits three minutes for the next request, which then has its time to arrive', async () => {
    const { theirs, ours, misdeeds, answers, end } = await answered()
    theirs.send(Uint8Array.of(2, 7, 7))
    await vi.advanceTimersByTimeAsync(170_000)
    theirs.send(Uint8Array.of(2))
    await vi.advanceTimersByTimeAsync(20_000)
    theirs.send(Uint8Array.of(8, 8))
    await vi.advanceTimersByTimeAsync(1000)
    expect(answers).toEqual([2, 7, 7, 2, 8, 8])
    await vi.advanceTimersByTimeAsync(181_000)
    await end
    expect([ours.status, misdeeds]).toEqual(['aborted', []])
  })
})
