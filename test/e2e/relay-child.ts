import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RelayReady } from '@p2p-docstore/relay'

const PROGRAM = fileURLToPath(new URL('relay-process.ts', import.meta.url))

/** A relay in a process of its own. */
export interface RelayChild {
  readonly ready: RelayReady
  readonly port: number
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

/** Starts a relay on a data folder; resolves when it is ready. `prefix` is what its command begins with, to run it elsewhere. */
export async function startRelayChild(data: string, port = 0, prefix: readonly string[] = []): Promise<RelayChild> {
  const [command, ...args] = [...prefix, process.execPath, '--conditions=@p2p-docstore/source', PROGRAM, data, String(port)]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await firstLine(child)
  return {
    ready,
    port: Number(new URL(ready.http).port),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function firstLine(child: ChildProcess): Promise<RelayReady> {
  if (child.stdout === null) throw new Error('The relay has no standard output')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as RelayReady
  throw new Error(`The relay ended before it was ready (exit code ${child.exitCode})`)
}
