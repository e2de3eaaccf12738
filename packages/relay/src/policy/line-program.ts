import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { DocstoreError } from '@p2p-docstore/core'
import type { Log } from '../log.ts'

/** Questions that may wait for their answers, and the longest line that is read, characters. */
const MAX_WAITING = 256
const MAX_LINE = 64 * 1024
/** How soon a program that ended is started again, milliseconds. */
const RESTART_MS = 1000

/** What is understood of a line: which question it answers, and how. */
export interface LineAnswer<Key, Answer> {
  readonly key: Key
  readonly answer: Answer
}

/**
 * A program of an operator that is asked by lines of JSON and answers by lines, in any order. It runs until the relay ends, which closes its standard input; one that ends before is started
 * again with the next question.
 */
export class LineProgram<Key, Answer> {
  readonly #path: string
  readonly #log: Log
  readonly #read: (line: string) => LineAnswer<Key, Answer> | undefined
  readonly #waiting = new Map<Key, PromiseWithResolvers<Answer>>()
  #program: ChildProcessByStdio<Writable, Readable, null> | undefined
  #startedAt = Number.NEGATIVE_INFINITY

  constructor(path: string, log: Log, read: (line: string) => LineAnswer<Key, Answer> | undefined) {
    this.#path = path
    this.#log = log
    this.#read = read
  }

  /** What it answers to a question. Throws `policy-failed` where it does not run, takes too long, or has too much to do. */
  async ask(key: Key, question: object, signal: AbortSignal): Promise<Answer> {
    if (this.#waiting.size >= MAX_WAITING) throw failed('has too many questions to answer')
    if (this.#waiting.has(key)) throw failed('was asked the same already')
    const program = (this.#program ??= this.#start())
    const answer = Promise.withResolvers<Answer>()
    const forget = (): void => {
      if (this.#waiting.delete(key)) answer.reject(failed('took too long'))
    }
    this.#waiting.set(key, answer)
    signal.addEventListener('abort', forget, { once: true })
    try {
      program.stdin.write(`${JSON.stringify(question)}\n`)
      return await answer.promise
    } finally {
      this.#waiting.delete(key)
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
    const heard = line.length > MAX_LINE ? undefined : this.#read(line)
    if (heard === undefined) {
      this.#log.warn({ policy: this.#path, line: line.slice(0, 200) }, 'policy-not-understood')
      return
    }
    this.#waiting.get(heard.key)?.resolve(heard.answer)
  }
}

function failed(what: string): DocstoreError {
  return new DocstoreError('policy-failed', `The policy program ${what}`)
}
