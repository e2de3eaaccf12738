import type { Writable } from 'node:stream'
import { printable } from './printable.ts'

/** Thrown when nobody reads standard output any more, as after `| head -1`: the command ends, and that is no failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Thrown by a command whose result, which it has printed, is that something is not as it should be: it ends with 1, and says nothing more. */
export class NegativeResult extends Error {
  override readonly name = 'NegativeResult'
}

/** Where a command writes: results to standard output, everything else for people to standard error. */
export class Output {
  readonly isJson: boolean
  readonly #out: Writable & { readonly isTTY?: boolean }
  readonly #err: Writable & { readonly isTTY?: boolean }

  constructor({ isJson, out = process.stdout, err = process.stderr }: { isJson: boolean; out?: Writable; err?: Writable }) {
    this.isJson = isJson
    this.#out = out
    this.#err = err
    // Reported to whoever writes; without a listener it would end the process.
    out.on('error', () => undefined)
    err.on('error', () => undefined)
  }

  /** Whether a person looks at standard output. */
  get isForPerson(): boolean {
    return !this.isJson && this.#out.isTTY === true
  }

  /** Whether a person looks at standard error. */
  get showsProgress(): boolean {
    return this.#err.isTTY === true
  }

  /** Prints the result of a command: one JSON value for programs, text for people. */
  async result(value: unknown, text: () => string): Promise<void> {
    await this.#write(this.isJson ? `${JSON.stringify(value)}\n` : `${printable(text())}\n`)
  }

  /** Prints documents, one per line, in both modes. */
  async lines(values: readonly unknown[]): Promise<void> {
    if (values.length > 0) await this.#write(`${values.map((value) => JSON.stringify(value)).join('\n')}\n`)
  }

  /** Prints a JSON value: on several lines where a person looks at it. */
  async json(value: unknown): Promise<void> {
    await this.#write(`${this.isForPerson ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`)
  }

  /** Writes bytes as they are. */
  async bytes(chunk: Uint8Array): Promise<void> {
    await this.#write(chunk)
  }

  /** Says something to the person; never part of the result. */
  note(text: string): void {
    this.#err.write(`${printable(text)}\n`)
  }

  #write(chunk: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#out.write(chunk, (error) => {
        if (error === null || error === undefined) resolve()
        else reject('code' in error && error.code === 'EPIPE' ? new OutputClosed('Nobody reads the output', { cause: error }) : error)
      })
    })
  }
}
