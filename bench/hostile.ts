import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import { attack, ATTACKS } from './attacks.ts'
import type { Figures } from './local.ts'

/** Documents that each round writes while it measures, and how far apart they are, milliseconds. */
const WRITES = 300
const INTERVAL_MS = 15
/** Documents in the namespace that is attacked. */
const DOCUMENTS = 20_000

const PROGRAM = fileURLToPath(import.meta.url)

/**
 * What an honest pair notices of an attack on its relay: the time from `put` at one client to the change at the other, alone and with an
 * attacker beside it. Relay, attacker and the pair are processes of their own.
 */
export async function measureHostile(attacks: readonly string[] = ATTACKS): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const relay = fork(PROGRAM, ['relay', folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    const { join: link, ns } = await message<{ join: string; ns: string }>(relay)
    const figures: Record<string, number> = {}
    const quiet: number[] = []
    for (const name of attacks) {
      const alone = await measurePair(link)
      quiet.push(alone)
      const attacker = fork(PROGRAM, ['attacker', name, link, ns], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      await message(attacker)
      const attacked = await measurePair(link)
      attacker.kill('SIGKILL')
      figures[`${name}: p95 ms`] = attacked
      figures[`${name}: beside p95 alone`] = attacked / alone
    }
    return { 'alone: p95 ms': quiet.toSorted((a, b) => a - b)[quiet.length >> 1] ?? 0, ...figures }
  } finally {
    relay.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The next message of a child; rejects when it ends before. */
async function message<T>(child: ReturnType<typeof fork>): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as T))
    child.once('exit', (code) => reject(new Error(`A process of the benchmark ended with ${code}`)))
  })
}

async function measurePair(link: string): Promise<number> {
  const child = fork(PROGRAM, ['pair', link], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return (await message<{ p95: number }>(child)).p95
}

async function runRelay(folder: string): Promise<void> {
  const { store, ready } = await startRelay({ data: folder, port: 0 })
  const namespace = await store.namespaces.create({ name: 'attacked', write: 'anyone' })
  await namespace.putMany(Array.from({ length: DOCUMENTS }, (_, i) => ({ _id: `d${i}`, text: 'x'.repeat(200) })))
  process.send?.({ join: ready.join, ns: namespace.id })
}

async function runPair(link: string): Promise<void> {
  const [writer, reader] = await Promise.all([createDocstore({ data: 'memory', join: link }), createDocstore({ data: 'memory', join: link })])
  const theirs = await writer.namespaces.create({ name: 'honest', write: 'anyone' })
  await theirs.delivered()
  const ours = await reader.namespaces.open(theirs.id)
  await ours.sync()
  const times: number[] = []
  const began = new Map<string, number>()
  const reading = (async () => {
    for await (const { _id } of ours.changes({ since: 0 })) {
      times.push(performance.now() - (began.get(_id) ?? 0))
      if (times.length === WRITES) return
    }
  })()
  for (let i = 0; i < WRITES; i++) {
    began.set(`n${i}`, performance.now())
    await theirs.put({ _id: `n${i}` })
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
  }
  await reading
  const sorted = times.slice(WRITES / 10).toSorted((a, b) => a - b)
  process.send?.({ p95: sorted[Math.floor(sorted.length * 0.95)] })
  await Promise.all([writer.close(), reader.close()])
  process.disconnect()
}

const [, program, role, first = '', second = '', third = ''] = process.argv
if (program === PROGRAM) {
  if (role === 'relay') await runRelay(first)
  else if (role === 'pair') await runPair(first)
  else if (role === 'attacker') {
    // It stands for a machine of its own: on this one it only gets what the others leave.
    setPriority(19)
    await attack(first, second, third, () => process.send?.({ ready: true }))
  }
}
