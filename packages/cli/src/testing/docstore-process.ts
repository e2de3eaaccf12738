import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CommandHost, type Finished } from './command-host.ts'

/** It takes what `npm test` has built, as users do, and the sources where they were edited since: a command that is built starts in half the time. */
const BIN = fileURLToPath(new URL('../../bin/docstore.js', import.meta.url))

/** Less than a test has. */
const LINE_MS = 100_000

export type { Finished }

/** A running command. */
export class DocstoreProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly finished: Promise<Finished>
  readonly #lines: string[] = []
  readonly #waiting = new Set<() => void>()
  #stdout = ''
  #stderr = ''

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BIN, ...args])
    // Whoever feeds a command that has ended learns so from its result.
    this.child.stdin.on('error', () => undefined)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line)
        for (const look of this.#waiting) look()
      })
    }
    this.child.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.finished = once(this.child, 'close').then(([code]: (number | null)[]) => ({
      code: code ?? null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
  }

  /**
   * Resolves with the first line, of either output, that has this text in it. Rejects when the command ends without one, and before the test itself is
   * out of patience, with all that it has said.
   */
  async line(text: string): Promise<string> {
    let look = (): void => undefined
    const found = new Promise<string>((resolve) => {
      look = () => {
        const line = this.#lines.find((candidate) => candidate.includes(text))
        if (line !== undefined) resolve(line)
      }
    })
    this.#waiting.add(look)
    look()
    const ended = this.finished.then(({ stderr }): never => {
      throw new Error(`ended without ${JSON.stringify(text)}: ${stderr}`)
    })
    ended.catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const said = (): string => `${this.#stdout}${this.#stderr}`
      timer = setTimeout(() => reject(new Error(`nothing with ${JSON.stringify(text)} in ${LINE_MS} ms, but: ${said()}`)), LINE_MS)
    })
    return Promise.race([found, ended, late]).finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(look)
    })
  }

  /** Ends it with a signal and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.child.kill(signal)
    return this.finished
  }
}

/** What a relay says when it is ready. */
export interface Ready {
  readonly network: string
  readonly http: string
  readonly join: string
  readonly text: string
  readonly addresses: readonly string[]
}

/** The commands, processes and folders of one test file. */
export class Workbench {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'docstore-cli-'))
  readonly #running = new Set<DocstoreProcess>()
  readonly #host = new CommandHost()
  #folders = 0

  /** A path that nobody uses. */
  folder(): string {
    return join(this.#root, String(this.#folders++))
  }

  /** Starts a command that goes on until it is stopped. */
  start(...args: readonly string[]): DocstoreProcess {
    const running = new DocstoreProcess(args)
    this.#running.add(running)
    void running.finished.then(() => this.#running.delete(running))
    return running
  }

  /** Runs a command to its end; in a process of its own where one that was run before has not ended. */
  async run(args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> {
    return this.#host.isBusy ? this.runAlone(args, input) : this.#host.run(args, input)
  }

  /** Runs a command to its end in a process of its own. */
  async runAlone(args: readonly string[], input: string | Uint8Array = ''): Promise<Finished> {
    const running = this.start(...args)
    running.child.stdin.end(input)
    return running.finished
  }

  /** Runs a command with `--json` that has to succeed; resolves with what it prints. */
  async json<T = Record<string, unknown>>(args: readonly string[], input = ''): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], input)
    if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${code}: ${stdout}${stderr}`)
    return JSON.parse(stdout) as T
  }

  /** Runs a command with `--json` that has to fail; resolves with its exit code and its error. */
  async failure(args: readonly string[], input: string | Uint8Array = ''): Promise<{ exit: number | null; code: string; message: string }> {
    const { code: exit, stdout } = await this.run([...args, '--json'], input)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } }
    return { exit, ...error }
  }

  /** Starts a relay and waits until it is ready. */
  async relay(data: string, ...args: readonly string[]): Promise<{ relay: DocstoreProcess; ready: Ready }> {
    const relay = this.start('relay', '--data', data, '--json', ...(args.includes('--port') ? [] : ['--port', '0']), ...args)
    return { relay, ready: JSON.parse(await relay.line('"ready"')) as Ready }
  }

  /** Makes a namespace; resolves with its id. */
  async namespace(data: string, name: string, ...args: readonly string[]): Promise<string> {
    return (await this.json<{ id: string }>(['namespace', 'create', name, '--write', 'anyone', '--data', data, ...args])).id
  }

  /** Ends everything and removes the folders. */
  async close(): Promise<void> {
    await Promise.all([this.#host.close(), ...[...this.#running].map((running) => running.stop('SIGKILL'))])
    rmSync(this.#root, { recursive: true, force: true })
  }
}
