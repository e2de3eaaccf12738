import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Commands, Copied, CopyInit } from './commands.ts'
import type { Contestant } from './contestants.ts'
import { NoFigure } from './no-figure.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** How much of the end of its error output is kept to explain why a process ended, characters. */
const MAX_OUTPUT = 4000
/** How much later than the process itself we give up a copy, milliseconds. */
const GRACE_MS = 10_000

interface Answer {
  readonly call: number
  readonly result?: unknown
  readonly error?: { readonly short: string; readonly message: string }
}

/** A process of its own with one store of one contestant. It starts with the first call; disposing kills it. */
export class WorkerProcess implements AsyncDisposable {
  readonly #contestant: Contestant
  readonly #limitMs: number
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: NoFigure): void }>()
  #child: ChildProcess | undefined
  #calls = 0
  #output = ''
  #ended: NoFigure | undefined

  constructor(contestant: Contestant, limitMs: number) {
    this.#contestant = contestant
    this.#limitMs = limitMs
  }

  /** Calls a command. Rejects with `NoFigure` when it fails, takes longer than the limit, or its process ends. */
  async call<K extends keyof Commands>(
    name: K,
    parameters: Parameters<Commands[K]>,
    { limitMs = this.#limitMs }: { limitMs?: number } = {},
  ): Promise<Awaited<ReturnType<Commands[K]>>> {
    if (this.#ended !== undefined) throw this.#ended
    this.#child ??= this.#start()
    const call = this.#calls++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(call, { resolve, reject })
    const timer = setTimeout(() => this.#end(new NoFigure(`> ${limitMs / 1000} s`, `${name} did not end in time`)), limitMs)
    try {
      this.#child.send({ call, name, parameters })
      return (await promise) as Awaited<ReturnType<Commands[K]>>
    } finally {
      clearTimeout(timer)
      this.#pending.delete(call)
    }
  }

  /** Copies from a source. The process itself says what is still missing when time is over. */
  async copy(init: Omit<CopyInit, 'limitMs'>): Promise<Copied> {
    return this.call('copy', [{ ...init, limitMs: this.#limitMs }], { limitMs: this.#limitMs + GRACE_MS })
  }

  /** Closes the store as a program would, then ends the process. */
  async close(): Promise<void> {
    await this.call('close', [])
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }

  #start(): ChildProcess {
    const { id, nodeFlags = [] } = this.#contestant
    const child = fork(WORKER, [id], {
      // Flags may name packages, which are looked for from here.
      cwd: dirname(WORKER),
      execArgv: [...nodeFlags],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-MAX_OUTPUT)
    })
    child.on('message', (answer: Answer) => this.#settle(answer))
    child.once('close', (code, signal) => {
      this.#end(new NoFigure('crashed', `the process ended with ${signal ?? `code ${code}`}${lastWords(this.#output)}`))
    })
    return child
  }

  /** Whoever crashed or does not answer is not asked again. */
  #end(reason: NoFigure): void {
    this.#ended ??= reason
    for (const { reject } of this.#pending.values()) reject(reason)
  }

  #settle({ call, result, error }: Answer): void {
    const pending = this.#pending.get(call)
    if (error === undefined) pending?.resolve(result)
    else pending?.reject(new NoFigure(error.short, error.message))
  }
}

/** The line of a process's error output that says why it ended, if one does. */
function lastWords(output: string): string {
  const telling = output.split('\n').find((line) => /error|assert/i.test(line))
  return telling === undefined ? '' : `: ${telling.trim().slice(0, 200)}`
}
