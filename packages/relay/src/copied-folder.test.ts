import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace } from 'p2p-docstore'
import { afterEach, expect, it } from 'vitest'
import { startRelay } from './relay.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function open(data: string, join?: string): Promise<Docstore> {
  const store = await createDocstore({ data, ...(join === undefined ? {} : { join }) })
  cleanups.push(() => store.close())
  return store
}

const rootOf = async (namespace: Namespace): Promise<string> => (await namespace.status()).root

it('a copied folder and its original write through one relay, each write there within seconds, and end equal', async () => {
  const root = mkdtempSync(join(tmpdir(), 'docstore-copied-'))
  cleanups.push(() => rmSync(root, { recursive: true, force: true }))
  const [data, copy] = [join(root, 'data'), join(root, 'copy')]
  const relay = await startRelay({ data: join(root, 'relay'), port: 0 })
  cleanups.push(() => relay.close())
  const before = await open(data, relay.ready.join)
  const { id } = await before.namespaces.create({ name: 'notes' })
  const beforeNotes = await before.namespaces.open(id)
  await beforeNotes.put({ _id: 'before' })
  await beforeNotes.delivered()
  await before.close()
  cpSync(data, copy, { recursive: true })

  const stores = [await open(data), await open(copy)]
  expect(stores.map(({ isCopy }) => isCopy)).toEqual([false, true])
  const namespaces = await Promise.all(stores.map((store) => store.namespaces.open(id)))
  for (let n = 0; n < 5; n++)
    for (const [i, notes] of namespaces.entries()) {
      await notes.put({ _id: `${i}-${n}` })
      expect(await notes.delivered({ timeoutMs: 60_000 })).toEqual([relay.ready.peer])
    }
  const relayNotes = await relay.store.namespaces.open(id)
  await expect.poll(async () => new Set(await Promise.all([relayNotes, ...namespaces].map(rootOf))).size).toBe(1)
  expect(await relayNotes.find().toArray()).toHaveLength(11)
})
