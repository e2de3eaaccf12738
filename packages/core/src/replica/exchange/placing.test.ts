import { describe, expect, it } from 'vitest'
import { concatBytes, toHex } from '../../model/bytes.ts'
import { createNetwork } from '../../model/network/network.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { openReplica } from '../open-replica.ts'
import { partsOfRange } from '../../sets/part-spans.ts'
import { ALL_PARTS, NO_PARTS } from '../../sets/parts.ts'
import type { CommitEvent, Replica } from '../types.ts'

const network = createNetwork('placing')
const salt = new Uint8Array(16).fill(7)
const open = (): Promise<Replica> => openReplica(openNodeStorage(':memory:'), { network: network.bytes, aside: false })

/** A namespace with documents, one of them edited and one deleted, and the same at another peer. */
async function twoThatAreEqual() {
  const [from, to] = [await open(), await open()]
  const { id } = await from.createNamespace({ name: 'notes', write: 'anyone' })
  await from.write(id, 'docs', [
    { id: 'a', content: '{"_id":"a"}' },
    { id: 'b', content: '{"_id":"b","n":1}' },
    { id: 'c', content: '{"_id":"c"}' },
  ])
  await from.update(id, 'docs', { id: 'b', changes: { $set: { n: 2 } } })
  await from.write(id, 'docs', [{ id: 'c', content: null }])
  const namespace = await from.exportNamespace(id)
  if (namespace === undefined) throw new Error('no namespace')
  await to.importNamespace(namespace.genesis, namespace.head, namespace.signature)
  const { batch } = await from.batchSince(id, 0, { maxBytes: 1_000_000 })
  if (batch === undefined) throw new Error('no batch')
  await to.accept(id, batch)
  return { from, to, id }
}

const QUARTERS = [0, 1, 2, 3].map((index) => partsOfRange(2, index))

/** A namespace with 40 documents, some of them edited, and the same at another peer. */
async function twoWithParts() {
  const { from, to, id } = await twoThatAreEqual()
  const ids = Array.from({ length: 40 }, (_, i) => `d${i}`)
  await from.write(
    id,
    'docs',
    ids.map((one) => ({ id: one, content: JSON.stringify({ _id: one }) })),
  )
  for (const one of ids.slice(0, 9)) await from.update(id, 'docs', { id: one, changes: { $set: { n: 1 } } })
  const { batch } = await from.batchSince(id, 0, { maxBytes: 1_000_000 })
  await to.accept(id, batch ?? new Uint8Array())
  return { from, to, id, ids }
}

describe('parts of a namespace', () => {
  it('have prints and proofs of their own, which what is written in others leaves as they are', async () => {
    const { from, to, id } = await twoWithParts()
    const prints = (replica: Replica) => Promise.all(QUARTERS.map(async (parts) => (await replica.print(id, parts))?.print))
    const before = await prints(from)
    expect(await prints(to)).toEqual(before)
    expect((await from.print(id, ALL_PARTS))?.print).toEqual((await from.print(id))?.print)
    for (const parts of QUARTERS) expect(await from.prove([{ id, parts }], salt)).toEqual(await to.prove([{ id, parts }], salt))
    expect(await from.prove([{ id, parts: ALL_PARTS }], salt)).toEqual(await from.prove([{ id }], salt))
    await to.write(id, 'docs', [{ id: 'other', content: '{"_id":"other"}' }])
    const after = await prints(to)
    expect(after.filter((print, i) => toHex(print ?? salt) === toHex(before[i] ?? salt))).toHaveLength(3)
    const proofs = (replica: Replica) => Promise.all(QUARTERS.map((parts) => replica.prove([{ id, parts }], salt)))
    const [ours, theirs] = [await proofs(from), await proofs(to)]
    expect(ours.filter((proof, i) => toHex(proof ?? salt) === toHex(theirs[i] ?? salt))).toHaveLength(3)
  })

  it('are sent alone', async () => {
    const { from, id } = await twoWithParts()
    const sent = await Promise.all(QUARTERS.map(async (parts) => (await from.batchSince(id, 0, { maxBytes: 1_000_000, parts })).records))
    const counts = await Promise.all(QUARTERS.map(async (parts) => (await from.summary(id, parts)).count))
    expect(sent).toEqual(counts)
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe((await from.summary(id)).count)
    expect(await from.batchSince(id, 0, { maxBytes: 1_000_000, parts: NO_PARTS })).toMatchObject({ records: 0, more: false })
  })

  it('are taken away alone, unless they have changed since, and the namespace with the last of them', async () => {
    const { from, to, id, ids } = await twoWithParts()
    const parts = QUARTERS[1] ?? NO_PARTS
    const print = async (some: Uint8Array) => {
      const now = await to.print(id, some)
      if (now === undefined) throw new Error('no print')
      return now
    }
    const old = await print(parts)
    await from.write(
      id,
      'docs',
      ids.map((one) => ({ id: one, content: JSON.stringify({ _id: one, again: true }) })),
    )
    const { batch } = await from.batchSince(id, 0, { maxBytes: 1_000_000 })
    await to.accept(id, batch ?? new Uint8Array())
    expect(await to.takeAway(id, old, { parts, isLast: true })).toBe(false)

    const events: CommitEvent[] = []
    to.onCommit((event) => events.push(event))
    expect(await to.takeAway(id, await print(parts), { parts, isLast: true })).toBe(true)
    expect((await to.summary(id, parts)).count).toBe(0)
    expect((await to.summary(id)).count).toBe((await from.summary(id)).count - (await from.summary(id, parts)).count)
    expect(events).toMatchObject([{ namespace: id, head: true }])
    expect(await to.checkSummaries()).toEqual([])
    for (const others of QUARTERS.filter((one) => one !== parts))
      expect((await to.print(id, others))?.print).toEqual((await from.print(id, others))?.print)

    // What was taken away comes again.
    const again = await from.batchSince(id, 0, { maxBytes: 1_000_000, parts })
    await to.accept(id, again.batch ?? new Uint8Array())
    expect((await to.print(id))?.print).toEqual((await from.print(id))?.print)
    for (const one of QUARTERS) expect(await to.takeAway(id, await print(one), { parts: one, isLast: one === QUARTERS[3] })).toBe(true)
    expect(await to.namespaceIds()).toEqual([])
  })
})

