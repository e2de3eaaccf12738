import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { cidOf, DAG_CBOR, parseCid } from '../packages/core/src/model/encoding/cid.ts'
import { createSeed, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { type SignedAct, signAct } from '../packages/core/src/model/people/act.ts'
import type { LocalReplica } from '../packages/core/src/replica/local-replica.ts'
import { type OpenReplicaOptions, openReplica } from '../packages/core/src/replica/open-replica.ts'
import { MAX_BATCH_BYTES } from '../packages/core/src/replica/limits.ts'
import type { LogParcel } from '../packages/core/src/replica/types.ts'
import { openNodeStorage } from '../packages/core/src/storage/open-node.ts'
import { benchDocument } from './documents.ts'
import type { Figures } from './local.ts'

const DOCUMENTS = 100_000
const MEMBERS = 50
const HEADS = 1000
/** Documents that one call writes. */
const WRITES = 2000

const network = createNetwork('People')

interface Person {
  readonly replica: LocalReplica
  readonly log: LogParcel
  /** Revokes their device. */
  readonly revocation: SignedAct
}

function open(init: Pick<OpenReplicaOptions, 'identity' | 'person'> = {}): Promise<LocalReplica> {
  return openReplica(openNodeStorage(':memory:'), { network: network.bytes, ...init })
}

async function openPerson(): Promise<Person> {
  const [identity, recovery] = [createSeed(), identityFromSeed(createSeed())]
  const replica = await open({ identity, person: { recovery: recovery.author } })
  const log = (await replica.person())?.log
  if (log === undefined) throw new Error('There is a person')
  const at = timeFromMs(Date.now())
  const content = { type: 'revoke', key: identityFromSeed(identity).author, until: at, void: true } as const
  return { replica, log, revocation: signAct({ log: cidOf(DAG_CBOR, log.log), parents: [], at, do: content }, recovery) }
}

/** What a peer gives another one before it gives records: the log of the owner, the namespace, and all other logs. */
async function introduce(ns: string, from: LocalReplica, to: LocalReplica, owner: Person): Promise<void> {
  const bytes = await from.exportNamespace(ns)
  if (bytes === undefined) throw new Error('There is a namespace')
  await to.importActs(ns, [owner.log], bytes.genesis)
  await to.importNamespace(bytes.genesis, bytes.head, bytes.signature)
  await giveLogs(ns, from, to)
}

async function giveLogs(ns: string, from: LocalReplica, to: LocalReplica): Promise<void> {
  const roles = parseCid(DAG_CBOR, ns)?.multihash.digest.join()
  const wants = (await from.logTips(ns, new Uint8Array(), MEMBERS + 2)).map(({ log }) => ({ log, tips: [], skip: 0 }))
  const { logs } = await from.exportActs(ns, wants, Number.MAX_SAFE_INTEGER)
  // Who acts in the log of roles is known before it is.
  for (const isLast of [false, true])
    await to.importActs(
      ns,
      logs.filter(({ log }) => (log.join() === roles) === isLast),
    )
}

/** Batch after batch of what one replica has, as another one takes them; each step is one. */
async function* give(ns: string, from: LocalReplica, to: LocalReplica): AsyncGenerator<void> {
  for (let since = 0, more = true; more; ) {
    const part = await from.batchSince(ns, since, { maxBytes: MAX_BATCH_BYTES })
    ;({ seq: since, more } = part)
    if (part.batch !== undefined) {
      const accepted = await to.accept(ns, part.batch)
      if ('refused' in accepted || accepted.results.some((result) => result !== 'stored')) throw new Error('A record was refused')
    }
    yield
  }
}

async function write(ns: string, { replica }: Person, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += WRITES) {
    const writes = Array.from({ length: Math.min(WRITES, to - at) }, (_, i) => {
      const { _id, author, body, n, tags, title } = benchDocument(at + i, DOCUMENTS / 100)
      return { id: _id, content: JSON.stringify({ _id, author, body, n, tags, title }) }
    })
    await replica.write(ns, 'docs', writes)
  }
}

