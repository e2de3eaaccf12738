import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { errorCode } from '../../errors.ts'
import { toHex } from '../../model/bytes.ts'
import { decodeQuestion, decodeReply, highOf } from '../../sets/ranges.ts'
import { questionAbout } from '../../sets/reconcile.ts'
import { SummedTree } from '../../sets/summed-tree.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import type { Storage } from '../../storage/storage.ts'
import { seededRandom } from '../../testing/random.ts'
import { slotsOf } from '../../testing/reconciliation.ts'
import { addNamespace, entry, slot, version } from '../../testing/storage/fixtures.ts'
import { Auditor } from './auditor.ts'
import { AUDIT_BUDGET, MAX_AUDITED, MIN_AUDITED } from '../limits.ts'

const random = seededRandom(41)
let now = 0
let pauses = 0

function auditorOf(storage: Storage): Auditor {
  const pause = async (): Promise<void> => void pauses++
  return new Auditor({ storage, random, now: () => now, pause })
}

/** A storage with numbered records, whose hashes a test can choose. */
async function filled(count: number, hashOf: (i: number) => Uint8Array = (i) => sha256(`hash ${i}`)): Promise<{ storage: Storage; ns: number }> {
  const storage = openNodeStorage(':memory:')
  const ns = await addNamespace(storage)
  const records = Array.from({ length: count }, (_, i) => entry({ ...version({ id: `${i}` }), hash: hashOf(i) }))
  await storage.commit(ns, records)
  return { storage, ns }
}

/** Runs one audit to its end; nothing is moved. */
async function audit(mine: Auditor, theirs: Auditor, ns = 1): Promise<{ rounds: number; need: string[]; have: string[] }> {
  const [need, have] = [new Set<string>(), new Set<string>()]
  let rounds = 0
  for (let next = await mine.firstQuestion(ns); next !== undefined; rounds++) {
    const question = decodeQuestion(next)
    if (!question.ok || question.value.salt === undefined) throw new Error('not a question of an audit')
    const { salt } = question.value
    const reply = decodeReply(await theirs.answer(ns, question.value, salt), question.value)
    if (!reply.ok) throw new Error(reply.reason)
    const difference = await mine.compareReply(ns, question.value, salt, reply.value)
    for (const one of slotsOf(difference.need)) need.add(one)
    for (const one of slotsOf(difference.have)) have.add(one)
    ;({ next } = difference)
  }
  return { rounds, need: [...need].sort(), have: [...have].sort() }
}

function plus(hash: Uint8Array, amount: 1 | -1): Uint8Array {
  // No carry: the lowest byte of the hashes in these tests is chosen.
  return hash.with(0, (hash[0] ?? 0) + amount)
}

beforeEach(() => {
  now = 0
  pauses = 0
})

