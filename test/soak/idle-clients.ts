import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createDocstore } from 'p2p-docstore'
import { readyOf, startRelayCommand } from './relay-command.ts'

// What clients cost a relay that do nothing: memory and processor while they are there, and what is left when they have gone, over several
// rounds. `npm run soak:idle`, or `-- --clients 1000 --rounds 1` for one crowd, with `--writes 10` while somebody writes ten documents a second that all
// of them get; `--json` prints the figures alone.

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
    idle: { type: 'string', default: '40' },
    settle: { type: 'string', default: '20' },
    processes: { type: 'string', default: '4' },
    writes: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const [clients, rounds, idleS, settleS] = [Number(values.clients), Number(values.rounds), Number(values.idle), Number(values.settle)]
const [processes, writes] = [Number(values.processes), Number(values.writes)]
const CLIENTS = fileURLToPath(new URL('idle-clients-process.ts', import.meta.url))

/** What a relay says of itself. */
interface Numbers {
  readonly peers: number
  readonly residentMb: number
  readonly cpuS: number
}

async function numbers(origin: string): Promise<Numbers> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const read = (name: string): number => Number(new RegExp(`^docstore_${name} (.*)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  return { peers: read('peers'), residentMb: read('resident_memory_bytes') / 1024 ** 2, cpuS: read('cpu_seconds_total') }
}

/** A namespace with a document, which the relay has. */
async function makeNamespace(link: string): Promise<string> {
  const store = await createDocstore({ data: 'memory', join: link })
  try {
    const namespace = await store.namespaces.create({ name: 'idle', write: 'anyone' })
    await namespace.put({ _id: 'first' })
    await namespace.delivered()
    return namespace.id
  } finally {
    await store.close()
  }
}

/** Writes so many documents a second until it is told to stop; resolves with how many that were. */
async function keepWriting(link: string, ns: string, perSecond: number, stopped: AbortSignal): Promise<number> {
  const store = await createDocstore({ data: 'memory', join: link })
  try {
    const namespace = await store.namespaces.open(ns)
    await namespace.sync()
    let written = 0
    for (const began = performance.now(); !stopped.aborted; written++) {
      await namespace.put({ _id: `written ${written % 100}`, n: written })
      await sleep(Math.max(0, began + ((written + 1) * 1000) / perSecond - performance.now()))
    }
    await namespace.delivered()
    return written
  } finally {
    await store.close()
  }
}

/** Tells the processes how many clients there are to be in all, and waits until it is so. */
async function setClients(children: readonly ChildProcess[], count: number): Promise<void> {
  await Promise.all(
    children.map(async (child, index) => {
      child.send(Math.floor(count / children.length) + (index < count % children.length ? 1 : 0))
      const [answer] = (await once(child, 'message')) as [{ error?: string }]
      if (answer.error !== undefined) throw new Error(answer.error)
    }),
  )
}

const say = (text: string): void => {
  if (!values.json) console.log(text)
}
const folder = mkdtempSync(join(tmpdir(), 'docstore-idle-'))
const relay = startRelayCommand(join(folder, 'relay'))
const children: ChildProcess[] = []
try {
  const ready = await readyOf(relay)
  await sleep(2000)
  const empty = await numbers(ready.http)
  say(`empty: ${empty.residentMb.toFixed(0)} MB`)
  const ns = await makeNamespace(ready.join)
  for (let n = 0; n < processes; n++)
    children.push(fork(CLIENTS, [ready.join, ns], { execArgv: ['--conditions=@p2p-docstore/source', '--disable-warning=ExperimentalWarning'] }))
  const stopWriting = new AbortController()
  const writing = writes > 0 ? keepWriting(ready.join, ns, writes, stopWriting.signal) : Promise.resolve(0)
  // Told where it is waited for.
  writing.catch(() => undefined)
  const results = []
  for (let round = 1; round <= rounds; round++) {
    const began = performance.now()
    const before = await numbers(ready.http)
    await setClients(children, clients)
    const joined = await numbers(ready.http)
    const joinS = (performance.now() - began) / 1000
    await sleep(settleS * 1000)
    const [from, fromMs] = [await numbers(ready.http), performance.now()]
    await sleep(idleS * 1000)
    const to = await numbers(ready.http)
    const cpuPercent = (100 * (to.cpuS - from.cpuS)) / ((performance.now() - fromMs) / 1000)
    await setClients(children, 0)
    await sleep(settleS * 1000)
    const after = await numbers(ready.http)
    const result = {
      round,
      joinS,
      joinCpuMs: (1000 * (joined.cpuS - before.cpuS)) / clients,
      stayed: to.peers,
      residentMb: to.residentMb,
      mbPerClient: (to.residentMb - empty.residentMb) / clients,
      cpuPercent,
      cpuPercentPer400: (cpuPercent * 400) / clients,
      leftMb: after.residentMb,
    }
    results.push(result)
    say(
      `round ${round}: ${clients} joined in ${joinS.toFixed(0)} s (${result.joinCpuMs.toFixed(0)} ms of the relay each), ${to.peers} stayed, ` +
        `${to.residentMb.toFixed(0)} MB (${result.mbPerClient.toFixed(2)} each), ${cpuPercent.toFixed(1)} % of a core; ${after.residentMb.toFixed(0)} MB after they left`,
    )
  }
  stopWriting.abort()
  const written = await writing
  if (writes > 0) say(`${written} documents were written meanwhile, and the relay has the last one`)
  if (values.json) console.log(JSON.stringify({ clients, written, emptyMb: empty.residentMb, rounds: results }))
} finally {
  for (const child of children) child.kill('SIGKILL')
  relay.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
