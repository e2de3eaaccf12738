import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('run-commands.js', import.meta.url))

/** What is to be run. */
export interface CommandLine {
  readonly args: readonly string[]
  readonly input: string | Uint8Array
  readonly env: NodeJS.ProcessEnv
}

/** What a command left behind. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * One process in which commands run one after another: the same program as a process for each of them, which would load and warm it up each time. What
 * has to do with processes (signals, several at once, what one leaves to be taken up by the next) needs processes: `DocstoreProcess`.
 */
export class CommandHost {
  #child: ChildProcess | undefined
  #running = 0

  /** Whether a command runs in it. */
  get isBusy(): boolean {
    return this.#running > 0
  }

  /** Runs a command to its end, when those before have ended. Its environment is that of this process. */
  async run(args: readonly string[], input: string | Uint8Array): Promise<Finished> {
    this.#child ??= fork(PROGRAM, { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'] })
    const child = this.#child
    this.#running++
    const given = new AbortController()
    try {
      const answer = once(child, 'message', given) as Promise<[Finished]>
      const ended = once(child, 'exit', given).then(([code, signal]): never => {
        throw new Error(`the process of commands ended with ${code ?? signal} in: docstore ${args.join(' ')}`)
      })
      child.send({ args, input, env: process.env } satisfies CommandLine)
      const [finished] = await Promise.race([answer, ended])
      return finished
    } finally {
      this.#running--
      given.abort()
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}
