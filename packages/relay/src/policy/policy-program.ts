import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { DocstoreError } from '@p2p-docstore/core'
import type { OfferedWrites, Refused } from 'p2p-docstore'
import type { Log } from '../log.ts'

/** Questions that may wait for their answers, and the longest line that is read, characters. */
const MAX_WAITING = 256
const MAX_LINE = 64 * 1024
/** How soon a program that ended is started again, milliseconds. */
const RESTART_MS = 1000

/**
 * A program that decides about what is written: it reads `{"id":1,"namespace","peer","address","writes":[…]}`, one question a line, and answers each with a line
 * `{"id":1,"refuse":[0,2]}` or `{"id":1,"refuse":"all"}`, in any order. It runs until the relay ends, which closes its standard input; one that ends before is started
 * again with the next question.
 */
export class PolicyProgram {
  readonly #path: string
  readonly #log: Log
  readonly #waiting = new Map<number, PromiseWithResolvers<Refused>>()
  #program: ChildProcessByStdio<Writable, Readable, null> | undefined
  #startedAt = Number.NEGATIVE_INFINITY
  #lastId = 0

  constructor(path: string, log: Log) {
    this.#path = path
    this.#log = log
  }

  /** What it refuses. Throws `policy-failed` where it does not run, or has too much to do. */
  async ask(offered: OfferedWrites, signal: AbortSignal): Promise<Refused> {
    if (this.#waiting.size >= MAX_WAITING) throw failed('has too many questions to answer')
    const program = (this.#program ??= this.#start())
    const id = (this.#lastId = (this.#lastId % 2 ** 30) + 1)
    const answer = Promise.withResolvers<Refused>()
    const forget = (): void => {
      if (this.#waiting.delete(id)) answer.reject(failed('took too long'))
    }
    this.#waiting.set(id, answer)
    signal.addEventListener('abort', forget, { once: true })
    try {
      program.stdin.write(`${JSON.stringify({ id, ...offered })}\n`)
      return await answer.promise
    } finally {
      this.#waiting.delete(id)
      signal.removeEventListener('abort', forget)
    }
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    if (performance.now() - this.#startedAt < RESTART_MS) throw failed('has just ended')
    this.#startedAt = performance.now()
    const program = spawn(this.#path, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    const end = (reason: string): void => {
      if (this.#program !== program) return
      this.#program = undefined
      this.#log.error({ policy: this.#path, reason }, 'policy-ended')
      for (const { reject } of this.#waiting.values()) reject(failed(reason))
      this.#waiting.clear()
    }
    program.on('error', (error) => end(error.message))
    program.on('exit', (code, signal) => end(`ended with ${code ?? signal ?? 'nothing'}`))
    // It may end while it is asked.
    program.stdin.on('error', () => undefined)
    createInterface({ input: program.stdout }).on('line', (line) => this.#hear(line))
    // A relay that ends waits for nobody.
    program.unref()
    return program
  }

  #hear(line: string): void {
    const answer = line.length > MAX_LINE ? undefined : readAnswer(line)
    if (answer === undefined) {
      this.#log.warn({ policy: this.#path, line: line.slice(0, 200) }, 'policy-not-understood')
      return
    }
    this.#waiting.get(answer.id)?.resolve(answer.refuse)
  }
}

function readAnswer(line: string): { readonly id: number; readonly refuse: Refused } | undefined {
  try {
    const { id, refuse } = JSON.parse(line) as Readonly<Record<string, unknown>>
    const isList = Array.isArray(refuse) && refuse.every((i) => Number.isSafeInteger(i))
    return typeof id === 'number' && (isList || refuse === 'all') ? { id, refuse: refuse as Refused } : undefined
  } catch {
    return undefined
  }
}

function failed(what: string): DocstoreError {
  return new DocstoreError('policy-failed', `The policy program ${what}`)
}
