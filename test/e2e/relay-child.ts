import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RelayOptions, RelayReady } from '@p2p-docstore/relay'
import type { SectorsReport } from 'p2p-docstore'

const PROGRAM = fileURLToPath(new URL('relay-process.ts', import.meta.url))
const { sourcesAreNewer } = (await import(new URL('../../packages/cli/bin/sources.js', import.meta.url).href)) as { sourcesAreNewer: () => boolean }
/** What is built starts in half the time. */
const CONDITIONS: readonly string[] = sourcesAreNewer() ? ['--conditions=@p2p-docstore/source'] : []

/** A relay in a process of its own. */
export interface RelayChild {
  readonly ready: RelayReady
  readonly port: number
  /** Peer ids of the relays that its directory lists. */
  listed(): Promise<readonly string[]>
  /** How its sectors stand, and the namespaces that it has. */
  sectors(): Promise<ChildSectors>
  /** Lets others take over what it owns. */
  drain(): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

/** What a relay keeps. */
export interface ChildSectors {
  readonly report: SectorsReport
  readonly namespaces: readonly string[]
  /** How many records each of these has. */
  readonly records: Readonly<Record<string, number>>
  /** How many records each of these has that is split, by the first two bits of their slots. */
  readonly quarters: Readonly<Record<string, readonly number[]>>
  /** Bytes that came over all its sockets. */
  readonly received: number
}

/** How a relay in a process of its own begins. */
export interface RelayChildOptions extends Pick<RelayOptions, 'host' | 'tls' | 'publicUrl' | 'services'> {
  readonly port?: number
  /** What its command begins with, to run it elsewhere. */
  readonly prefix?: readonly string[]
  /** Join link of a network to take part in. */
  readonly join?: string
  readonly storage?: RelayOptions['storage']
  readonly placementTimes?: NonNullable<RelayOptions['placementTimes']>
}

/** Starts a relay on a data folder; resolves when it is ready. */
export async function startRelayChild(data: string, { prefix = [], port = 0, ...options }: RelayChildOptions = {}): Promise<RelayChild> {
  const relayOptions = JSON.stringify({ data, port, ...options })
  const [command, ...args] = [...prefix, process.execPath, ...CONDITIONS, PROGRAM, relayOptions]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const ready = await firstLine(child)
  return {
    ready,
    port: Number(new URL(ready.http).port),
    listed: () => ask(child, 'listed') as Promise<readonly string[]>,
    sectors: () => ask(child, 'sectors') as Promise<ChildSectors>,
    drain: async () => {
      await ask(child, 'drain')
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** One question at a time. */
async function ask(child: ChildProcess, what: string): Promise<unknown> {
  child.send(what)
  const [answer] = (await once(child, 'message')) as [unknown]
  return answer
}

async function firstLine(child: ChildProcess): Promise<RelayReady> {
  if (child.stdout === null) throw new Error('The relay has no standard output')
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as RelayReady
  throw new Error(`The relay ended before it was ready (exit code ${child.exitCode})`)
}
