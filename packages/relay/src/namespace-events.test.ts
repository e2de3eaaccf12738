import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace, type NamespaceEvents } from 'p2p-docstore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './relay.ts'

let folder: string
let relay: Relay
let store: Docstore

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-events-'))
  relay = await startRelay({ data: folder, port: 0 })
  store = await createDocstore({ data: 'memory', join: relay.ready.join })
})

afterEach(async () => {
  await store.close()
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Resolves with the next event of the kind. */
function next<K extends keyof NamespaceEvents>(namespace: Namespace, event: K): Promise<NamespaceEvents[K]> {
  return new Promise((resolve) => {
    const stop = namespace.on(event, (payload) => {
      stop()
      resolve(payload)
    })
  })
}

describe('events and status of a namespace', () => {
  it('tells of an exchange from its beginning to the moment when both are equal', async () => {
    const theirs = await relay.store.namespaces.create({ name: 'notes', write: 'anyone' })
    await theirs.putMany(Array.from({ length: 300 }, (_, i) => ({ _id: `n${i}`, text: 'x'.repeat(2000) })))
    const ours = await store.namespaces.open(theirs.id)
    const seen: string[] = []
    for (const event of ['active', 'change', 'synced', 'paused'] as const) ours.on(event, () => seen.push(event))
    expect(await next(ours, 'synced')).toEqual({ peers: [relay.ready.peer] })
    expect(seen[0]).toBe('active')
    expect(seen.slice(0, -1)).toContain('change')
    const report = await ours.status()
    expect(report).toMatchObject({ state: 'live', have: 300, want: 0, documents: 300, synced: true, root: (await theirs.status()).root })
    expect(report.peers).toMatchObject([{ id: relay.ready.peer, state: 'live', have: 300, want: 0, error: undefined }])
    expect(report.lastSyncedAt).toBe(report.peers[0]?.lastSyncedAt)
  })

  it('says that it is synced again after each write has arrived', async () => {
    const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    await next(notes, 'synced')
    const changed = next(notes, 'change')
    const synced = next(notes, 'synced')
    await notes.put({ text: 'hello' })
    expect(await changed).toEqual({ collections: ['docs'] })
    expect(await synced).toEqual({ peers: [relay.ready.peer] })
  })

  it('pauses with the reason when the relay goes, and keeps what was known', async () => {
    const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ text: 'hello' })
    await next(notes, 'synced')
    const before = await notes.status()
    const paused = next(notes, 'paused')
    await relay.close()
    expect((await paused).peer).toBe(relay.ready.peer)
    const after = await notes.status()
    expect(after).toMatchObject({ state: 'offline', synced: false, have: 1, lastSyncedAt: before.lastSyncedAt })
  })

  it('ends with the listener', async () => {
    const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
    let heard = 0
    const stop = notes.on('change', () => heard++)
    stop()
    const changed = next(notes, 'change')
    await notes.put({ text: 'hello' })
    await changed
    expect(heard).toBe(0)
  })
})