/** Processor time of this process so far, seconds. */
function processor(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Both at once, a step of one and a step of the other in turn, so that what else the machine does meets both alike. Seconds of processor time of each. */
async function inTurn(one: AsyncGenerator<void>, other: AsyncGenerator<void>): Promise<readonly [number, number]> {
  const spent: [number, number] = [0, 0]
  for (let left = 2; left > 0; ) {
    left = 0
    for (const [i, side] of [one, other].entries()) {
      const began = processor()
      const { done } = await side.next()
      spent[i === 0 ? 0 : 1] += processor() - began
      if (done !== true) left++
    }
  }
  return spent
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = processor()
  await work()
  return processor() - began
}

/** Namespaces of persons at size: a first sync, roles and devices that change, heads. All figures are processor time. */
export async function measurePeopleSync(): Promise<Figures> {
  const owner = await openPerson()
  const create = async (write: 'owner' | 'members'): Promise<string> => (await owner.replica.createNamespace({ name: write, write })).id
  const [owned, shared] = [await create('owner'), await create('members')]
  await write(owned, owner, 0, DOCUMENTS)
  const share = DOCUMENTS / MEMBERS
  const members: Person[] = []
  for (let i = 0; i < MEMBERS; i++) {
    const member = await openPerson()
    await owner.replica.importActs(shared, [member.log])
    await owner.replica.changeRoles(shared, { type: 'grant', to: member.log.log, role: 'write', from: 0 })
    members.push(member)
  }
  for (const [i, member] of members.entries()) {
    await introduce(shared, owner.replica, member.replica, owner)
    await write(shared, member, i * share, (i + 1) * share)
    for await (const _ of give(shared, member.replica, owner.replica)) continue
    await member.replica.close()
  }
  const target = await open()
  for (const ns of [owned, shared]) await introduce(ns, owner.replica, target, owner)
  const [byOwner, byMembers] = await inTurn(give(owned, owner.replica, target), give(shared, owner.replica, target))

  const [first, second, third] = members
  if (first === undefined || second === undefined || third === undefined) throw new Error('There are members')
  const revoked = await seconds(() => target.importActs(shared, [{ ...third.log, acts: [third.revocation] }]))
  await owner.replica.changeRoles(shared, { type: 'dismiss', who: first.log.log, until: timeFromMs(Date.now()) })
  const kept = await seconds(() => giveLogs(shared, owner.replica, target))
  await owner.replica.changeRoles(shared, { type: 'dismiss', who: second.log.log, until: 0, void: true })
  const removed = await seconds(() => giveLogs(shared, owner.replica, target))

  const changed = await seconds(async () => {
    for (let i = 0; i < HEADS; i++) await owner.replica.changeHead(owned, { title: `Title ${i}` })
  })
  const heads: { genesis: Uint8Array; head: Uint8Array; signature: Uint8Array }[] = []
  for (let i = 0; i < HEADS; i++) {
    await owner.replica.changeHead(shared, { title: `Title ${i}` })
    const bytes = await owner.replica.exportNamespace(shared)
    if (bytes !== undefined) heads.push(bytes)
  }
  const taken = await seconds(async () => {
    for (const { genesis, head, signature } of heads) await target.importNamespace(genesis, head, signature)
  })
  await Promise.all([owner.replica.close(), target.close()])
  return {
    'first sync of 100,000, owner, s': byOwner,
    'first sync of 100,000, members, s': byMembers,
    'members beside owner, ×': byMembers / byOwner,
    'judged again, a device was revoked, s': revoked,
    'judged again, a role has ended, s': kept,
    'judged again, 2,000 records go, s': removed,
    'heads changed, /s': HEADS / changed,
    'heads taken from others, /s': HEADS / taken,
  }
}
