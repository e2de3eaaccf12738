/**
 * Whether the page runs. Browsers put pages to sleep: those that one can go back to, and hidden ones that were not used for long. While
 * they sleep they answer nobody, so they have to let go of what others wait for.
 */
export class PageLife {
  readonly #closed = new AbortController()
  #asleep = new AbortController()
  #woken: PromiseWithResolvers<void> | undefined

  constructor() {
    const { signal } = this.#closed
    addEventListener('pagehide', () => this.#sleep(), { signal })
    addEventListener('pageshow', () => this.#wake(), { signal })
    document.addEventListener('freeze', () => this.#sleep(), { signal })
    document.addEventListener('resume', () => this.#wake(), { signal })
    signal.addEventListener('abort', () => this.#woken?.resolve())
  }

  /** Resolves when the page is awake, with a signal that aborts when it falls asleep. */
  async awake(): Promise<AbortSignal> {
    await this.#woken?.promise
    return this.#asleep.signal
  }

  /** Stops looking; nobody waits any more. */
  close(): void {
    this.#closed.abort()
  }

  #sleep(): void {
    this.#woken ??= Promise.withResolvers()
    this.#asleep.abort()
  }

  #wake(): void {
    if (this.#woken === undefined) return
    this.#asleep = new AbortController()
    this.#woken.resolve()
    this.#woken = undefined
  }
}
