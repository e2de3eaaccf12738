import type { Port } from '../rpc/rpc.ts'
import { TabPort } from '../rpc/tab-port-web.ts'

/** What tabs say to all others: that they want a line of this name to the owner, and what the owner answers. */
export type HallMessage =
  | { readonly kind: 'knock'; readonly line: string }
  | { readonly kind: 'welcome' | 'starting'; readonly line: string }
  | { readonly kind: 'ready' }

/** Where the owner of the data receives other tabs. */
export class Reception {
  readonly #hall: BroadcastChannel
  readonly #closed = new AbortController()
  /** Lines that are open or being opened. */
  readonly #lines = new Set<string>()
  #serve: ((port: Port) => void) | undefined

  /** Until `open`, those who knock are told to wait. */
  constructor(name: string) {
    this.#hall = new BroadcastChannel(name)
    this.#hall.addEventListener('message', ({ data }: MessageEvent<HallMessage>) => {
      if (data.kind !== 'knock' || this.#lines.has(data.line)) return
      // Whoever gets no line knocks again.
      this.#welcome(data.line).catch(() => this.#lines.delete(data.line))
    })
  }

  /** Lets tabs in from now on. */
  open(serve: (port: Port) => void): void {
    this.#serve = serve
    this.#say({ kind: 'ready' })
  }

  /** Hangs up on all of them, and answers nobody any more. */
  close(): void {
    this.#closed.abort()
    this.#hall.close()
  }

  async #welcome(line: string): Promise<void> {
    if (this.#serve === undefined) return this.#say({ kind: 'starting', line })
    this.#lines.add(line)
    const port = await TabPort.open(line, 'owner', this.#closed.signal)
    port.onClose(() => this.#lines.delete(line))
    this.#serve(port)
    port.watch()
    this.#say({ kind: 'welcome', line })
  }

  #say(message: HallMessage): void {
    if (!this.#closed.signal.aborted) this.#hall.postMessage(message)
  }
}
