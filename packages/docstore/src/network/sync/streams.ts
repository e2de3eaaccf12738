import type { Connection, Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { DocstoreError, errorMessage, type Exchange, FOLLOW_WAIT_MS, MAX_FRAME_BYTES } from '@p2p-docstore/core'
import { delay } from '../timing/index.ts'
import { HELLO_TIMEOUT_MS, IDLE_STREAM_MS, LINGER_MS, REQUEST_TIMEOUT_MS } from '../limits.ts'
import type { Misdeed } from '../admission/index.ts'

/** The part of libp2p that hands on streams. */
export interface Streams {
  handle(
    protocol: string,
    handler: (stream: Stream, connection: Connection) => Promise<void>,
    options: { readonly maxInboundStreams: number },
  ): Promise<void>
}

/** One frame at a time is under way, so a stream that holds more than two is not ours: by default it could make us hold 4 MiB. */
function framesUpTo(maxBytes: number): { readonly maxDataLength: number; readonly maxBufferSize: number } {
  return { maxDataLength: maxBytes, maxBufferSize: 2 * maxBytes }
}

/** Failures of reading that only a peer which is none of ours causes. */
const MISDEEDS: ReadonlyMap<string, Misdeed> = new Map([
  ['InvalidMessageLengthError', 'malformed'],
  ['InvalidDataLengthError', 'too-large'],
  ['InvalidDataLengthLengthError', 'too-large'],
  ['StreamBufferError', 'too-large'],
])

/** Name of the sync protocol in a network. */
export function syncProtocol(networkId: string): string {
  return `/docstore/${networkId}/sync/1`
}

/**
 * Opens a stream to a peer for questions and answers, one at a time. The first question is the greeting, which is answered at once. Throws
 * `unsupported-protocol`, `no-answer` where the time is over, `connection-lost`. With `onLimited`, also through a place at a relay, which carries little.
 */
export async function openExchange(
  connection: Connection,
  protocol: string,
  signal: AbortSignal,
  { maxFrameBytes = MAX_FRAME_BYTES, onLimited = false }: { readonly maxFrameBytes?: number; readonly onLimited?: boolean } = {},
): Promise<Exchange> {
  const late = AbortSignal.timeout(HELLO_TIMEOUT_MS)
  const stream = await failing(connection.newStream(protocol, { signal: AbortSignal.any([signal, late]), runOnLimitedConnection: onLimited }), late)
  const frames = lpStream(stream, framesUpTo(maxFrameBytes))
  let patienceMs = HELLO_TIMEOUT_MS
  return {
    exchange: async (frame) => {
      const timeout = AbortSignal.timeout(patienceMs)
      patienceMs = REQUEST_TIMEOUT_MS + FOLLOW_WAIT_MS
      try {
        await frames.write(frame, { signal: timeout })
        return (await frames.read({ signal: timeout })).subarray()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error('failed'))
        throw failure(error, timeout)
      }
    },
    close: () => stream.abort(new DocstoreError('closed', 'Not needed any more')),
  }
}

/** Answers the requests of one stream, one after another. */
export interface Answerer {
  /** The response frame for a request frame; after the last one the stream ends. */
  respond(frame: Uint8Array, signal: AbortSignal): Promise<{ readonly frame: Uint8Array; readonly isLast: boolean }>
}

/** Answers a stream until it ends. One frame is held at a time, and nothing is read before the last answer is written. */
export async function answerStream(
  stream: Stream,
  responder: Answerer,
  onMisdeed: (misdeed: Misdeed) => void,
  { maxFrameBytes = MAX_FRAME_BYTES }: { readonly maxFrameBytes?: number } = {},
): Promise<void> {
  const requests = new Requests(stream, onMisdeed, maxFrameBytes)
  const ended = new AbortController()
  stream.addEventListener('close', () => ended.abort(), { once: true })
  try {
    for (let patienceMs = HELLO_TIMEOUT_MS; ; patienceMs = IDLE_STREAM_MS) {
      const request = await requests.next(patienceMs, ended.signal)
      const { frame, isLast } = await responder.respond(request, ended.signal)
      await requests.answer(frame)
      if (isLast) {
        await stream.close({ signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
        // Time for the other side to read why, and to close too; then the stream goes either way.
        await delay(LINGER_MS, ended.signal)
        throw new DocstoreError('closed', 'The stream ended with an error')
      }
    }
  } catch (error) {
    // Who ends its side has asked all that it wanted. A reset could overtake the last answer, and some stacks throw away what it overtakes.
    if (isEnd(error) && (await hasClosed(stream))) return
    // The other side went away, was silent for too long or sent what is no frame: either way this stream is over.
    stream.abort(error instanceof Error ? error : new Error('failed'))
  } finally {
    ended.abort()
  }
}

/** Whether reading failed because the other side has ended its writing. */
function isEnd(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnexpectedEOFError'
}

async function hasClosed(stream: Stream): Promise<boolean> {
  try {
    await stream.close({ signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    return true
  } catch {
    return false
  }
}

/** The requests that come in on a stream. */
class Requests {
  readonly #stream: Stream
  readonly #frames: LengthPrefixedStream<Stream>
  readonly #onMisdeed: (misdeed: Misdeed) => void

  constructor(stream: Stream, onMisdeed: (misdeed: Misdeed) => void, maxFrameBytes: number) {
    this.#stream = stream
    this.#frames = lpStream(stream, framesUpTo(maxFrameBytes))
    this.#onMisdeed = onMisdeed
  }

  /** The next one. It may take so long to begin, and must be complete soon after that: a byte now and then does not keep a stream open. */
  async next(patienceMs: number, ended: AbortSignal): Promise<Uint8Array> {
    const late = new AbortController()
    let timer = setTimeout(() => late.abort(), patienceMs)
    const onBegin = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        this.#onMisdeed('slow-frame')
        late.abort()
      }, REQUEST_TIMEOUT_MS)
    }
    this.#stream.addEventListener('message', onBegin, { once: true })
    try {
      return (await this.#frames.read({ signal: AbortSignal.any([ended, late.signal]) })).subarray()
    } catch (error) {
      const misdeed = MISDEEDS.get(error instanceof Error ? error.name : '')
      if (misdeed !== undefined) this.#onMisdeed(misdeed)
      throw error
    } finally {
      clearTimeout(timer)
      this.#stream.removeEventListener('message', onBegin)
    }
  }

  async answer(frame: Uint8Array): Promise<void> {
    await this.#frames.write(frame, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  }
}

async function failing<T>(work: Promise<T>, late: AbortSignal): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw failure(error, late)
  }
}

/** Tells who is gone from who is there and does not speak, or does not answer. */
function failure(cause: unknown, late: AbortSignal): DocstoreError {
  if (cause instanceof Error && cause.name === 'UnsupportedProtocolError')
    return new DocstoreError('unsupported-protocol', 'The peer does not speak this protocol', { cause })
  if (late.aborted) return new DocstoreError('no-answer', 'The peer is connected, and does not answer', { cause })
  return new DocstoreError('connection-lost', `The connection to the peer was lost (${errorMessage(cause)})`, { cause })
}
