import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { MAX_FRAME_BYTES } from '@p2p-docstore/core'
import { Unmet } from './verdicts.ts'

/** How long an answer may take, milliseconds. */
export const ANSWER_MS = 10_000

/** A stream whose every byte is ours to choose. */
export class Conversation {
  readonly #stream: Stream
  readonly #frames: ReturnType<typeof lpStream>

  constructor(stream: Stream) {
    this.#stream = stream
    this.#frames = lpStream(stream, { maxDataLength: MAX_FRAME_BYTES, maxBufferSize: 2 * MAX_FRAME_BYTES })
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array): void {
    this.#stream.send(bytes)
  }

  /** Sends a frame: its length, then the bytes. */
  async write(frame: Uint8Array): Promise<void> {
    await this.#frames.write(frame, { signal: AbortSignal.timeout(ANSWER_MS) })
  }

  /** The next frame of the other side. */
  async read(ms: number = ANSWER_MS): Promise<Uint8Array> {
    const late = AbortSignal.timeout(ms)
    try {
      return (await this.#frames.read({ signal: late })).subarray()
    } catch (cause) {
      throw new Unmet(late.aborted ? `no answer within ${ms / 1000} s` : `no answer: the stream was ${this.#end() === 'reset' ? 'reset' : 'ended'}`, {
        cause,
      })
    }
  }

  /** The answer to a frame. */
  async ask(frame: Uint8Array): Promise<Uint8Array> {
    await this.write(frame)
    return this.read()
  }

  /** Ends our side, and nothing more. */
  async end(): Promise<void> {
    await this.#stream.close({ signal: AbortSignal.timeout(ANSWER_MS) })
  }

  /** Takes everything back. */
  reset(): void {
    this.#stream.abort(new Error('not needed any more'))
  }

  /** How the other side ends the stream, or that it does not in this time. */
  async ending(ms: number = ANSWER_MS): Promise<'ended' | 'reset' | 'open'> {
    const stream = this.#stream
    if (this.#end() === 'open')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, ms)
        function done(): void {
          clearTimeout(timer)
          stream.removeEventListener('remoteCloseWrite', done)
          stream.removeEventListener('close', done)
          resolve()
        }
        stream.addEventListener('remoteCloseWrite', done)
        stream.addEventListener('close', done)
      })
    return this.#end()
  }

  #end(): 'ended' | 'reset' | 'open' {
    const { status, remoteWriteStatus } = this.#stream
    if (status === 'reset' || status === 'aborted') return 'reset'
    return remoteWriteStatus === 'closed' ? 'ended' : 'open'
  }
}
