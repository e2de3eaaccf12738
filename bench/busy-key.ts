import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import type { Figures } from './local.ts'

/** Documents a second of the key that writes much, one by one, each of them signed; and how often it looks how many are due, milliseconds. */
const WRITES_PER_SECOND = 1000
const WRITES_EVERY_MS = 10
/** It does not make up for more than this of what it missed, milliseconds. */
const MAX_BEHIND_MS = 100
/** Turns of each kind, and how long one lasts, milliseconds: the key writes for a minute beside the pair. */
const TURNS = 12
const TURN_MS = 5000
/** How long nothing is measured when turns change, milliseconds. */
const CHANGE_MS = 500
/** Pause of the pair between two writes, milliseconds: less often than a relay holds answers back. */
const PAUSE_MS = 30

const PROGRAM = fileURLToPath(import.meta.url)
const KINDS = ['alone', 'beside', 'elsewhere'] as const
type Kind = (typeof KINDS)[number]

/** What a relay tells: its processor time, and how many documents of a namespace it has. */
interface Numbers {
  readonly cpuMs: number
  readonly stored: number
}

/**
 * What an honest pair notices of one key that writes 1,000 documents a second on its relay: the time from `put` at one client to the change at the other. By turns
 * alone, with the key at their relay, and with the same key at another relay of this machine: what moves then is the machine's part, and not the relay's.
 */
export async function measureBusyKey(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const children: ChildProcess[] = []
  const start = async <T>(...words: readonly string[]): Promise<{ readonly child: ChildProcess; readonly said: T }> => {
    const child = fork(PROGRAM, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    children.push(child)
    return { child, said: await next<T>(child) }
  }
  try {
    const [here, there] = await Promise.all(['here', 'there'].map((name) => start<{ join: string }>('relay', join(folder, name))))
    if (here === undefined || there === undefined) throw new Error('No relays')
    const keys = { beside: await start<{ ns: string }>('key', here.said.join), elsewhere: await start<{ ns: string }>('key', there.said.join) }
    const pair = await start('pair', here.said.join)
    const look = () => ask<Numbers>(here.child, { ns: keys.beside.said.ns })
    const times: Record<Kind, number[]> = { alone: [], beside: [], elsewhere: [] }
    let stored = 0
    const cpu: Record<Kind, number> = { alone: 0, beside: 0, elsewhere: 0 }
    for (let turn = 0; turn < TURNS; turn++)
      for (const kind of KINDS) {
        const key = kind === 'alone' ? undefined : keys[kind].child
        key?.send('write')
        await pause(CHANGE_MS)
        const before = await look()
        times[kind].push(...(await ask<readonly number[]>(pair.child, TURN_MS)))
        const after = await look()
        cpu[kind] += after.cpuMs - before.cpuMs
        if (kind === 'beside') stored += after.stored - before.stored
        if (key !== undefined) await ask(key, 'rest')
        await pause(CHANGE_MS)
      }
    const [alone, beside, elsewhere] = KINDS.map((kind) => at(times[kind], 0.95))
    if (alone === undefined || beside === undefined || elsewhere === undefined) throw new Error('No figures')
    return {
      'alone: p50 ms': at(times.alone, 0.5),
      'alone: p95 ms': alone,
      'beside the key: p50 ms': at(times.beside, 0.5),
      'beside the key: p95 ms': beside,
      'the key at another relay: p95 ms': elsewhere,
      'beside the key, beside p95 alone': beside / alone,
      'the key at another relay, beside p95 alone': elsewhere / alone,
      'beside the key, beside p95 with it at another relay': beside / elsewhere,
      'documents of the key that the relay stored, a second': (stored * 1000) / (TURNS * TURN_MS),
      'processor of the relay alone, %': (cpu.alone * 100) / (TURNS * TURN_MS),
      'processor of the relay beside the key, %': (cpu.beside * 100) / (TURNS * TURN_MS),
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The next message of a child; rejects when it ends before. */
async function next<T>(child: ChildProcess): Promise<T> {
  const settled = new AbortController()
  const { signal } = settled
  try {
    const [value] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`A process of the benchmark ended with ${code}`))),
    ])) as [T]
    return value
  } finally {
    settled.abort()
  }
}

async function ask<T>(child: ChildProcess, question: string | number | { readonly ns: string }): Promise<T> {
  const answer = next<T>(child)
  child.send(question)
  return answer
}

async function runRelay(folder: string): Promise<void> {
  goFirst()
  const { ready, store } = await startRelay({ data: folder, port: 0 })
  process.on('message', ({ ns }: { ns: string }) => {
    const { user, system } = process.cpuUsage()
    store.replica.lastSeq(ns).then((stored) => process.send?.({ cpuMs: (user + system) / 1000, stored } satisfies Numbers), fail)
  })
  process.send?.({ join: ready.join })
}

async function runKey(link: string): Promise<void> {
  const store = await createDocstore({ data: 'memory', join: link })
  const busy = await store.namespaces.create({ name: 'busy', write: 'owner' })
  await busy.delivered()
  let resting = new AbortController()
  let written = 0
  const write = async ({ signal }: AbortController): Promise<void> => {
    for (let due = 0, last = performance.now(); !signal.aborted; await pause(WRITES_EVERY_MS)) {
      const now = performance.now()
      due += (Math.min(now - last, MAX_BEHIND_MS) * WRITES_PER_SECOND) / 1000
      last = now
      for (; due >= 1; due--) await busy.put({ _id: `n${written++}`, text: 'x'.repeat(200) })
    }
    await busy.delivered()
    process.send?.({})
  }
  process.on('message', (word) => {
    resting.abort()
    if (word !== 'write') return
    resting = new AbortController()
    write(resting).catch(fail)
  })
  process.send?.({ ns: busy.id })
}

async function runPair(link: string): Promise<void> {
  goFirst()
  const [writer, reader] = await Promise.all([createDocstore({ data: 'memory', join: link }), createDocstore({ data: 'memory', join: link })])
  const theirs = await writer.namespaces.create({ name: 'honest', write: 'anyone' })
  await theirs.delivered()
  const ours = await reader.namespaces.open(theirs.id)
  await ours.sync()
  const began = new Map<string, number>()
  const arrivals = new Map<string, (ms: number) => void>()
  const reading = (async () => {
    for await (const { _id } of ours.changes({ since: 0 })) arrivals.get(_id)?.(performance.now() - (began.get(_id) ?? 0))
  })()
  reading.catch(fail)
  let n = 0
  const measure = async (forMs: number): Promise<readonly number[]> => {
    const times: Promise<number>[] = []
    for (const end = performance.now() + forMs; performance.now() < end; await pause(PAUSE_MS)) {
      const id = `n${n++}`
      times.push(new Promise((resolve) => arrivals.set(id, resolve)))
      began.set(id, performance.now())
      await theirs.put({ _id: id })
    }
    return Promise.all(times)
  }
  process.on('message', (forMs) => {
    measure(Number(forMs)).then((times) => process.send?.(times), fail)
  })
  process.send?.({})
}

/** Where it may, ahead of whatever else runs on this machine: what is measured is one relay, and not who else has a turn. */
function goFirst(): void {
  try {
    setPriority(-10)
  } catch {
    // Only root may.
  }
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

function at(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN
}

const [, program, role, first = ''] = process.argv
if (program === PROGRAM) {
  if (role === 'relay') await runRelay(first)
  else if (role === 'key') await runKey(first)
  else if (role === 'pair') await runPair(first)
}
