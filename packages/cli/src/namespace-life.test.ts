import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ready, Workbench } from './testing/docstore-process.ts'
import { handNamespace, send } from './testing/somebody.ts'

const bench = new Workbench()
let ready: Ready
let a: string
let b: string
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  a = bench.folder()
  b = bench.folder()
  await bench.json(['join', ready.join, '--data', a])
  await bench.json(['join', ready.join, '--data', b])
})
afterAll(() => bench.close())

/** Whether any file of a data folder has this text in it. */
function has(folder: string, text: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text))
}

/** Hands a namespace with its documents from one store to another. */
async function give(ns: string, from: Docstore, to: Docstore): Promise<void> {
  await handNamespace(ns, from.replica, to.replica)
  await send(ns, from.replica, to.replica)
}

const PAIRS = { anyOf: [{ required: ['left'] }, { required: ['right'] }] }

// Every command is a process of its own.
describe('the life of a namespace', { timeout: 120_000 }, () => {
  it('goes from its name to its end, seen by others', async () => {
    const id = await bench.namespace(a, 'orders')
    await bench.json(['put', id, '--id', 'x', '--data', a], '{"text":"stored-in-the-vault"}')
    const set = await bench.json(['namespace', 'set', id, 'title', 'Orders', '--data', a])
    expect(set).toMatchObject({ id, epoch: 0, seq: 1, roles: [], title: 'Orders', ended: null, next: null, copies: 1 })
    expect(await bench.json(['get', id, 'x', '--data', b])).toEqual({ _id: 'x', text: 'stored-in-the-vault' })
    expect(await bench.json(['namespace', 'show', 'Orders', '--data', b])).toMatchObject({ name: 'Orders' })
    expect(await bench.failure(['namespace', 'set', id, 'title', 'Mine', '--data', b])).toMatchObject({ exit: 1, code: 'not-allowed' })
    expect(await bench.failure(['namespace', 'end', id, '--data', a])).toMatchObject({ exit: 1, code: 'bad-option' })
    expect(await bench.json(['namespace', 'end', id, '--yes', '--data', a])).toMatchObject({ ended: expect.any(String), copies: 1 })
    await bench.json(['sync', id, '--data', b])
    expect(await bench.failure(['put', id, '--data', b], '{}')).toMatchObject({ exit: 1, code: 'ended' })
  })

  it('is listed where its owner says so, and told from others of its name; one that is awaited is listed too', async () => {
    const id = await bench.namespace(a, 'twins', '--listed')
    const twin = await bench.namespace(a, 'twins', '--again')
    const listed = await bench.json<{ id: string; here: boolean }[]>(['namespace', 'list', '--network-wide', '--data', b])
    expect(listed.map((one) => [one.id, one.here])).toEqual([[id, false]])
    expect((await bench.run(['namespace', 'set', twin, 'description', 'The other one', '--data', a])).stdout).toContain(`(…${twin.slice(-8)})`)
    const far = bench.folder()
    await bench.json(['put', id, '--id', 'x', '--offline', '--data', far], '{}')
    expect(await bench.json(['namespace', 'list', '--data', far])).toEqual([{ id, name: null, waiting: 1 }])
  })

  it('has rules, which its owner sets and everybody keeps', async () => {
    const id = await bench.namespace(a, 'shop', '--offline')
    const rules = { docs: { schema: { required: ['total'] }, immutable: ['number'] } }
    const set = await bench.json(['namespace', 'rules', id, '--set', '-', '--offline', '--data', a], JSON.stringify(rules))
    expect(set).toEqual({ rules, copies: 0 })
    const rows = '[{"number":1,"total":2},{"number":2,"total":3},{"number":1,"total":2}]'
    expect(await bench.json(['import', id, '-', '--offline', '--data', a], rows)).toMatchObject({ read: 3, written: 2, unchanged: 1 })
    expect(await bench.failure(['put', id, '--offline', '--data', a], '{"number":3}')).toMatchObject({ exit: 1, code: 'against-rules' })
    expect(await bench.json(['namespace', 'rules', id, '--check', '--data', a])).toEqual([])
    const stricter = '{"docs":{"maxBytes":5}}'
    expect(await bench.failure(['namespace', 'rules', id, '--set', '-', '--offline', '--data', a], stricter)).toMatchObject({
      exit: 1,
      code: 'documents-against-rules',
    })
    expect(await bench.json(['namespace', 'rules', id, '--set', '-', '--check', '--data', a], stricter)).toMatchObject({ documents: 2, conflicts: 0 })
    expect(await bench.json(['namespace', 'rules', id, '--data', a])).toEqual(rules)
  })

  it('ends on one machine without a byte that is left, and begins there again', async () => {
    const [{ id } = { id: '' }] = await bench.json<{ id: string }[]>(['namespace', 'list', '--data', b])
    expect(has(b, 'stored-in-the-vault')).toBe(true)
    expect(await bench.json(['namespace', 'forget', id, '--data', b])).toEqual({ id, forgotten: true })
    expect(has(b, 'stored-in-the-vault')).toBe(false)
    expect(await bench.json(['namespace', 'list', '--data', b])).toEqual([])
    expect(await bench.json(['get', id, 'x', '--data', b])).toEqual({ _id: 'x', text: 'stored-in-the-vault' })
    // What no relay has is not lost by mistake.
    const far = bench.folder()
    const only = await bench.namespace(far, 'only', '--offline')
    await bench.json(['put', only, '--offline', '--data', far], '{}')
    expect(await bench.failure(['namespace', 'forget', only, '--data', far])).toMatchObject({ exit: 1, code: 'not-delivered' })
    expect(await bench.json(['namespace', 'forget', only, '--force', '--data', far])).toEqual({ id: only, forgotten: true })
  })

  it('names documents that break its rules, which updates that meet can do, and collections that have conflicts', async () => {
    const [one, two] = await Promise.all([a, b].map((data) => createDocstore({ data, network: 'off' })))
    if (one === undefined || two === undefined) throw new Error('no stores')
    const pairs = await one.namespaces.create({ name: 'pairs', write: 'anyone', collections: { docs: { schema: PAIRS } } })
    await pairs.putMany([
      { _id: 'x', left: 1, right: 1 },
      { _id: 'y', left: 1 },
    ])
    await give(pairs.id, one, two)
    await pairs.update('x', { $unset: { left: true } })
    await (await two.namespaces.open(pairs.id)).update('x', { $unset: { right: true } })
    for (const store of [one, two]) await (await store.namespaces.open(pairs.id)).collection('people').put({ _id: 'ada', by: store.info.identity })
    await give(pairs.id, two, one)
    await Promise.all([one.close(), two.close()])
    const { stdout, code } = await bench.run(['namespace', 'rules', pairs.id, '--check', '--data', a])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^docs\/x: the document does not fulfil .* \(anyOf\)\n$/)])
    const conflicts = await bench.run(['conflicts', pairs.id, '--data', a])
    expect(conflicts).toMatchObject({ code: 0, stdout: expect.not.stringContaining('ada'), stderr: expect.stringContaining('--collection people') })
  })
})
