import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isStartable } from '@libp2p/interface'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterEach, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './relay.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'docstore-convergence-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function relay(data = folder(), options: { port?: number; join?: string } = {}): Promise<Relay> {
  const one = await startRelay({ data, port: 0, ...options })
  cleanups.push(() => one.close())
  await withoutTopics(one.store)
  return one
}

async function client(join: string): Promise<Docstore> {
  const store = await createDocstore({ data: folder(), join })
  cleanups.push(() => store.close())
  await withoutTopics(store)
  return store
}

/** Messages of topics may speed things up; nothing depends on them. */
async function withoutTopics(store: Docstore): Promise<void> {
  const pubsub: unknown = store.libp2p?.services.pubsub
  if (!isStartable(pubsub)) throw new Error('there is no GossipSub to stop')
  await pubsub.stop()
}

const documents = (from: string, count: number): { _id: string; from: string; n: number; text: string }[] =>
  Array.from({ length: count }, (_, n) => ({ _id: `${from}-${n}`, from, n, text: 'x'.repeat(200) }))

/** Resolves when these have the same root. */
async function untilEqual(...namespaces: readonly Namespace[]): Promise<void> {
  for (;;) {
    const roots = await Promise.all(namespaces.map(async (namespace) => (await namespace.status()).root))
    if (new Set(roots).size === 1) return
    await new Promise<void>((resolve) => {
      const ends = namespaces.map((namespace) =>
        namespace.on('change', () => {
          for (const end of ends) end()
          resolve()
        }),
      )
    })
  }
}

describe('peers whose topics are switched off', () => {
  it('are equal soon after they meet again, though each has thousands that the others have not', async () => {
    const data = folder()
    const first = await relay(data)
    const port = Number(new URL(first.ready.http).port)
    const [a, b] = [await client(first.ready.join), await client(first.ready.join)]
    const shared = await first.store.namespaces.create({ name: 'shared', write: 'anyone' })
    await shared.putMany(documents('all', 500))
    const [ofA, ofB] = [await a.namespaces.open(shared.id), await b.namespaces.open(shared.id)]
    await Promise.all([ofA.sync(), ofB.sync()])
    await first.close()
    await Promise.all([ofA.putMany(documents('a', 3500)), ofB.putMany(documents('b', 3500))])
    // The relay was written to as well while nobody could reach it.
    const alone = await createDocstore({ data, network: 'off' })
    await (await alone.namespaces.open(shared.id)).putMany(documents('r', 3000))
    await alone.close()

    const again = await relay(data, { port })
    const began = performance.now()
    const ofRelay = await again.store.namespaces.open(shared.id)
    await untilEqual(ofRelay, ofA, ofB)
    expect(await ofA.count()).toBe(10_500)
    console.log(`equal after ${Math.round(performance.now() - began)} ms`)
  })

  it('pass a document along a line of relays, in both directions', async () => {
    const first = await relay()
    const second = await relay(folder(), { join: first.ready.join })
    const third = await relay(folder(), { join: second.ready.join })
    const [a, b] = [await client(first.ready.join), await client(third.ready.join)]
    const notes = await a.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'from-a' })
    const same = await b.namespaces.open(notes.id)
    await untilEqual(notes, same)
    expect(await same.get('from-a')).toEqual({ _id: 'from-a' })
    await same.put({ _id: 'from-b' })
    await untilEqual(notes, same)
    expect(await notes.get('from-b')).toEqual({ _id: 'from-b' })
  })
})