describe('an audit', () => {
  const opened: Storage[] = []
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close()
  })
  const open = async (...args: Parameters<typeof filled>): Promise<{ storage: Storage; ns: number; auditor: Auditor }> => {
    const one = await filled(...args)
    opened.push(one.storage)
    return { ...one, auditor: auditorOf(one.storage) }
  }

  it('finds sets whose hashes add up to the same, which roots do not tell apart', async () => {
    const honest = (i: number): Uint8Array => sha256(`hash ${i}`).with(0, 100)
    const forged = (i: number): Uint8Array => plus(honest(i), i % 2 === 0 ? 1 : -1)
    const differing = [10, 11, 500, 501]
    const mine = await open(800, honest)
    const theirs = await open(800, (i) => (differing.includes(i) ? forged(i) : honest(i)))
    expect(await mine.storage.total(1)).toEqual(await theirs.storage.total(1))
    const slots = differing.map((i) => toHex(slot(`cities/${i}`))).sort()
    // Of one time, so that each side needs the other's version: which one stands is for merging to say.
    expect(await audit(mine.auditor, theirs.auditor)).toMatchObject({ need: slots, have: slots })
  })

  it('of equal sets takes one question; of none there is nothing to ask', async () => {
    const [mine, theirs] = [await open(5000), await open(5000)]
    expect(await audit(mine.auditor, theirs.auditor)).toEqual({ rounds: 1, need: [], have: [] })
    const empty = await open(0)
    expect(await empty.auditor.firstQuestion(empty.ns)).toBeUndefined()
  })

  it('has another salt each time', async () => {
    const { auditor, ns } = await open(3)
    expect(await auditor.firstQuestion(ns)).not.toEqual(await auditor.firstQuestion(ns))
  })

  it('looks at a sixteenth of the records, 1,024 at least; every record has its turn', async () => {
    const count = 20_000
    const { storage, auditor, ns } = await open(count)
    const all = new SummedTree()
    for (const { slot: one, hash, at } of await storage.versionsSince(ns, 0, count)) all.set(one, hash, at)
    const seen = new Set<string>()
    let wraps = 0
    for (let run = 0; run < 60; run++) {
      const question = decodeQuestion((await auditor.firstQuestion(ns)) ?? new Uint8Array())
      if (!question.ok) throw new Error(question.reason)
      let looked = 0
      for (const span of question.value.ranges) {
        for (const found of all.entries(span.low, highOf(span))) {
          seen.add(toHex(found.slot))
          looked++
        }
      }
      if (question.value.ranges.length === 2) wraps++
      expect(looked).toBe(count / 16)
      now += 1000
    }
    expect(wraps).toBeGreaterThan(0)
    expect(seen.size).toBeGreaterThan(count * 0.95)
    const few = await open(MIN_AUDITED)
    const whole = decodeQuestion((await few.auditor.firstQuestion(few.ns)) ?? new Uint8Array())
    expect(whole.ok && whole.value.ranges.map(({ low, high }) => [low.length, high.length])).toEqual([[0, 0]])
  })

  it('goes on where the peers differ a lot, and where they are written to meanwhile', async () => {
    const mine = await open(3000)
    const theirs = await open(3000, (i) => sha256(`other ${i}`))
    const { need, have } = await audit(mine.auditor, theirs.auditor)
    expect(need.length).toBe(MIN_AUDITED)
    expect(have).toEqual(need)
  })
})

describe('the work of audits', () => {
  const question = (salt: Uint8Array) => {
    const decoded = decodeQuestion(questionAbout(new SummedTree(), [{ low: new Uint8Array(), high: new Uint8Array() }], salt))
    if (!decoded.ok) throw new Error(decoded.reason)
    return decoded.value
  }
  const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'answered', errorCode)

  it('is bounded over time: then a peer is busy, and later it answers again', async () => {
    const { storage, ns } = await filled(10_000)
    const auditor = auditorOf(storage)
    const ask = (): Promise<string> => codeOf(auditor.answer(ns, question(random.bytes(16)), random.bytes(16)))
    let answered = 0
    while ((await ask()) === 'answered') answered++
    expect(answered).toBeGreaterThan((0.9 * AUDIT_BUDGET) / 10_000)
    expect(answered).toBeLessThanOrEqual(AUDIT_BUDGET / 10_000)
    expect(await ask()).toBe('busy')
    now += 10_000
    expect(await ask()).toBe('answered')
    expect(pauses).toBeGreaterThan(0)
    await storage.close()
  })

  it('is bounded for one question, however much it asks about', async () => {
    const storage = openNodeStorage(':memory:')
    let read = 0
    const endless: Storage = {
      ...storage,
      versionsBetween: (_, low, __, limit) => {
        read += limit
        return Array.from({ length: limit }, (___, i) => ({ seq: i, slot: Uint8Array.of(...low.slice(0, 14), i >> 8, i & 255), hash: low, at: 1 }))
      },
    }
    const salt = random.bytes(16)
    expect(await codeOf(auditorOf(endless).answer(1, question(salt), salt))).toBe('busy')
    expect(read).toBeLessThanOrEqual(AUDIT_BUDGET)
    expect(MAX_AUDITED).toBeLessThan(AUDIT_BUDGET)
    await storage.close()
  })
})
