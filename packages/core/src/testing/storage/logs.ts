import { expect } from 'vitest'
import { sha256 } from '#crypto'
import { cidOf, DAG_CBOR } from '../../model/encoding/cid.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { signAct } from '../../model/people/act.ts'
import { concatBytes, toHex } from '../../model/bytes.ts'
import { OWN_LOGS, type StoredAct } from '../../storage/logs/log-storage.ts'
import { addNamespace, author, put } from './fixtures.ts'
import { type OpenStorage, testOn } from './test-on.ts'

const actOf = (name: string): StoredAct => ({ hash: sha256(name), bytes: sha256(`bytes of ${name}`), signature: sha256(`signature of ${name}`) })

/** What storages do with logs of persons and roles. */
export function logsContract(open: OpenStorage): void {
  const test = testOn(open)
  const ada = sha256('ada')
  const [first, second] = [actOf('first'), actOf('second')]

  test('a log keeps its acts in their order, and its tips', async ({ storage, reopen }) => {
    expect(await storage.hasLogs()).toBe(false)
    expect(await storage.acts(ada)).toEqual([])
    await storage.addActs({ log: ada, genesis: sha256('genesis'), tips: [] }, [], OWN_LOGS)
    await storage.addActs({ log: ada, genesis: sha256('genesis'), tips: [second.hash] }, [second, first])
    await storage.addActs({ log: sha256('roles'), genesis: undefined, tips: [first.hash, second.hash] }, [first, second])
    const opened = await reopen()
    expect(await opened.hasLogs()).toBe(true)
    expect(await opened.acts(ada)).toEqual([second, first])
    expect(await opened.logs()).toContainEqual({ log: ada, genesis: sha256('genesis'), tips: [second.hash] })
    expect(await opened.logs()).toContainEqual({ log: sha256('roles'), genesis: undefined, tips: [first.hash, second.hash] })
    expect(await opened.logNeeds()).toEqual([{ ns: OWN_LOGS, log: ada, told: false }])
  })

  test('a log keeps its tips where they are many', async ({ storage, reopen }) => {
    const person = identityFromSeed(sha256('person'))
    const label = { type: 'label', key: person.author, label: '' } as const
    const acts = Array.from({ length: 100 }, (_, at) => signAct({ log: cidOf(DAG_CBOR, ada), parents: [], at, do: label }, person))
    const last = signAct({ log: cidOf(DAG_CBOR, ada), parents: acts.slice(0, 10).map(({ hash }) => hash), at: 100, do: label }, person)
    const tips = [...acts.slice(10), last].map(({ hash }) => hash)
    await storage.addActs({ log: ada, genesis: undefined, tips }, [...acts, last])
    const opened = await reopen()
    expect(await opened.logs()).toEqual([{ log: ada, genesis: undefined, tips }])
  })

  test('a log that changes takes a position in each namespace that needs it, and in no other', async ({ storage }) => {
    const [ns, other, idle] = [await addNamespace(storage), await addNamespace(storage, 'other'), await addNamespace(storage, 'idle')]
    await storage.commit(ns, [put({ id: '1' })])
    const before = await storage.lastSeq(ns)
    expect(await storage.addActs({ log: ada, genesis: ada, tips: [] }, [], ns)).toEqual([ns])
    expect(await storage.addActs({ log: ada, genesis: ada, tips: [] }, [], other)).toEqual([other])
    expect(await storage.lastSeq(ns)).toBe(before + 1)
    expect(await storage.addActs({ log: ada, genesis: ada, tips: [first.hash] }, [first])).toEqual([ns, other])
    expect(await storage.lastSeq(ns)).toBe(before + 2)
    expect(await storage.lastSeq(idle)).toBe(0)
    await storage.commit(ns, [put({ id: '2' })])
    expect(await storage.lastSeq(ns)).toBe(before + 3)
  })

  test('acts that are taken away are gone, and every namespace that needs the log takes a position', async ({ storage, reopen }) => {
    const ns = await addNamespace(storage)
    await storage.addActs({ log: ada, genesis: ada, tips: [second.hash] }, [first, second], ns)
    const before = await storage.lastSeq(ns)
    expect(await storage.dropActs({ log: ada, genesis: ada, tips: [first.hash] }, [second.hash])).toEqual([ns])
    expect(await storage.dropActs({ log: sha256('unknown'), genesis: ada, tips: [] }, [second.hash])).toEqual([])
    const opened = await reopen()
    expect(await opened.acts(ada)).toEqual([first])
    expect(await opened.logs()).toEqual([{ log: ada, genesis: ada, tips: [first.hash] }])
    expect(await opened.lastSeq(ns)).toBe(before + 1)
  })

  test('a log goes with the last namespace that needs it, and that of this peer stays', async ({ storage }) => {
    const [ns, other] = [await addNamespace(storage), await addNamespace(storage, 'other')]
    const own = sha256('own')
    for (const one of [ns, other]) await storage.addActs({ log: ada, genesis: ada, tips: [first.hash] }, one === ns ? [first] : [], one)
    await storage.addActs({ log: own, genesis: own, tips: [] }, [], OWN_LOGS)
    await storage.addActs({ log: own, genesis: own, tips: [first.hash] }, [first], ns)
    await storage.forgetNamespace(ns)
    expect(await storage.acts(ada)).toEqual([first])
    await storage.forgetNamespace(other)
    expect(await storage.acts(ada)).toEqual([])
    expect((await storage.logs()).map(({ log }) => log)).toEqual([own])
    expect(await storage.acts(own)).toEqual([first])
    expect(await storage.logNeeds()).toEqual([{ ns: OWN_LOGS, log: own, told: false }])
  })

  test('what others say that a namespace needs is told from what it needs, until it does', async ({ storage, reopen }) => {
    const ns = await addNamespace(storage)
    const genesis = { log: ada, genesis: ada, tips: [] }
    expect(await storage.addActs(genesis, [], ns, true, true)).toEqual([ns])
    const opened = await reopen()
    expect(await opened.logNeeds()).toEqual([{ ns, log: ada, told: true }])
    expect(await opened.addActs({ ...genesis, tips: [first.hash] }, [first])).toEqual([ns])
    // Others know of it already.
    expect(await opened.addActs({ ...genesis, tips: [first.hash] }, [], ns)).toEqual([])
    expect(await opened.logNeeds()).toEqual([{ ns, log: ada, told: false }])
    await opened.addActs({ ...genesis, tips: [first.hash] }, [], ns, true, true)
    expect(await opened.logNeeds()).toEqual([{ ns, log: ada, told: false }])
  })

  test('records of a person are found by whichever device signed them, between two positions', async ({ storage }) => {
    const ns = await addNamespace(storage)
    const [laptop, phone] = [concatBytes(author('laptop'), ada), concatBytes(author('phone'), ada)]
    const by = [laptop, author('laptop'), phone, concatBytes(author('phone'), sha256('eve')), laptop]
    await storage.commit(
      ns,
      by.map((one, i) => put({ id: `${i + 1}`, by: one })),
    )
    const found = async (persons: readonly Uint8Array[], since = 0, to = 5, limit = 10): Promise<readonly number[]> =>
      (await storage.recordsOf(ns, { persons, since, to, limit })).map(({ seq }) => seq)
    expect(await found([ada])).toEqual([1, 3, 5])
    expect(await found([ada], 1, 4)).toEqual([3])
    expect(await found([ada, sha256('eve')], 0, 5, 2)).toEqual([1, 3])
    expect(await found([sha256('nobody')])).toEqual([])
    // A key alone is whoever signs for nobody; and records are found by what they are called.
    expect(await found([author('laptop')])).toEqual([2])
    const hashes = (await storage.recordsSince(ns, 3, 1)).map(({ hash }) => toHex(hash))
    const named = await storage.recordsOf(ns, { persons: [author('laptop')], hashes, since: 0, to: 5, limit: 10 })
    expect(named.map(({ seq }) => seq)).toEqual([2, 4])
    expect(await storage.removeLater(ns, { after: -1, since: 0, limit: 10, only: [1, 5] })).toBe(2)
    expect(await found([ada])).toEqual([3])
  })

  test('a log that nobody needs can be taken away, and no other', async ({ storage }) => {
    await storage.addActs({ log: ada, genesis: ada, tips: [first.hash] }, [first], await addNamespace(storage))
    await storage.addActs({ log: sha256('idle'), genesis: ada, tips: [first.hash] }, [first])
    await storage.dropLog(ada)
    await storage.dropLog(sha256('idle'))
    expect((await storage.logs()).map(({ log }) => log)).toEqual([ada])
    expect(await storage.acts(ada)).toEqual([first])
    expect(await storage.acts(sha256('idle'))).toEqual([])
  })
}
