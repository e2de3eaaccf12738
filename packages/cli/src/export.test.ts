import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conflict, createDocstore, type Document, type Namespace } from 'p2p-docstore'
import { Workbench } from './testing/docstore-process.ts'
import { send, somebody } from './testing/somebody.ts'

const bench = new Workbench()
const source = bench.folder()
const files = bench.folder()
const car = join(files, 'notes.car')
let exported: { documents: number; bytes: number; root: string }

async function conflictsOf(namespace: Namespace): Promise<readonly Conflict<Document>[]> {
  const conflicts: Conflict<Document>[] = []
  for await (const conflict of namespace.conflicts()) conflicts.push(conflict)
  return conflicts
}

beforeAll(async () => {
  mkdirSync(files)
  await bench.namespace(source, 'notes', '--offline')
  const rows = Array.from({ length: 2500 }, (_, n) => `{"_id":"${n}","text":"${'z'.repeat(n % 300)}"}`).join('\n')
  await bench.json(['import', 'notes', '-', '--data', source], rows)
  await bench.json(['delete', 'notes', '7', '--data', source])
  await bench.json(['put', 'notes', '--collection', 'other', '--data', source], '{"_id":"o"}')
  const { documents, bytes, root } = await bench.json<typeof exported>(['export', 'notes', '-o', car, '--data', source])
  exported = { documents, bytes, root }
})
afterAll(() => bench.close())

describe('export and restore', () => {
  it('brings the same root into a fresh folder, deletes and collections included', async () => {
    expect(exported).toMatchObject({ documents: 2500, bytes: readFileSync(car).length, root: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const fresh = bench.folder()
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
    expect(await bench.failure(['get', 'notes', '7', '--data', fresh])).toMatchObject({ code: 'not-found' })
    expect(await bench.json(['get', 'notes', '8', '--data', fresh])).toEqual({ _id: '8', text: 'zzzzzzzz' })
    expect(await bench.json(['get', 'notes', 'o', '--collection', 'other', '--data', fresh])).toEqual({ _id: 'o' })
  })

  it('brings versions that lost along, of documents, of fields and of what was deleted', async () => {
    const data = bench.folder()
    const store = await createDocstore({ data, network: 'off' })
    const orders = await store.namespaces.create({ name: 'orders', write: 'anyone' })
    const ben = await somebody(store, orders.id)
    for (const _id of ['field', 'gone', 'hidden']) await orders.put({ _id, n: 1 })
    await send(orders.id, store.replica, ben)
    const set = (id: string, n: number): unknown => ben.update(orders.id, 'docs', { id, changes: { $set: { n } } })
    await ben.write(orders.id, 'docs', [{ id: 'whole', content: '{"_id":"whole","n":2}' }])
    for (const id of ['field', 'gone']) await set(id, 2)
    await orders.put({ _id: 'whole', n: 3 })
    for (const n of [3, 4]) await orders.update('field', { $set: { n } })
    for (const id of ['gone', 'hidden']) await orders.delete(id)
    // Later than the delete, which it did not know of.
    for (const n of [5, 6, 7]) await set('hidden', n)
    await send(orders.id, ben, store.replica)
    const told = await conflictsOf(orders)
    expect(told).toHaveLength(4)
    await Promise.all([ben.close(), store.close()])
    const file = join(files, 'orders.car')
    const { root } = await bench.json(['export', 'orders', '-o', file, '--data', data])
    const fresh = bench.folder()
    expect(await bench.json(['restore', file, '--data', fresh])).toMatchObject({ root })
    const other = await createDocstore({ data: fresh, network: 'off' })
    const restored = await other.namespaces.open(orders.id)
    expect(await conflictsOf(restored)).toEqual(told)
    // Settled there, it is settled for who has the first one too.
    for (const { _id } of told) await restored.resolve(_id, { keep: 'winner' })
    await other.close()
    await bench.json(['export', 'orders', '-o', file, '--force', '--data', fresh])
    await bench.json(['restore', file, '--data', data])
    expect(await bench.json(['conflicts', 'orders', '--data', data])).toEqual([])
  })

  it('goes through pipes', async () => {
    const fresh = bench.folder()
    const restoring = bench.start('restore', '-', '--json', '--data', fresh)
    bench.start('export', 'notes', '--data', source).child.stdout.pipe(restoring.child.stdin)
    expect(JSON.parse((await restoring.finished).stdout)).toMatchObject(exported)
  })

  it('goes beside what a folder has in another network', async () => {
    const other = bench.folder()
    const mine = await bench.namespace(other, 'mine', '--offline')
    expect(await bench.json(['restore', car, '--data', other])).toMatchObject(exported)
    const listed = await bench.json<{ id: string; network: string }[]>(['namespace', 'list', '--data', other])
    expect(listed[0]?.id).toBe(mine)
    expect(new Set(listed.map(({ network }) => network)).size).toBe(2)
  })

  it('keeps what was verified before the damage, and the whole file completes it', async () => {
    const half = join(files, 'half.car')
    writeFileSync(half, readFileSync(car).subarray(0, exported.bytes >> 1))
    const fresh = bench.folder()
    expect(await bench.failure(['restore', half, '--data', fresh])).toMatchObject({
      exit: 1,
      code: 'bad-export',
      message: expect.stringMatching(/\. Its first [1-9]\d* records were verified before that, and are here now$/),
    })
    expect((await bench.json(['get', 'notes', '8', '--data', fresh]))['_id']).toBe('8')
    expect(await bench.json(['restore', car, '--data', fresh])).toMatchObject(exported)
  })
})
