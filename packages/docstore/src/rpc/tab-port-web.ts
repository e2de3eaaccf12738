import { takeLock, whenFree } from './locks-web.ts'
import type { Port } from './rpc.ts'

/** How often each end looks whether the other one still answers, milliseconds. */
const BEAT_MS = 2000
/** Looks without an answer after which the other end counts as gone. More than one: a tab that was busy itself sees the answer after its timer. */
const MAX_SILENT_BEATS = 3

/** Which end of a line this is. */
type End = 'caller' | 'owner'

/**
 * One end of a line between two tabs of an origin: a BroadcastChannel of their own. Each end holds a Web Lock for as long as it is
 * there, which the other one waits for: that is how it learns of a tab that was closed, was killed, or hung up. A tab that still is
 * there but is asleep no longer answers, and counts as gone too.
 */
export class TabPort implements Port {
  readonly #line: string
  readonly #otherEnd: End
  readonly #channel: BroadcastChannel
  readonly #unlock: () => void
  readonly #closed = new AbortController()
  readonly #messageListeners: ((message: unknown) => void)[] = []
  readonly #closeListeners: (() => void)[] = []
  #silentBeats = 0

  private constructor(line: string, otherEnd: End, unlock: () => void) {
    this.#line = line
    this.#otherEnd = otherEnd
    this.#unlock = unlock
    this.#channel = new BroadcastChannel(line)
    this.#channel.addEventListener('message', ({ data }: MessageEvent) => this.#receive(data))
  }

  /**
   * This end of the line with this name, closed when the signal aborts. It takes messages at once, and notices that the other end is gone
   * after `watch`.
   */
  static async open(line: string, end: End, signal: AbortSignal): Promise<TabPort> {
    const port = new TabPort(line, end === 'caller' ? 'owner' : 'caller', await takeLock(`${line}/${end}`))
    if (signal.aborted) port.close()
    signal.addEventListener('abort', () => port.close(), { signal: port.#closed.signal })
    return port
  }

  /** To be called when the other end is there: closes the line when it goes. */
  watch(): void {
    const { signal } = this.#closed
    if (signal.aborted) return
    whenFree(`${this.#line}/${this.#otherEnd}`, signal, () => this.close())
    const timer = setInterval(() => this.#beat(), BEAT_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  post(message: unknown): void {
    if (!this.#closed.signal.aborted) this.#channel.postMessage(message)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#messageListeners.push(listener)
  }

  onClose(listener: () => void): void {
    if (this.#closed.signal.aborted) listener()
    else this.#closeListeners.push(listener)
  }

  close(): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    this.#channel.close()
    this.#unlock()
    for (const listener of this.#closeListeners) listener()
  }

  #beat(): void {
    if (this.#silentBeats === MAX_SILENT_BEATS) return this.close()
    this.#silentBeats++
    this.post('are you there?')
  }

  #receive(message: unknown): void {
    this.#silentBeats = 0
    if (message === 'are you there?') this.post('yes')
    else if (message !== 'yes') for (const listener of this.#messageListeners) listener(message)
  }
}
