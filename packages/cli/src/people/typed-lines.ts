import { createInterface, type Interface } from 'node:readline/promises'
import { DocstoreError } from '@p2p-docstore/core'
import type { Context } from '../context.ts'

/** Lines that somebody types, or that a program gives, one after the other. Questions go to standard error: standard output may be read by a program. */
export class TypedLines implements Disposable {
  readonly #context: Context
  readonly #lines: Interface
  readonly #iterator: AsyncIterator<string>

  constructor(context: Context) {
    this.#context = context
    this.#lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    this.#iterator = this.#lines[Symbol.asyncIterator]()
  }

  /** The next line. Throws `usage` where there is none, and the reason of the signal. */
  async ask(question: string): Promise<string> {
    const { output, signal } = this.#context
    output.note(question)
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      signal.throwIfAborted()
      const { done, value } = await Promise.race([this.#iterator.next(), aborted.promise])
      if (done === true) throw new DocstoreError('usage', `Standard input has ended, and there was no answer to: ${question}`)
      return value
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}
