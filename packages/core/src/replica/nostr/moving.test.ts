import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { EVENT_TIME, testAuthor } from '../../testing/nostr-events.ts'
import { openReplica } from '../open-replica.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docstore-nostr-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const alice = testAuthor('alice')
const now = (): number => (EVENT_TIME + 1000) * 1000

it('events go along when their peer joins another network, since they are the same in each', async () => {
  const path = join(folder, 'data.db')
  const alone = await openReplica(openNodeStorage(path), { networkName: 'alone', now })
  const before = await alone.nostr()
  const notes = ['a', 'b'].map((content) => alice.sign({ content }))
  const gone = alice.sign({ kind: 5, created_at: EVENT_TIME + 1, tags: [['e', notes[1]?.id ?? '']] })
  await before.put([...notes, gone])
  await alone.close()

  const network = createNetwork('together')
  const joined = await openReplica(openNodeStorage(path), { network: network.bytes, moves: true, now })
  const after = await joined.nostr()
  expect(after.namespace).not.toBe(before.namespace)
  expect(await joined.namespaceIds()).toEqual([after.namespace])
  expect((await after.page({}, { limit: 10 })).events.map(({ id }) => id)).toEqual([gone.id, notes[0]?.id])
  expect(await after.put(notes)).toEqual(['duplicate', 'deleted'])
  expect(await joined.checkSummaries()).toEqual([])
  // Others take them there.
  const other = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, now })
  await other.nostr()
  const { batch } = await joined.batchSince(after.namespace, 0, { maxBytes: 100_000 })
  expect(batch && (await other.accept(after.namespace, batch))).toMatchObject({ results: ['stored', 'stored'] })
  await joined.close()
  await other.close()
})

it('a database is of the version that has events from the first of them on, and opens again', async () => {
  const path = join(folder, 'data.db')
  const versionOf = (): number => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const database = new DatabaseSync(path)
    const row = database.prepare('PRAGMA user_version').get()
    database.close()
    return Number(row?.['user_version'])
  }
  await (await openReplica(openNodeStorage(path), { now })).close()
  expect(versionOf()).toBe(15)
  const replica = await openReplica(openNodeStorage(path), { now })
  await (await replica.nostr()).put([alice.sign({ content: 'kept' })])
  await replica.close()
  expect(versionOf()).toBe(16)
  const again = await openReplica(openNodeStorage(path), { now })
  expect(await (await again.nostr()).count({ search: 'kept' })).toBe(1)
  await again.close()
  // Who only reads finds the same.
  const reader = await openReplica(openNodeStorage(path, { readOnly: true }), { now })
  expect(await (await reader.nostr()).count({ search: 'kept' })).toBe(1)
  await reader.close()
})
