import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import type { Figures } from './local.ts'

/** Times that a profile is looked at whose name is known; the median counts. */
const LOOKS = 9
const NAME = 'ada-bench'
const TIMEOUT_MS = 60_000

/** A profile found by the username of its person: two processes and a relay in between, which is a third one. */
export async function measureProfileByName(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-bench-'))
  const relay = start('names-relay', join(folder, 'relay'))
  const owner: { process?: ChildProcess } = {}
  try {
    const [link] = await said(relay)
    owner.process = start('profile-owner', link)
    await said(owner.process)
    const store = await createDocstore({ data: join(folder, 'who-looks'), join: link })
    try {
      await store.network?.connected({ timeoutMs: TIMEOUT_MS })
      const cold = await milliseconds(() => store.profiles.show(`@${NAME}`))
      const again: number[] = []
      for (let i = 0; i < LOOKS; i++) again.push(await milliseconds(() => store.profiles.show(`@${NAME}`)))
      const known: number[] = []
      for (let i = 0; i < LOOKS; i++) known.push(await milliseconds(async () => store.profiles.names([await store.names.person(`@${NAME}`)])))
      return {
        'profile by name, nothing known of it, ms': cold,
        'the same again, as relays have it, ms': median(again),
        'the same from what was heard, ms': median(known),
      }
    } finally {
      await store.close()
    }
  } finally {
    owner.process?.kill()
    relay.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A relay that grants names, until it is ended; tells its join text. */
export async function serveNames(data: string): Promise<undefined> {
  const relay = await startRelay({ data, port: 0, names: 'own' })
  process.send?.(relay.ready.text)
  await once(process, 'disconnect')
  await relay.close()
  return undefined
}

/** Somebody with a name and a profile, until the process is ended. */
export async function ownProfile(link: string): Promise<undefined> {
  await using store = await createDocstore({ data: 'memory', join: link })
  await store.profiles.set('name', 'Ada')
  await store.profiles.set('about', 'x'.repeat(500))
  await store.profiles.set('status', 'Counting')
  const profile = await store.namespaces.open((await store.profiles.mine()).namespace)
  await profile.delivered({ timeoutMs: TIMEOUT_MS })
  await store.names.claim(NAME)
  process.send?.('ready')
  await once(process, 'disconnect')
  return undefined
}

function start(what: string, argument: string): ChildProcess {
  return fork(fileURLToPath(new URL('./measure.ts', import.meta.url)), [what, argument], { execArgv: process.execArgv })
}

/** What the process says first. Throws where it ends before. */
async function said(child: ChildProcess): Promise<readonly [string]> {
  const ended = once(child, 'exit').then((): never => {
    throw new Error('The process ended before it was ready')
  })
  return Promise.race([once(child, 'message') as Promise<[string]>, ended])
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
