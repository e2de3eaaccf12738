import { afterEach, beforeEach, expect, it } from 'vitest'
import { equalBytes } from '../../model/bytes.ts'
import { timeFromMs } from '../../model/clock.ts'
import { DAG_CBOR, parseCid } from '../../model/encoding/cid.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { createNetwork } from '../../model/network/network.ts'
import { signAct } from '../../model/people/act.ts'
import { authorName } from '../../model/people/author.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { shuffled } from '../../testing/people-world.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { LogParcel } from '../types.ts'

const PERSONS = 50
const POLICIES = ['author', 'members'] as const
const network = createNetwork('fifty')
const random = seededRandom(5)
const recovery = identityFromSeed(new Uint8Array(32).fill(7))

interface Person {
  readonly replica: LocalReplica
  readonly log: LogParcel
  readonly author: Uint8Array
}

let now: number
let opened: LocalReplica[]
beforeEach(() => {
  now = Date.UTC(2026, 5, 1)
  opened = []
})
afterEach(async () => {
  for (const replica of opened) await replica.close()
})

async function open(person = false): Promise<LocalReplica> {
  const choice = person ? { identity: random.bytes(32), person: { recovery: recovery.author } } : {}
  const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes, now: () => now, aside: false, ...choice })
  opened.push(replica)
  return replica
}

async function openPerson(): Promise<Person> {
  const replica = await open(true)
  const log = (await replica.person())?.log
  const [device] = (await replica.personFacts())?.devices ?? []
  if (log === undefined || device === undefined) throw new Error('no person')
  return { replica, log, author: new Uint8Array([...device.key, ...log.log]) }
}

/** What one gives the other of a namespace: logs, that of its roles last, the head, then all records. Gives what became of these. */
async function give(ns: string, from: LocalReplica, to: LocalReplica, owner: LogParcel): Promise<readonly string[]> {
  const bytes = await from.exportNamespace(ns)
  if (bytes === undefined) throw new Error('no namespace')
  if ((await to.namespace(ns)) === undefined) await to.importActs(ns, [owner], bytes.genesis)
  await to.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  const roles = parseCid(DAG_CBOR, ns)?.multihash.digest ?? new Uint8Array()
  const missing = await to.missingLogs(ns, await from.logTips(ns, new Uint8Array(), 2 * PERSONS))
  const wants = missing.map((one) => ({ ...one, skip: 0 }))
  const { logs } = await from.exportActs(ns, wants, Number.MAX_SAFE_INTEGER)
  for (const isRoles of [false, true])
    await to.importActs(
      ns,
      logs.filter(({ log }) => equalBytes(log, roles) === isRoles),
    )
  const results: string[] = []
  for (let since = 0, more = true; more; ) {
    const part = await from.batchSince(ns, since, { maxBytes: 100_000 })
    ;({ seq: since, more } = part)
    const accepted = part.batch === undefined ? undefined : await to.accept(ns, part.batch)
    if (accepted !== undefined && 'refused' in accepted) throw new Error(accepted.refused)
    results.push(...(accepted?.results ?? []))
  }
  return results
}

async function write(ns: string, { replica, author }: Person, name: string): Promise<void> {
  const id = (await replica.namespace(ns))?.write === 'author' ? `${authorName(author)}/${name}` : `${authorName(author)} ${name}`
  await replica.write(ns, 'notes', [{ id, content: `{"_id":"${id}"}` }])
}

async function ids(ns: string, replica: LocalReplica): Promise<readonly string[]> {
  const { contents } = await replica.find(ns, 'notes', { limit: 1000, sort: { _id: 1 } })
  return contents.map((content) => (JSON.parse(content) as { readonly _id: string })._id)
}

it.each(POLICIES)(
  'of fifty persons in a namespace of policy %s one is revoked while two halves are apart: after they met all have the same, and later writes are refused everywhere',
  async (policy) => {
    const owner = await openPerson()
    const { id: ns } = await owner.replica.createNamespace({ name: policy, write: policy, nonce: random.bytes(16) })
    const [left, right] = [await open(), await open()]
    const persons: Person[] = []
    for (let i = 0; i < PERSONS; i++) persons.push(await openPerson())
    for (const { log } of persons) {
      await owner.replica.importActs(ns, [log])
      if (policy === 'members') await owner.replica.changeRoles(ns, { type: 'grant', to: log.log, role: 'write', from: 0 })
    }
    const share = async (...replicas: readonly LocalReplica[]): Promise<void> => {
      for (const one of replicas) for (const other of replicas) if (one !== other) await give(ns, one, other, owner.log)
    }
    await share(owner.replica, left, right)
    const halfOf = (i: number): LocalReplica => (i % 2 === 0 ? left : right)
    for (const [i, person] of persons.entries()) {
      await give(ns, halfOf(i), person.replica, owner.log)
      await write(ns, person, 'before')
      await give(ns, person.replica, halfOf(i), owner.log)
    }
    await share(left, right)
    expect(await ids(ns, left)).toHaveLength(PERSONS)

    // Apart: on the left somebody is revoked, or dismissed, who writes on the right.
    const [, lost] = persons
    if (lost === undefined) throw new Error('nobody')
    now += 60_000
    const until = timeFromMs(now)
    now += 60_000
    if (policy === 'members') {
      await owner.replica.changeRoles(ns, { type: 'dismiss', who: lost.log.log, until })
      await give(ns, owner.replica, left, owner.log)
    } else {
      const cid = parseCid(DAG_CBOR, (await lost.replica.person())?.id ?? '')
      const key = lost.author.slice(0, 34)
      if (cid === undefined) throw new Error('no person')
      const act = signAct({ log: cid, parents: [], at: timeFromMs(now), do: { type: 'revoke', key, until } }, recovery)
      expect(await left.importActs(ns, [{ ...lost.log, acts: [act] }])).toMatchObject({ stored: 1 })
    }
    for (const [i, person] of shuffled([...persons.entries()], random)) {
      await write(ns, person, 'apart')
      const results = await give(ns, person.replica, halfOf(i), owner.log)
      expect(results.filter((result) => result === 'stored')).toHaveLength(1)
    }
    const gone = (await ids(ns, right)).filter((id) => id.includes(authorName(lost.author)) && id.endsWith('apart'))
    expect(gone).toHaveLength(1)

    await share(left, right)
    const fresh = await open()
    await share(left, right, fresh)
    for (const replica of [left, right, fresh]) {
      const found = await ids(ns, replica)
      expect(found).toHaveLength(2 * PERSONS - 1)
      expect(found).not.toContain(gone[0])
      expect((await replica.summary(ns)).root).toBe((await left.summary(ns)).root)
      expect(await replica.logsDigest(ns)).toEqual(await left.logsDigest(ns))
    }
    // Who was revoked has not heard of it, or does as if.
    await write(ns, lost, 'later')
    for (const replica of [left, right, fresh]) {
      const results = await give(ns, lost.replica, replica, owner.log)
      expect(results.toSorted()).toEqual(['revoked', 'revoked', 'same'])
      expect(await ids(ns, replica)).toHaveLength(2 * PERSONS - 1)
    }
  },
  60_000,
)
