import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from './client.ts'

/** How long a relay may take to start, milliseconds, and the pause between two looks. */
const START_MS = 30_000
const LOOK_MS = 50

const BIN = fileURLToPath(new URL('../../packages/cli/bin/docstore.js', import.meta.url))

/** A relay that is measured: the command that runs it with data in a folder, on a port. */
export interface Contestant {
  readonly name: string
  command(port: number, data: string): { readonly program: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }
}

/** As operators run it, with limits for one client that brings everything. */
export const OURS: Contestant = {
  name: 'ours',
  command: (port, data) => ({
    program: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', BIN, 'relay', '--data', join(data, 'relay'), '--port', `${port}`, '--json'],
    env: {
      DOCSTORE_SERVICES: 'signaling,discovery,directory,storage,gateway,nostr',
      DOCSTORE_NOSTR_EVENTS_AT_ONCE: '10000000',
      DOCSTORE_NOSTR_REQUESTS_AT_ONCE: '1000000',
      DOCSTORE_NOSTR_CONNECTIONS: '5000',
    },
  }),
}

/** The library `@nostr-relay/core` with its SQLite storage, in the least program that serves it. */
export const NOSTR_RELAY: Contestant = {
  name: '@nostr-relay/core',
  command: (port, data) => ({
    program: process.execPath,
    args: [fileURLToPath(new URL('nostr-relay.js', import.meta.url)), `${port}`, join(data, 'events.db')],
  }),
}

/** A relay of another program: `NAME=COMMAND`, with `{port}` and `{data}` in the command. */
export function foreignRelay(text: string): Contestant {
  const [name, ...command] = text.split('=')
  const words = command.join('=').split(' ')
  if (name === undefined || words[0] === undefined || words[0] === '' || !words.some((word) => word.includes('{port}')))
    throw new TypeError('--relay takes NAME=COMMAND, with {port} and {data} in the command')
  return {
    name,
    command: (port, data) => {
      const [program = '', ...args] = words.map((word) => word.replaceAll('{port}', `${port}`).replaceAll('{data}', data))
      return { program, args }
    },
  }
}

/** A relay that runs. */
export class RunningRelay implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start({ name, command }: Contestant, data: string): Promise<RunningRelay> {
    const port = await freePort()
    const { program, args, env } = command(port, data)
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } })
    const url = `ws://127.0.0.1:${port}`
    const until = Date.now() + START_MS
    for (;;) {
      const client = await Client.open(url).catch(() => undefined)
      client?.close()
      if (client !== undefined) return new RunningRelay(child, url)
      if (child.exitCode !== null || Date.now() > until) throw new Error(`${name} does not start`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Memory that it has, MB; `NaN` where the system does not say. */
  residentMb(): number {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024
    } catch {
      return Number.NaN
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}
