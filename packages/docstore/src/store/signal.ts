/** Something may have happened: raised by events, waited for by one loop. Raising it twice before the loop looks counts once. */
export class Signal {
  readonly #abort: AbortSignal | undefined
  readonly #onAbort = (): void => this.raise()
  #isRaised = false
  #wake: (() => void) | undefined

  constructor(abort: AbortSignal | undefined) {
    this.#abort = abort
    abort?.addEventListener('abort', this.#onAbort)
  }

  get isAborted(): boolean {
    return this.#abort?.aborted === true
  }

  /** Lets go of the abort signal, which may live longer. */
  end(): void {
    this.#abort?.removeEventListener('abort', this.#onAbort)
  }

  raise(): void {
    this.#isRaised = true
    this.#wake?.()
  }

  /** Resolves at once if it was raised since the last wait, else when it is. */
  async wait(): Promise<void> {
    if (!this.#isRaised && !this.isAborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#wake = undefined
    this.#isRaised = false
  }
}

/** Aborts when either does. */
export function either(closing: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? closing : AbortSignal.any([closing, signal])
}

/** What the work resolves with, or `undefined` as soon as the signal aborts; what becomes of the work then is nobody's business any more. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>()
  const abort = (): void => aborted.resolve(undefined)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
