import type { OfferedWrites, Refused } from 'p2p-docstore'
import type { Log } from '../log.ts'
import { type LineAnswer, LineProgram } from './line-program.ts'

/**
 * A program that decides about what is written: it reads `{"id":1,"namespace","peer","address","writes":[…]}`, one question a line, and answers each with a line
 * `{"id":1,"refuse":[0,2]}` or `{"id":1,"refuse":"all"}`, in any order.
 */
export class PolicyProgram {
  readonly #program: LineProgram<number, Refused>
  #lastId = 0

  constructor(path: string, log: Log) {
    this.#program = new LineProgram(path, log, readAnswer)
  }

  /** What it refuses. Throws `policy-failed` where it does not run, or has too much to do. */
  async ask(offered: OfferedWrites, signal: AbortSignal): Promise<Refused> {
    const id = (this.#lastId = (this.#lastId % 2 ** 30) + 1)
    return this.#program.ask(id, { id, ...offered }, signal)
  }
}

function readAnswer(line: string): LineAnswer<number, Refused> | undefined {
  try {
    const { id, refuse } = JSON.parse(line) as Readonly<Record<string, unknown>>
    const isList = Array.isArray(refuse) && refuse.every((i) => Number.isSafeInteger(i))
    return typeof id === 'number' && (isList || refuse === 'all') ? { key: id, answer: refuse as Refused } : undefined
  } catch {
    return undefined
  }
}