it('of few parts little is looked at for one batch', async () => {
  const from = await open()
  const { id } = await from.createNamespace({ name: 'notes', write: 'anyone' })
  for (let page = 0; page < 3; page++)
    await from.write(
      id,
      'docs',
      Array.from({ length: 4000 }, (_, i) => ({ id: `${page} ${i}`, content: '{}' })),
    )
  const parts = partsOfRange(6, 7)
  const first = await from.batchSince(id, 0, { maxBytes: 100_000, parts })
  expect(first.more).toBe(true)
  expect(first.looked).toBeLessThanOrEqual(4096)
  let records = 0
  for (let since = 0, more = true; more; ) {
    const next = await from.batchSince(id, since, { maxBytes: 100_000, parts })
    records += next.records
    ;({ seq: since, more } = next)
  }
  expect(records).toBe((await from.summary(id, parts)).count)
})

it('parts are taken away with all edits of their documents, however many these are', async () => {
  const { from, to, id } = await twoThatAreEqual()
  const ids = Array.from({ length: 12 }, (_, i) => `e${i}`)
  await from.write(
    id,
    'docs',
    ids.map((one) => ({ id: one, content: JSON.stringify({ _id: one }) })),
  )
  const fields = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, 'x'.repeat(2000)]))
  for (const one of ids) await from.update(id, 'docs', { id: one, changes: { $set: fields } })
  for (let since = 0, more = true; more; ) {
    const next = await from.batchSince(id, since, { maxBytes: 100_000 })
    if (next.batch !== undefined) await to.accept(id, next.batch)
    ;({ seq: since, more } = next)
  }
  for (const parts of QUARTERS) {
    const print = await to.print(id, parts)
    if (print === undefined) throw new Error('no print')
    expect(await to.takeAway(id, print, { parts, isLast: false })).toBe(true)
    expect((await to.summary(id, parts)).count).toBe(0)
  }
  expect((await to.summary(id)).count).toBe(0)
})

