import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { DocstoreError, errorMessage, type Exchange, FOLLOW_WAIT_MS, MAX_FRAME_BYTES, type Responder } from '@p2p-docstore/core'
import { delay } from './delay.ts'
import { IDLE_STREAM_MS, LINGER_MS, REQUEST_TIMEOUT_MS } from './limits.ts'

/** One frame at a time is under way, so a stream that holds more than two is not ours: by default it could make us hold 4 MiB. */
const FRAMES = { maxDataLength: MAX_FRAME_BYTES, maxBufferSize: 2 * MAX_FRAME_BYTES }

/** Name of the sync protocol in a network. */
export function syncProtocol(networkId: string): string {
  return `/docstore/${networkId}/sync/1`
}

/** Opens a stream to a peer for questions and answers, one at a time. */
export async function openExchange(connection: Connection, protocol: string, signal: AbortSignal): Promise<Exchange> {
  const stream = await lost(connection.newStream(protocol, { signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) }))
  const frames = lpStream(stream, FRAMES)
  return {
    exchange: async (frame) => {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS + FOLLOW_WAIT_MS)
      try {
        await frames.write(frame, { signal: timeout })
        return (await frames.read({ signal: timeout })).subarray()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error('failed'))
        throw connectionLost(error)
      }
    },
    close: () => stream.abort(new DocstoreError('closed', 'Not needed any more')),
  }
}

/** Answers a stream until it ends. One frame is held at a time, and nothing is read before the last answer is written. */
export async function answerStream(stream: Stream, responder: Responder): Promise<void> {
  const frames = lpStream(stream, FRAMES)
  const ended = new AbortController()
  stream.addEventListener('close', () => ended.abort(), { once: true })
  try {
    for (;;) {
      const request = await frames.read({ signal: AbortSignal.any([ended.signal, AbortSignal.timeout(IDLE_STREAM_MS)]) })
      const { frame, isLast } = await responder.respond(request.subarray(), ended.signal)
      await frames.write(frame, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
      if (isLast) {
        await stream.close({ signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
        // Time for the other side to read why, and to close too; then the stream goes either way.
        await delay(LINGER_MS, ended.signal)
        throw new DocstoreError('closed', 'The stream ended with an error')
      }
    }
  } catch (error) {
    // The other side went away, was silent for too long or sent what is no frame: either way this stream is over.
    stream.abort(error instanceof Error ? error : new Error('failed'))
  } finally {
    ended.abort()
  }
}

async function lost<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw connectionLost(error)
  }
}

function connectionLost(cause: unknown): DocstoreError {
  return new DocstoreError('connection-lost', `The connection to the peer was lost (${errorMessage(cause)})`, { cause })
}
