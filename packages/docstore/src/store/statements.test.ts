import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type Namespace } from '../index-node.ts'

const METHODS = ['run', 'get', 'all', 'iterate'] as const
const originals = METHODS.map((method) => [method, StatementSync.prototype[method]] as const)
let statements = 0

/** How many statements run per document: what a commit runs besides, and totals that are stored now and then, is less than one. */
async function perDocument(count: number, work: () => Promise<unknown>): Promise<number> {
  const before = statements
  await work()
  return Math.floor((statements - before) / count)
}

let folder: string
let store: Docstore
let notes: Namespace

beforeAll(async () => {
  for (const [method, original] of originals) {
    Reflect.set(StatementSync.prototype, method, function (this: StatementSync, ...parameters: unknown[]): unknown {
      statements++
      return Reflect.apply(original, this, parameters)
    })
  }
  folder = await mkdtemp(join(tmpdir(), 'docstore-statements-'))
  store = await createDocstore({ data: join(folder, 'data'), network: 'off' })
  notes = await store.namespaces.create({ name: 'notes' })
  // What every store does once.
  await notes.put({ _id: 'first' })
})
afterAll(async () => {
  await store.close()
  for (const [method, original] of originals) Reflect.set(StatementSync.prototype, method, original)
  await rm(folder, { recursive: true, force: true })
})

describe('statements per document', () => {
  const documents = Array.from({ length: 200 }, (_, i) => ({ _id: `${i}`, n: i }))

  it('are four for a put: begin, what is there, the record, commit', async () => {
    const puts = async (): Promise<void> => {
      for (const document of documents) await notes.put(document)
    }
    expect(await perDocument(documents.length, puts)).toBe(4)
  })

  it('are two in a bulk write, and two more where an older version goes: away, and into the history', async () => {
    expect(
      await perDocument(documents.length, () => notes.putMany(documents.map((document) => ({ ...document, _id: `bulk ${document._id}` })))),
    ).toBe(2)
    expect(await perDocument(documents.length, () => notes.putMany(documents.map((document) => ({ ...document, n: -1 }))))).toBe(4)
  })

  it('are five for an update, and as many as before for a put where the namespace has edits: what is there is read with them', async () => {
    const updates = async (): Promise<void> => {
      for (const { _id } of documents.slice(0, 100)) await notes.update(_id, { $set: { n: 7 } })
    }
    expect(await perDocument(100, updates)).toBe(5)
    const puts = async (): Promise<void> => {
      for (const { _id } of documents) await notes.put({ _id: `later ${_id}` })
    }
    expect(await perDocument(documents.length, puts)).toBe(4)
  })
})