it('of parts whose removal fails half-way, what is gone is told all the same', async () => {
  const storage = openNodeStorage(':memory:')
  const to = await openReplica(storage, { network: network.bytes, aside: false })
  const { id } = await to.createNamespace({ name: 'notes', write: 'anyone' })
  const ids = Array.from({ length: 200 }, (_, i) => `d${i}`)
  await to.write(
    id,
    'docs',
    ids.map((one) => ({ id: one, content: JSON.stringify({ _id: one }) })),
  )
  const print = await to.print(id, ALL_PARTS)
  if (print === undefined) throw new Error('no print')
  // A tree that is in use knows of all of them.
  await to.firstQuestion(id)
  const events: CommitEvent[] = []
  to.onCommit((event) => events.push(event))
  const removeLater = storage.removeLater.bind(storage)
  let calls = 0
  storage.removeLater = (...given) => {
    if (++calls > 1) throw new Error('the disk is full')
    return removeLater(...given)
  }
  await expect(to.takeAway(id, print, { parts: ALL_PARTS, isLast: false })).rejects.toThrow('the disk is full')
  expect(events).toMatchObject([{ namespace: id, head: true }])
  const { count } = await to.summary(id)
  expect(count).toBeLessThan(200)
  expect(await to.print(id, QUARTERS[0])).toBeDefined()
  const counts = await Promise.all(QUARTERS.map(async (parts) => (await to.summary(id, parts)).count))
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(count)
})

describe('what lies here of a namespace', () => {
  it('has one print, and one proof of a salt, wherever the same lies', async () => {
    const { from, to, id } = await twoThatAreEqual()
    const [a, b] = [await from.print(id), await to.print(id)]
    expect(a?.print).toEqual(b?.print)
    expect(await from.prove([{ id }], salt)).toEqual(await to.prove([{ id }], salt))
    expect(await from.prove([{ id }], new Uint8Array(16))).not.toEqual(await from.prove([{ id }], salt))
    expect(await to.prove([{ id }, { id: network.id }], salt)).toBeUndefined()
    expect(await to.print(network.id)).toBeUndefined()
  })

  it('has another print and proof after a write, and after its head has changed', async () => {
    const { from, to, id } = await twoThatAreEqual()
    await to.write(id, 'docs', [{ id: 'd', content: '{"_id":"d"}' }])
    expect((await to.print(id))?.print).not.toEqual((await from.print(id))?.print)
    expect(await to.prove([{ id }], salt)).not.toEqual(await from.prove([{ id }], salt))
    const before = await from.print(id)
    await from.changeHead(id, { title: 'other' })
    expect((await from.print(id))?.print).not.toEqual(before?.print)
  })

  it('is not taken away where it has changed since, and goes where it has not', async () => {
    const { to, id } = await twoThatAreEqual()
    const before = await to.print(id)
    if (before === undefined) throw new Error('no print')
    await to.write(id, 'docs', [{ id: 'd', content: '{"_id":"d"}' }])
    expect(await to.takeAway(id, before)).toBe(false)
    expect(await to.get(id, 'docs', 'd')).toBe('{"_id":"d"}')
    const now = await to.print(id)
    if (now === undefined) throw new Error('no print')
    expect(await to.takeAway(id, now)).toBe(true)
    expect(await to.namespaceIds()).toEqual([])
    expect(await to.takeAway(id, now)).toBe(false)
  })

  it('has files in its proof, each of them whole, by pieces that the salt names', async () => {
    const { from, to, id } = await twoThatAreEqual()
    const pieces = Array.from({ length: 6 }, (_, i) => new Uint8Array(256 * 1024).fill(i))
    const size = pieces.length * 256 * 1024
    const upload = async (replica: Replica): Promise<string> => {
      const digests: Uint8Array[] = []
      for (const piece of pieces) digests.push(...(await replica.uploadPieces('up', [piece])))
      return replica.uploadTree('up', concatBytes(...digests), size)
    }
    const cid = await upload(from)
    await from.write(id, 'files', [{ id: cid, content: JSON.stringify({ _id: cid, size }) }])
    const { batch } = await from.batchSince(id, 0, { maxBytes: 1_000_000 })
    await to.accept(id, batch ?? new Uint8Array())
    expect((await to.print(id))?.print).toEqual((await from.print(id))?.print)
    const proof = await from.prove([{ id }], salt)
    expect(proof).toBeDefined()
    // It has the document, and nothing of the file.
    expect(await to.prove([{ id }], salt)).toBeUndefined()
    for (
      let missing = await to.missingBlocks(id, cid, { from: 0, to: size });
      missing.length > 0;
      missing = await to.missingBlocks(id, cid, { from: 0, to: size })
    )
      for (const block of missing) expect(await to.storeBlock(id, cid, block, (await from.block(block.cid)) ?? new Uint8Array())).toBe(true)
    expect(await to.prove([{ id }], salt)).toEqual(proof)
    expect(await to.prove([{ id }], new Uint8Array(16))).not.toEqual(proof)
  })
})
