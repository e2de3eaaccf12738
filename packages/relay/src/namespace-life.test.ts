import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type Namespace, type NamespaceEvents } from 'p2p-docstore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './relay.ts'

let folder: string
let relay: Relay
let ada: Docstore
let bob: Docstore

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-life-'))
  relay = await startRelay({ data: folder, port: 0 })
  ada = await createDocstore({ data: 'memory', join: relay.ready.join })
  bob = await createDocstore({ data: 'memory', join: relay.ready.join })
})

afterEach(async () => {
  await Promise.all([ada.close(), bob.close()])
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Resolves with the next event that fits. */
function next<K extends keyof NamespaceEvents>(
  namespace: Namespace,
  event: K,
  fits: (payload: NamespaceEvents[K]) => boolean = () => true,
): Promise<NamespaceEvents[K]> {
  return new Promise((resolve) => {
    const stop = namespace.on(event, (payload) => {
      if (!fits(payload)) return
      stop()
      resolve(payload)
    })
  })
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('what the owner says of a namespace', () => {
  it('reaches everyone who is connected at once, not with the next comparison', async () => {
    const notes = await ada.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'a' })
    const same = await bob.namespaces.open(notes.id)
    await next(same, 'synced')
    const told = next(same, 'info')
    await notes.set({ name: 'Notes', description: 'All of them' })
    expect(await told).toMatchObject({ name: 'Notes', description: 'All of them' })
    expect(await notes.delivered()).toEqual([relay.ready.peer])
    expect(await codeOf(same.set({ name: 'Mine' }))).toBe('not-allowed')
    expect(await codeOf(notes.set({ title: 'x' } as never))).toBe('bad-option')
    // And what is written after it still does.
    const changed = next(notes, 'change')
    await same.put({ _id: 'b' })
    await changed
    expect(await notes.get('b')).toEqual({ _id: 'b' })
  })

  it('ends it for everybody, who keep one set and are told what was written too late', async () => {
    const notes = await ada.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'a' })
    const same = await bob.namespaces.open(notes.id)
    await next(same, 'synced')
    const told = next(same, 'info')
    const { ended } = await notes.end()
    expect(await told).toMatchObject({ ended, writable: false })
    expect(await codeOf(same.put({ _id: 'late' }))).toBe('ended')
    expect(await same.get('a')).toEqual({ _id: 'a' })
    expect((await same.status()).root).toBe((await notes.status()).root)
    expect(await codeOf(same.end())).toBe('not-allowed')
  })
})

describe('a namespace that is forgotten here', () => {
  it('is kept where nobody else has all of it, unless that is meant', async () => {
    const alone = await createDocstore({ data: 'memory', network: 'off' })
    try {
      const notes = await alone.namespaces.create({ name: 'notes' })
      await notes.put({ _id: 'a' })
      expect(await codeOf(alone.namespaces.forget(notes.id))).toBe('not-delivered')
      expect(await notes.get('a')).toEqual({ _id: 'a' })
      await alone.namespaces.forget(notes.id, { force: true })
      expect(await alone.namespaces.list()).toEqual([])
      const early = await alone.namespaces.open(notes.id)
      await early.put({ _id: 'b' })
      expect(await codeOf(alone.namespaces.forget(notes.id))).toBe('not-delivered')
      await alone.namespaces.forget(notes.id, { force: true })
      expect(await early.pending()).toEqual([])
    } finally {
      await alone.close()
    }
  })

  it('goes with its documents and comes no more by itself; opened again, it comes back as the others have it', async () => {
    const notes = await ada.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.putMany(Array.from({ length: 500 }, (_, n) => ({ _id: `${n}` })))
    await notes.delivered()
    const { root } = await notes.status()
    const watched = notes.watch()
    expect((await watched.next()).value).toMatchObject({ state: 'here' })
    await ada.namespaces.forget(notes.id)
    for await (const { documents, state } of watched) {
      if (state === 'here') continue
      expect(documents).toEqual([])
      break
    }
    expect(await ada.namespaces.list()).toEqual([])
    expect(await ada.replica.listMeta(`positions/${notes.id}/`)).toEqual([])
    // News of it find nobody.
    const same = await bob.namespaces.open(notes.id)
    await same.ready()
    await same.put({ _id: 'news' })
    await same.delivered()
    const other = await ada.namespaces.create({ name: 'other' })
    await other.delivered()
    expect((await ada.namespaces.list()).map(({ name }) => name)).toEqual(['other'])

    const again = await ada.namespaces.open(notes.id)
    await next(again, 'synced')
    expect(await again.count()).toBe(501)
    expect((await again.status()).root).toBe((await same.status()).root)
    expect((await again.status()).root).not.toBe(root)
    await again.put({ _id: 'back' })
    expect(await again.delivered()).toEqual([relay.ready.peer])
    const theirs = await relay.store.namespaces.open(notes.id)
    expect(await theirs.get('back')).toEqual({ _id: 'back' })
    expect(await codeOf(relay.store.namespaces.forget(notes.id))).toBe('relay-keeps')
  })
})

describe('a namespace that takes the place of another', () => {
  it('is filled with what a function makes of each document, and found from the old one', async () => {
    const old = await ada.namespaces.create({ name: 'orders', write: 'anyone' })
    await old.put({ _id: 'a', total: '40' })
    await old.put({ _id: 'b', total: 'none' })
    await old.collection('people').put({ _id: 'p' })
    const made = await ada.namespaces.succeed(old.id, { write: 'owner' }, (document, collection) => {
      if (collection !== 'docs') return document
      const total = Number(document['total'])
      return Number.isNaN(total) ? undefined : { ...document, total }
    })
    expect(await made.info()).toMatchObject({ name: 'orders', write: 'owner' })
    expect(await made.find().toArray()).toEqual([{ _id: 'a', total: 40 }])
    expect(await made.collection('people').count()).toBe(1)
    expect(await old.info()).toMatchObject({ next: made.id, writable: false })
    expect((await ada.namespaces.successor(old.id)).id).toBe(made.id)
    expect((await ada.namespaces.successor(made.id)).id).toBe(made.id)
    expect(await codeOf(ada.namespaces.succeed(old.id))).toBe('bad-option')
    expect(await codeOf(bob.namespaces.succeed(made.id))).toBe('unknown-namespace')
  })

  it('in a circle, or on for ever, is an error; one that is not here is the last', async () => {
    const chain = await Promise.all(Array.from({ length: 18 }, (_, n) => ada.namespaces.create({ name: `${n}` })))
    const [first, second, third] = chain
    if (first === undefined || second === undefined || third === undefined) throw new Error('none was made')
    for (const [n, one] of chain.entries()) await one.set({ next: chain[n + 1]?.id ?? null })
    expect(await codeOf(ada.namespaces.successor(first.id))).toBe('successor-loop')
    expect((await ada.namespaces.successor(second.id)).id).toBe(chain.at(-1)?.id)
    await third.set({ next: first.id })
    expect(await codeOf(ada.namespaces.successor(second.id))).toBe('successor-loop')
    await third.set({ next: third.id })
    expect(await codeOf(ada.namespaces.successor(second.id))).toBe('successor-loop')
    const away = await bob.namespaces.create({ name: 'away' })
    await bob.network?.unwant(away.id)
    await third.set({ next: away.id })
    expect((await ada.namespaces.successor(first.id)).id).toBe(away.id)
  })
})
