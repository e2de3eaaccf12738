import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { readyOf, startRelayCommand } from '../test/soak/relay-command.ts'
import { assertBuilt } from './assert-built.ts'
import { benchDocument } from './documents.ts'
import type { Figures } from './local.ts'

const NAMESPACES = 10_000
const DOCUMENTS_EACH = 100
const CLIENTS = 1000
/** Namespaces that each client keeps equal with the relay: with all clients, every namespace is kept by one. */
const NAMESPACES_EACH = NAMESPACES / CLIENTS
/** Processes that the clients live in. */
const PROCESSES = 4
/** Starts of which the median counts. */
const STARTS = 5
/** How long the crowd is watched once it is complete, milliseconds: longer than what is silent is tried, and than roots are compared again. */
const STAY_MS = 60_000
const LOOK_MS = 1000

const CROWD = fileURLToPath(new URL('./crowd-clients.ts', import.meta.url))

/** What a relay says of itself. */
interface Numbers {
  readonly peers: number
  readonly residentMb: number
  readonly cpuS: number
}

/** What 10,000 namespaces with a million documents, and 1,000 clients that each keep ten of them, cost a relay: time to start, memory, processor. */
export async function measureCrowd(): Promise<Figures> {
  assertBuilt()
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const children: ChildProcess[] = []
  try {
    const data = join(folder, 'relay')
    const namespaces = await fill(data)
    const starts = []
    for (let n = 0; n < STARTS; n++) starts.push(await timeStart(data))
    const relay = startRelayCommand(data)
    children.push(relay)
    const ready = await readyOf(relay)
    const empty = await numbers(ready.http)
    for (let n = 0; n < PROCESSES; n++)
      children.push(startClients(ready.join, namespaces.slice((n * NAMESPACES) / PROCESSES, ((n + 1) * NAMESPACES) / PROCESSES)))
    const watching = watch(ready.http)
    const began = performance.now()
    await Promise.all(children.slice(1).map(async (child) => once(child, 'message')))
    const joinMs = performance.now() - began
    const joined = await numbers(ready.http)
    await new Promise((done) => setTimeout(done, STAY_MS))
    const stayed = await numbers(ready.http)
    return {
      'start with a million documents, ms': median(starts.map(({ ms }) => ms)),
      'start with a million documents, processor time, ms': median(starts.map(({ cpuMs }) => cpuMs)),
      'resident without clients, MB': empty.residentMb,
      'clients join, s': joinMs / 1000,
      'each of them, processor time of the relay, ms': ((joined.cpuS - empty.cpuS) * 1000) / CLIENTS,
      'clients that stayed': stayed.peers,
      'resident at the end, MB': stayed.residentMb,
      'resident at most, MB': await watching.end(),
      'the crowd at rest, part of a core, %': ((stayed.cpuS - joined.cpuS) * 100_000) / STAY_MS,
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Fills a new relay; resolves with the ids of its namespaces. */
async function fill(data: string): Promise<readonly string[]> {
  const relay = await startRelay({ data, port: 0 })
  try {
    const ids: string[] = []
    for (let n = 0; n < NAMESPACES; n++) {
      const namespace = await relay.store.namespaces.create({ name: `crowd ${n}`, write: 'anyone' })
      await namespace.putMany(Array.from({ length: DOCUMENTS_EACH }, (_, i) => benchDocument(n * DOCUMENTS_EACH + i)))
      ids.push(namespace.id)
    }
    return ids
  } finally {
    await relay.close()
  }
}

/** How long the command takes until it is ready for others. */
async function timeStart(data: string): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const began = performance.now()
  const relay = startRelayCommand(data)
  const { http } = await readyOf(relay)
  const ms = performance.now() - began
  const { cpuS } = await numbers(http)
  const ended = once(relay, 'exit')
  relay.kill('SIGTERM')
  await ended
  return { ms, cpuMs: cpuS * 1000 }
}

function startClients(link: string, namespaces: readonly string[]): ChildProcess {
  const child = fork(CROWD, [], { execArgv: ['--conditions=@p2p-docstore/source', '--disable-warning=ExperimentalWarning'] })
  child.send({ link, namespaces, each: NAMESPACES_EACH })
  return child
}

/** Looks how much memory a relay takes, until it is told to end; tells the most. */
function watch(http: string): { end(): Promise<number> } {
  const over = new AbortController()
  let most = 0
  const watching = (async () => {
    while (!over.signal.aborted) {
      // Where the machine is busy, an answer may be lost; there is a next one.
      const seen = await numbers(http).catch(() => undefined)
      most = Math.max(most, seen?.residentMb ?? 0)
      await new Promise((done) => setTimeout(done, LOOK_MS))
    }
  })()
  return {
    end: async () => {
      over.abort()
      await watching
      return most
    },
  }
}

async function numbers(http: string): Promise<Numbers> {
  const text = await (await fetch(`${http}/metrics`)).text()
  const read = (name: string): number => Number(new RegExp(`^docstore_${name} (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  return { peers: read('peers'), residentMb: read('resident_memory_bytes') / 1024 ** 2, cpuS: read('cpu_seconds_total') }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
