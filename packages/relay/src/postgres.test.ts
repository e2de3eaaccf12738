import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newPostgres, type PostgresServer, postgresPrograms } from '../../core/src/testing/postgres/server.ts'
import { startRelay } from './relay.ts'

describe.skipIf(postgresPrograms() === undefined)('relays on a PostgreSQL', () => {
  let server: PostgresServer
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docstore-relay-'))
    server = await newPostgres()
    await server.start()
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  it('two of one operator share it: what one is given, the other one has, at once; without the server both say so, and go on by themselves', async () => {
    const first = await startRelay({ data: join(folder, 'first'), port: 0, database: server.url })
    const second = await startRelay({ data: join(folder, 'second'), port: 0, database: server.url, join: first.ready.text })
    await using writer = await createDocstore({ data: 'memory', join: first.ready.text })
    await using reader = await createDocstore({ data: 'memory', join: second.ready.text })
    const notes = await writer.namespaces.create({ name: 'notes', write: 'owner' })
    await notes.put({ _id: 'a', tags: ['x'] })
    await notes.delivered({ copies: 1 })
    const seen = await reader.namespaces.open(notes.id)
    await expect.poll(() => seen.get('a')).toEqual({ _id: 'a', tags: ['x'] })
    await notes.put({ _id: 'b', tags: ['x', 'y'] })
    await expect.poll(() => seen.get('b')).toEqual({ _id: 'b', tags: ['x', 'y'] })
    const found = await fetch(`${second.ready.http}/ns/${notes.id}/docs?filter=${encodeURIComponent('{"tags":"y"}')}`)
    expect(await found.json()).toMatchObject({ documents: [{ _id: 'b' }] })

    const health = async (): Promise<unknown> => (await fetch(`${first.ready.http}/health`)).json()
    await server.stop('SIGKILL')
    await expect.poll(health).toMatchObject({ ok: false, fault: 'database-away' })
    await notes.put({ _id: 'c' })
    await server.start()
    await expect.poll(health).toMatchObject({ ok: true, namespaces: 1 })
    await expect.poll(() => seen.get('c')).toEqual({ _id: 'c' })
    await Promise.all([first.close(), second.close()])
  })
})

it('a relay that would give up what falls to others shares no database: what it gave up would be gone from all', async () => {
  const starting = startRelay({ data: join(tmpdir(), 'docstore-never-made'), port: 0, storage: 'owned', database: 'postgres://nobody.invalid/none' })
  await expect(starting).rejects.toMatchObject({ code: 'bad-setting', message: expect.stringContaining('storage.keeps: owned') })
})
