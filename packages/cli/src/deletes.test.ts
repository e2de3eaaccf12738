import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import { afterAll, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'
import { send, somebody } from './testing/somebody.ts'

const bench = new Workbench()
afterAll(() => bench.close())

/** All that lies in the database of a folder: the file, its log, and what SQLite shares. */
function onDisk(data: string): string {
  const files = readdirSync(data).filter((name) => name.startsWith('docstore.db') && !name.endsWith('-reserve'))
  return files.map((name) => readFileSync(join(data, name), 'latin1')).join('\n')
}

const gone = async (data: string, text: string): Promise<void> => expect.poll(() => onDisk(data).includes(text), { interval: 50 }).toBe(false)

it('what is deleted is in no file of the peer nor of the relay, also when the relay is killed as soon as it has confirmed', async () => {
  const [relayData, data] = [bench.folder(), bench.folder()]
  const { relay, ready } = await bench.relay(relayData)
  const secrets = ['first-secret', 'second-secret', 'word', 'edited-secret', 'erased-secret']
  const [first, second, , edited, erased] = secrets.map((secret) => `${secret}-${'x'.repeat(40)}`) as [string, string, string, string, string]
  const store = await createDocstore({ data, join: ready.join })
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
  await notes.createIndex(['text'])
  await notes.createIndex(['text'], { text: true })
  for (const [_id, text] of Object.entries({ first, second, erased })) await notes.put({ _id, text })
  await notes.update('first', { $set: { more: edited } })
  await notes.put({ _id: 'short', text: 'expired-secret' }, { ttl: 3000 })
  await notes.delivered()
  for (const text of [first, edited, second, erased])
    expect([text, onDisk(data).includes(text), onDisk(relayData).includes(text)]).toEqual([text, true, true])

  await notes.delete('first')
  await notes.delivered()
  for (const folder of [data, relayData]) for (const text of [first, edited]) await gone(folder, text)

  await notes.delete('second')
  const { namespaces, documents } = await store.erase({ author: 'me' })
  await relay.stop('SIGKILL')
  expect(documents).toBeGreaterThanOrEqual(1)
  expect(namespaces).toMatchObject([{ name: 'notes', relays: [{ confirmed: true }] }])
  await store.compact()
  await store.close()
  const again = await bench.relay(relayData, '--port', new URL(ready.http).port)
  for (const folder of [data, relayData]) for (const text of [second, erased, 'expired-secret', 'first-secret']) await gone(folder, text)
  expect((await again.relay.stop()).code).toBe(0)
  for (const text of [second, erased, 'expired-secret']) expect(onDisk(relayData).includes(text)).toBe(false)

  await bench.run(['put', 'notes', '--id', 'cli', '--ttl', '1h', '--data', data, '--offline'], '{"text":"command"}')
  expect(await bench.json(['get', 'notes', 'cli', '--meta', '--data', data])).toMatchObject({ expiresAt: expect.stringMatching(/^20\d\d-/) })
  expect(await bench.json(['erase', '--author', 'me', 'notes', '--data', data, '--offline'])).toMatchObject({
    documents: 1,
    namespaces: [{ documents: 1, edits: 0, relays: [] }],
  })
  expect(await bench.json(['compact', '--data', data])).toEqual({ freed: expect.any(Number) })
  expect((await bench.run(['erase', '--data', data])).code).toBe(2)
})

it('versions that lost go with their document on both sides, whichever of them is killed in between', async () => {
  const [relayData, data] = [bench.folder(), bench.folder()]
  const { relay, ready } = await bench.relay(relayData)
  const pad = 'x'.repeat(40)
  const secretsOf = (id: string): readonly string[] => [`lost-secret-${id}-${pad}`, `won-secret-${id}-${pad}`, `field-secret-${id}-${pad}`]
  const ids = ['here', 'there', 'sender']
  const store = await createDocstore({ data, join: ready.join })
  const notes = await store.namespaces.create({ name: 'notes', write: 'anyone' })
  const ben = await somebody(store, notes.id)
  for (const _id of ids) {
    const [lost, won, field] = secretsOf(_id)
    await ben.write(notes.id, 'docs', [{ id: _id, content: JSON.stringify({ _id, text: lost }) }])
    await ben.update(notes.id, 'docs', { id: _id, changes: { $set: { more: field } } })
    await notes.put({ _id, text: won })
  }
  await send(notes.id, ben, store.replica)
  await ben.close()
  await notes.delivered()
  expect((await store.replica.conflicts(notes.id, 'docs', { limit: 100 })).conflicts.map(({ id }) => id).toSorted()).toEqual(
    ids.flatMap((id) => [id, id]).toSorted(),
  )
  for (const id of ids)
    for (const text of secretsOf(id)) for (const folder of [data, relayData]) await expect.poll(() => onDisk(folder).includes(text)).toBe(true)

  await notes.delete('here')
  await notes.delivered()
  for (const text of secretsOf('here')) for (const folder of [data, relayData]) await gone(folder, text)
  // The relay, as soon as it has confirmed.
  await notes.delete('there')
  await notes.delivered()
  await relay.stop('SIGKILL')
  await store.close()
  const again = await bench.relay(relayData, '--port', new URL(ready.http).port)
  for (const text of secretsOf('there')) for (const folder of [data, relayData]) await gone(folder, text)
  // Who deletes, as soon as that is written: the next program on the folder sends it.
  const deleting = bench.start('delete', 'notes', 'sender', '--data', data, '--offline', '--json')
  await deleting.line('deleted')
  await deleting.stop('SIGKILL')
  expect(await bench.json(['sync', 'notes', '--data', data])).toMatchObject({ documents: 0 })
  for (const text of secretsOf('sender')) for (const folder of [data, relayData]) await gone(folder, text)
  expect((await again.relay.stop()).code).toBe(0)
  for (const folder of [data, relayData]) for (const id of ids) for (const text of secretsOf(id)) expect(onDisk(folder).includes(text)).toBe(false)
})
