import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Longest that Firefox may take to start, and to answer one command, milliseconds: a net under a machine that is very busy. */
const START_MS = 60_000
const ANSWER_MS = 45_000

/** Value of a preference of Firefox, as `about:config` has it. */
export type Preference = string | number | boolean

interface Answer {
  readonly type: 'success' | 'error' | 'event'
  readonly id?: number
  readonly result?: unknown
  readonly error?: string
  readonly message?: string
}

/**
 * A Firefox without a window, steered by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks itself: no driver
 * program is in between, and Node has the WebSocket.
 */
export class BidiSession {
  readonly #process: ChildProcess
  readonly #socket: WebSocket
  readonly #pending = new Map<number, { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }>()
  #lastId = 0

  private constructor(process: ChildProcess, socket: WebSocket) {
    this.#process = process
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#onAnswer(JSON.parse(String(data)) as Answer))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('Firefox ended'))
      this.#pending.clear()
    })
  }

  /** Starts a Firefox with this profile folder, which is made where it is not there. */
  static async start(executablePath: string, profile: string, preferences: Readonly<Record<string, Preference>>): Promise<BidiSession> {
    mkdirSync(profile, { recursive: true })
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    writeFileSync(join(profile, 'user.js'), lines.join(''))
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0']
    const child = spawn(executablePath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    try {
      const socket = new WebSocket(`${await addressOf(child)}/session`)
      await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve, { once: true })
        socket.addEventListener('error', () => reject(new Error('Firefox does not let the test in')), { once: true })
      })
      const session = new BidiSession(child, socket)
      // Relays of tests have certificates that they signed themselves.
      await session.send('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } })
      return session
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Sends a command; resolves with its result. Rejects with what Firefox says, or when it says nothing for longer than the command may wait by itself. */
  async send<Result = unknown>(method: string, params: object, waitsMs = 0): Promise<Result> {
    this.#lastId++
    const id = this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    const timer = setTimeout(() => reject(new Error(`Firefox does not answer to ${method}`)), waitsMs + ANSWER_MS)
    try {
      this.#socket.send(JSON.stringify({ id, method, params }))
      return (await promise) as Result
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** Ends the browser with all its tabs. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), ANSWER_MS)
    // Its answer may or may not come before its end.
    await this.send('browser.close', {}).catch(() => undefined)
    await ended
    clearTimeout(timer)
  }

  #onAnswer({ type, id, result, error, message }: Answer): void {
    const waiting = id === undefined ? undefined : this.#pending.get(id)
    if (type === 'success') waiting?.resolve(result)
    else if (type === 'error') waiting?.reject(new Error(`${error}: ${message}`))
  }
}

/** Where a Firefox that has just been started listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('Firefox has no error output')
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
  try {
    const lines = createInterface({ input: child.stderr })
    for await (const line of lines) {
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
      if (address === undefined) continue
      // What it says later is read, and dropped: a full pipe would stop it.
      child.stderr.resume()
      return address
    }
    throw new Error(`Firefox ended before it listened (exit code ${child.exitCode})`)
  } finally {
    clearTimeout(timer)
  }
}
