import type { Connection, Stream, StreamMiddleware } from '@libp2p/interface'
import { type AbstractStream, lpStream, streamPair } from '@libp2p/utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { type GatedRegistrar, installGate } from './gate.ts'

const connection = {} as Connection

function vanish(stream: Stream): void {
  ;(stream as AbstractStream).onTransportClosed()
}

describe('the gate', () => {
  let gate: StreamMiddleware
  let letIn: () => void
  beforeEach(() => {
    const { promise, resolve } = Promise.withResolvers<void>()
    letIn = resolve
    const registrar: GatedRegistrar = { getMiddleware: () => [] }
    installGate(registrar, 'hello', { isAdmitted: () => false, admitted: () => promise })
    const [installed] = registrar.getMiddleware('id')
    if (installed === undefined) throw new Error('there is no gate')
    gate = installed
  })

  /** What a stream does behind the gate, once the other side is gone and the connection is let in. */
  async function passes(ours: Stream, leave: () => unknown): Promise<Stream> {
    const passed = Promise.withResolvers<Stream>()
    const held = Promise.resolve(gate(ours, connection, (stream) => passed.resolve(stream)))
    held.catch(passed.reject)
    await leave()
    await expect.poll(() => ours.status).not.toBe('open')
    letIn()
    return passed.promise
  }

  it('reads what was answered early on a stream that the other side has closed', async () => {
    const [ours, theirs] = await streamPair()
    const stream = await passes(ours, async () => {
      await lpStream(theirs).write(Uint8Array.of(1, 2, 3))
      await expect.poll(() => ours.readBufferLength).toBe(4)
      // As over WebRTC, where a side that closes takes the stream with it.
      vanish(ours)
    })
    expect([...(await lpStream(stream).read()).subarray()]).toEqual([1, 2, 3])
  })

  it('does not hand on a stream that ended with nothing in it', async () => {
    const [ours] = await streamPair()
    await expect(passes(ours, () => vanish(ours))).rejects.toMatchObject({ code: 'connection-lost' })
  })

  it('does not hand on what the other side asked and took back', async () => {
    const [theirs, inbound] = await streamPair()
    await lpStream(theirs).write(Uint8Array.of(1))
    await expect(passes(inbound, () => theirs.abort(new Error('a test')))).rejects.toMatchObject({ code: 'connection-lost' })
  })
})
