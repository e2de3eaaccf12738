import { expect, it } from 'vitest'
import { toHex } from '../../model/bytes.ts'
import type { CommitEntry, NewRecord, Storage } from '../../storage/storage.ts'
import { addNamespace, author, compete, FAIL, put, sealOver, slotOf, version, type VersionInit } from './fixtures.ts'
import { type OpenStorage } from './test-on.ts'
import { signerOf } from './plans.ts'
import { fc } from '../fast-check.ts'
import { samples } from '../samples.ts'

interface Kept {
  readonly seq: number
  readonly record: NewRecord
  /** Which seal it stands under, by the order in which they were made; `undefined` for none. */
  readonly seal: number | undefined
}

/** What a namespace must hold, in the simplest way to say it. */
class ModelNamespace {
  seq = 0
  readonly kept = new Map<string, Kept>()

  records(): Kept[] {
    return [...this.kept.values()].sort((a, b) => a.seq - b.seq)
  }

  store(record: NewRecord, seal: number | undefined, { isCompeting }: { isCompeting: boolean }): boolean {
    const key = toHex(slotOf(record))
    const old = this.kept.get(key)?.record
    const loses = isCompeting && old !== undefined && (old.at > record.at || (old.at === record.at && toHex(old.hash) <= toHex(record.hash)))
    if (loses) return false
    this.kept.set(key, { seq: ++this.seq, record, seal })
    return true
  }
}

const writes = fc.array(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    at: fc.integer({ min: 1, max: 6 }),
    by: fc.constantFrom(author('ada'), author('bob')),
    fields: fc.constantFrom(null, { n: 1 }, { n: [1] }),
  }),
  { minLength: 1, maxLength: 6 },
)
const steps = fc.array(
  fc.record({ ns: fc.constantFrom(0, 1), kind: fc.constantFrom('unsealed', 'sealed', 'arriving', 'failing', 'attach', 'reopen'), writes }),
  { maxLength: 25 },
)

/** Any sequence of commits and seals, against a model. */
export function modelContract(open: OpenStorage): void {
  it('holds what a simple model holds, after any sequence of steps', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const opened = await open()
        try {
          let { storage } = opened
          const numbers = [await addNamespace(storage, 'a'), await addNamespace(storage, 'b')]
          const models = [new ModelNamespace(), new ModelNamespace()]
          let seals = 0
          for (const { ns, kind, writes } of steps) {
            const number = numbers[ns] ?? 0
            const model = models[ns] ?? new ModelNamespace()
            if (kind === 'reopen') storage = await opened.reopen()
            else if (kind === 'attach') seals = await attach(storage, number, model, seals)
            else if (kind === 'failing')
              await expect(async () => storage.commit(number, [...writes.map((write) => put(write)), FAIL])).rejects.toThrow('planned')
            else seals = await commit(storage, { number, model, kind, writes, seals })
            await compare(storage, number, model)
          }
        } finally {
          await opened.cleanup()
        }
      }),
      { numRuns: samples(15, 40) },
    )
  }, 120_000)
}

interface Commit {
  readonly number: number
  readonly model: ModelNamespace
  readonly kind: 'unsealed' | 'sealed' | 'arriving'
  readonly writes: readonly VersionInit[]
  readonly seals: number
}

async function commit(storage: Storage, { number, model, kind, writes, seals }: Commit): Promise<number> {
  if (kind === 'sealed') {
    const distinct = [...new Map(writes.map((write) => [write.id, write])).values()]
    for (const write of distinct) model.store(version(write), seals, { isCompeting: false })
    await storage.commit(
      number,
      distinct.map((write) => put(write)),
      { sealWith: signerOf({ kind: 'sign', by: author('ada') }) },
    )
    return seals + 1
  }
  if (kind === 'unsealed') {
    for (const write of writes) model.store(version(write), undefined, { isCompeting: true })
    await storage.commit(
      number,
      writes.map((write) => compete(write)),
    )
    return seals
  }
  // The first write has a seal of its own, the others share one.
  const arriving = [sealOver([version(writes[0])]), sealOver(writes.slice(1).map((write) => version(write)))]
  const entries: CommitEntry[] = writes.map((write, i) => compete(write, Math.min(i, 1)))
  writes.forEach((write, i) => model.store(version(write), seals + Math.min(i, 1), { isCompeting: true }))
  await storage.commit(number, entries, { seals: arriving })
  return seals + 2
}

async function attach(storage: Storage, number: number, model: ModelNamespace, seals: number): Promise<number> {
  const waiting = model.records().filter(({ seal }) => seal === undefined)
  const unsealed = await storage.unsealed(number, 100)
  expect(unsealed.map(({ seq }) => seq)).toEqual(waiting.map(({ seq }) => seq))
  if (unsealed.length === 0) return seals
  await storage.attachSeal(
    number,
    unsealed.map(({ seq }) => seq),
    sealOver(unsealed),
  )
  for (const one of waiting) model.kept.set(toHex(slotOf(one.record)), { ...one, seal: seals })
  return seals + 1
}

async function compare(storage: Storage, number: number, model: ModelNamespace): Promise<void> {
  const records = await storage.recordsSince(number, 0, 1000)
  const expected = model.records()
  expect(await storage.lastSeq(number)).toBe(model.seq)
  expect(records.map(({ seq, hash, by }) => [seq, hash, by])).toEqual(expected.map(({ seq, record }) => [seq, record.hash, record.by]))
  const modelSeals = new Map<number, number>()
  for (const [i, { seal: actual }] of records.entries()) {
    const seal = expected[i]?.seal
    expect(actual === null).toBe(seal === undefined)
    if (actual === null || seal === undefined) continue
    // One seal of ours for one of the model's, and it is there.
    expect(modelSeals.get(actual) ?? seal).toBe(seal)
    modelSeals.set(actual, seal)
    const { hashes } = (await storage.seal(actual)) ?? { hashes: new Uint8Array() }
    expect(toHex(hashes)).toContain(toHex(records[i]?.hash ?? new Uint8Array()))
  }
  expect(new Set(modelSeals.values()).size).toBe(modelSeals.size)
  // Seals of records that are gone are gone: there are no more than those in use here and in the other namespace.
  const others = (await storage.namespaces()).filter(({ ns }) => ns !== number)
  const all = [...records]
  for (const { ns } of others) all.push(...(await storage.recordsSince(ns, 0, 1000)))
  const inUse = new Set(all.flatMap(({ seal }) => seal ?? []))
  for (let seal = 0; seal <= Math.max(0, ...inUse) + 2; seal++) expect((await storage.seal(seal)) !== undefined).toBe(inUse.has(seal))
}
