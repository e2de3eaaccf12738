import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RelayReady } from '@p2p-docstore/relay'

/** Longest that a program may take until it says something, milliseconds. */
const START_MS = 60_000

const BIN = fileURLToPath(new URL('../../packages/cli/bin/docstore.js', import.meta.url))

/** Runs a Node program; what it says is thrown away unless somebody reads it. */
export function runNode(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr?.resume()
  return child
}

/** Starts `docstore relay`, as operators run it. */
export function startRelayCommand(data: string): ChildProcess {
  return runNode([BIN, 'relay', '--data', data, '--port', '0', '--json'])
}

/** What a relay says when it is ready. Throws where it ends before. */
export async function readyOf(relay: ChildProcess): Promise<Omit<RelayReady, 'network'>> {
  return JSON.parse(await firstLine(relay)) as RelayReady
}

/** What a program says first. Throws where it ends before, or takes too long. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The program has no standard output')
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
  try {
    for await (const line of createInterface({ input: child.stdout })) return line
  } finally {
    clearTimeout(timer)
    child.stdout.resume()
  }
  throw new Error(`A program ended before it said anything (exit code ${child.exitCode})`)
}
