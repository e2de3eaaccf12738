import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore, type WritePolicy } from 'p2p-docstore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from './relay.ts'

let folder: string
let relay: Relay
let store: Docstore
const others: Docstore[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-arrival-'))
  relay = await startRelay({ data: folder, port: 0 })
  store = await createDocstore({ data: 'memory', join: relay.ready.join })
})

afterEach(async () => {
  for (const one of [...others.splice(0), store]) await one.close()
  await relay.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A namespace that somebody has who is not connected; `publish` brings it to the relay. */
async function elsewhere(write: WritePolicy = 'anyone'): Promise<{ id: string; publish: () => Promise<void> }> {
  const { descriptor } = relay.store.info.network
  const other = await createDocstore({ data: 'memory', join: relay.ready.join, network: 'off' })
  others.push(other)
  expect(other.info.network.descriptor).toEqual(descriptor)
  const namespace = await other.namespaces.create({ name: 'todo', write })
  await namespace.put({ _id: 'first', text: 'theirs' })
  const publish = async (): Promise<void> => {
    const bytes = await other.replica.exportNamespace(namespace.id)
    if (bytes === undefined) throw new Error('the namespace is gone')
    const owner = await relay.store.replica.ownerLog(bytes.genesis)
    const { logs } = await other.replica.exportActs(namespace.id, owner === undefined ? [] : [{ ...owner, skip: 0 }], 100_000)
    await relay.store.replica.importActs(namespace.id, logs, bytes.genesis)
    await relay.store.replica.importNamespace(bytes.genesis, bytes.head, bytes.signature)
    const { batch } = await other.replica.batchSince(namespace.id, 0, { maxBytes: 100_000 })
    if (batch !== undefined) await relay.store.replica.accept(namespace.id, batch)
  }
  return { id: namespace.id, publish }
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('a namespace that nobody has yet', () => {
  it('is searched, then absent, never live; reads say so, and all of it takes effect when it arrives', async () => {
    const { id, publish } = await elsewhere()
    const todo = await store.namespaces.open(id)
    const seen: string[] = []
    const absent = new Promise<void>((resolve) => {
      todo.on('arrival', ({ arrival }) => {
        seen.push(arrival)
        if (arrival === 'absent') resolve()
      })
    })
    await todo.createIndex(['text'])
    const put = await todo.put({ _id: 'mine', text: 'milk' })
    expect(put).toMatchObject({ _id: 'mine', pending: true })
    await absent
    expect(await todo.status()).toMatchObject({
      arrival: 'absent',
      state: 'absent',
      documents: 0,
      synced: false,
      pending: { waiting: 2, refused: 0 },
    })
    expect(await todo.arrival()).toBe('absent')
    expect(await todo.info()).toBeUndefined()
    expect((await todo.pending()).map(({ kind, _id, document, fields, refused }) => ({ kind, _id, document, fields, refused }))).toEqual([
      { kind: 'index', _id: undefined, document: undefined, fields: ['text'], refused: undefined },
      { kind: 'put', _id: 'mine', document: { _id: 'mine', text: 'milk' }, fields: undefined, refused: undefined },
    ])
    await expect(todo.ready({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'timeout', details: { arrival: 'absent' } })
    expect(await codeOf(todo.delivered({ timeoutMs: 1 }))).toBe('not-delivered')

    const watched = todo.watch({}, { sort: { _id: 1 } })
    expect((await watched.next()).value).toEqual({ documents: [], synced: false, state: 'absent' })
    const told = new Promise((resolve) => todo.on('pending', resolve))
    await publish()
    expect(await todo.ready()).toMatchObject({ id, name: 'todo', write: 'anyone' })
    expect(await told).toEqual({ applied: 2, refused: [] })
    for await (const { documents, synced, state } of watched) {
      if (documents.length < 2 || !synced) continue
      expect(state).toBe('here')
      expect(documents.map(({ _id }) => _id)).toEqual(['first', 'mine'])
      break
    }
    expect(await todo.delivered()).toEqual([relay.ready.peer])
    expect(await (await relay.store.namespaces.open(id)).get('mine')).toEqual({ _id: 'mine', text: 'milk' })
    expect(await todo.indexes()).toEqual([{ fields: ['text'], text: false }])
    expect(await todo.status()).toMatchObject({ arrival: 'here', state: 'live', pending: { waiting: 0, refused: 0 } })
    expect(seen[0]).toBe('searching')
    expect(seen.at(-1)).toBe('here')
  })

  it('tells what was refused when it arrived', async () => {
    const { id, publish } = await elsewhere('owner')
    const todo = await store.namespaces.open(id)
    await todo.put({ _id: 'mine', text: 'milk' })
    expect(await todo.delete('first')).toBe(true)
    const told = new Promise((resolve) => todo.on('pending', resolve))
    await publish()
    expect(await told).toEqual({ applied: 0, refused: ['not-allowed', 'not-allowed'] })
    expect((await todo.pending()).map(({ kind, _id, refused }) => [kind, _id, refused])).toEqual([
      ['put', 'mine', 'not-allowed'],
      ['delete', 'first', 'not-allowed'],
    ])
    expect(await todo.dropPending()).toBe(2)
    expect(await todo.pending()).toEqual([])
  })

  it('ends waiting with the signal, and with the store', async () => {
    const { id } = await elsewhere()
    const todo = await store.namespaces.open(id)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(todo.ready({ signal })).rejects.toThrow('enough')
    const controller = new AbortController()
    const waiting = todo.ready({ signal: controller.signal })
    controller.abort(new Error('later'))
    await expect(waiting).rejects.toThrow('later')
    const closing = todo.ready()
    const closed = expect(closing).rejects.toMatchObject({ code: 'closed' })
    await store.close()
    await closed
  })

  it('without a network is searched, and offline', async () => {
    const { id } = await elsewhere()
    const alone = await createDocstore({ data: 'memory', network: 'off' })
    others.push(alone)
    expect(await (await alone.namespaces.open(id)).status()).toMatchObject({ arrival: 'searching', state: 'offline', synced: false })
  })
})
