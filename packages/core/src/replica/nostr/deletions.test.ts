import { expect, it } from 'vitest'
import type { NostrEvent } from '../../model/nostr/event.ts'
import { openNodeStorage } from '../../storage/open-node.ts'
import { EVENT_TIME, testAuthor, unsignedEvent } from '../../testing/nostr-events.ts'
import { seededRandom } from '../../testing/random.ts'
import type { LocalReplica } from '../local-replica.ts'
import { openReplica } from '../open-replica.ts'
import type { ReplicaNostr } from './types.ts'

const VERIFIED = { isVerified: true } as const
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => testAuthor(name).pubkey) as [string, string, string]

interface World {
  readonly replica: LocalReplica
  readonly nostr: ReplicaNostr
  clock: number
}

async function world(): Promise<World> {
  const at = { clock: (EVENT_TIME + 1000) * 1000 }
  const replica = await openReplica(openNodeStorage(':memory:'), { now: () => at.clock, networkName: 'nostr' })
  return Object.assign(at, { replica, nostr: await replica.nostr() })
}

const idsOf = async (nostr: ReplicaNostr): Promise<string[]> => (await nostr.page({}, { limit: 1000 })).events.map(({ id }) => id).sort()
const by = (pubkey: string, fields: Parameters<typeof unsignedEvent>[1]): NostrEvent => unsignedEvent(pubkey, fields)
const deletion = (pubkey: string, tags: readonly string[][], created_at = EVENT_TIME + 10): NostrEvent => by(pubkey, { kind: 5, tags, created_at })
const vanish = (pubkey: string, created_at: number): NostrEvent => by(pubkey, { kind: 62, tags: [['relay', 'ALL_RELAYS']], created_at })

async function putAll(nostr: ReplicaNostr, ...events: readonly NostrEvent[]): Promise<string[]> {
  const outcomes: string[] = []
  for (const event of events) outcomes.push(...(await nostr.put([event], VERIFIED)))
  return outcomes
}

it('deletes by id what its author wrote, whichever comes first, and takes it no more', async () => {
  const { replica, nostr } = await world()
  const [note, other, foreign] = [by(alice, { content: '1' }), by(alice, { content: '2' }), by(bob, { content: '3' })]
  const gone = deletion(alice, [
    ['e', note.id],
    ['e', foreign.id],
    ['e', 'a'.repeat(64)],
  ])
  expect(await putAll(nostr, note, foreign, gone, note, other)).toEqual(['stored', 'stored', 'stored', 'deleted', 'stored'])
  expect(await idsOf(nostr)).toEqual([foreign.id, gone.id, other.id].sort())
  expect(await nostr.known([note.id, foreign.id, 'a'.repeat(64)])).toEqual([true, true, false])
  expect(await putAll(nostr, deletion(alice, [['e', other.id]]), other)).toEqual(['stored', 'deleted'])
  await replica.close()
})

it('deletes nothing where no target is named, no deletion, and no request to vanish', async () => {
  const { replica, nostr } = await world()
  const [note, first, wish] = [by(alice, {}), deletion(alice, []), vanish(alice, EVENT_TIME - 10)]
  const second = deletion(alice, [['e'], ['a'], ['e', ''], ['a', ''], ['e', first.id], ['e', wish.id], ['k', '1']])
  expect(await putAll(nostr, note, first, wish, second, first)).toEqual(['stored', 'stored', 'stored', 'stored', 'duplicate'])
  expect(await nostr.count({})).toBe(4)
  await replica.close()
})

it('deletes by coordinate the versions up to its own time, and takes a newer one', async () => {
  const { replica, nostr } = await world()
  const version = (created_at: number, d = 'x'): NostrEvent => by(alice, { kind: 30_023, tags: [['d', d]], created_at })
  const [old, middle, fresh] = [version(EVENT_TIME), version(EVENT_TIME + 5), version(EVENT_TIME + 20)]
  const gone = deletion(alice, [['a', `30023:${alice}:x`]])
  expect(await putAll(nostr, middle, version(EVENT_TIME, 'y'), gone)).toEqual(['stored', 'stored', 'stored'])
  expect(await putAll(nostr, old, middle, version(EVENT_TIME + 10), fresh)).toEqual(['deleted', 'deleted', 'deleted', 'stored'])
  expect(await putAll(nostr, deletion(bob, [['a', `30023:${alice}:x`]], EVENT_TIME + 100))).toEqual(['stored'])
  expect(await nostr.count({ kinds: [30_023] })).toBe(2)
  await replica.close()
})

it('deletes what is wrapped for who asks, though the key that wrapped it is another', async () => {
  const { replica, nostr } = await world()
  const wrap = (to: string, content: string): NostrEvent => by(carol, { kind: 1059, tags: [['p', to]], content })
  const [mine, his] = [wrap(alice, '1'), wrap(bob, '2')]
  const both = [
    ['e', mine.id],
    ['e', his.id],
  ]
  expect(await putAll(nostr, mine, his, deletion(alice, both), mine)).toEqual(['stored', 'stored', 'stored', 'deleted'])
  expect(await nostr.count({ kinds: [1059] })).toBe(1)
  expect(await putAll(nostr, vanish(bob, EVENT_TIME + 1), his)).toEqual(['stored', 'vanished'])
  expect(await nostr.count({ kinds: [1059] })).toBe(0)
  await replica.close()
})

it('lets everything of somebody vanish up to a time, and keeps what his deletions do', async () => {
  const { replica, nostr } = await world()
  const [past, future, foreign] = [by(alice, { content: 'past' }), by(alice, { created_at: EVENT_TIME + 50 }), by(bob, {})]
  const hidden = deletion(alice, [['e', future.id]])
  const wish = vanish(alice, EVENT_TIME + 20)
  expect(await putAll(nostr, past, foreign, hidden, wish, past, hidden, future)).toEqual([
    'stored',
    'stored',
    'stored',
    'stored',
    'vanished',
    'duplicate',
    'deleted',
  ])
  expect(await idsOf(nostr)).toEqual([foreign.id, wish.id].sort())
  expect(await putAll(nostr, deletion(alice, [['e', 'b'.repeat(64)]], EVENT_TIME + 1), by(alice, { created_at: EVENT_TIME + 21 }))).toEqual([
    'vanished',
    'stored',
  ])
  expect(await nostr.count({ authors: [alice], kinds: [5] })).toBe(0)
  await replica.close()
})

it('takes no wish to vanish from one relay that names none', async () => {
  const { replica, nostr } = await world()
  expect(await putAll(nostr, by(alice, {}), by(alice, { kind: 62, created_at: EVENT_TIME + 1 }))).toEqual(['stored', 'stored'])
  expect(await nostr.count({ kinds: [1] })).toBe(1)
  await replica.close()
})

it('lets events go when their time is over, without a trace, and takes them no more', async () => {
  const here = await world()
  const { replica, nostr } = here
  const brief = by(alice, { tags: [['expiration', String(EVENT_TIME + 2000)]], content: 'brief' })
  const roots = async () => (await replica.namespaces()).map(({ id }) => replica.summary(id))
  const before = await Promise.all(await roots())
  expect(await putAll(nostr, brief)).toEqual(['stored'])
  here.clock = (EVENT_TIME + 2000) * 1000
  expect(await nostr.count({})).toBe(0)
  expect((await Promise.all(await roots())).map(({ root, count }) => ({ root, count }))).toEqual(before.map(({ root, count }) => ({ root, count })))
  expect(await putAll(nostr, brief)).toEqual(['expired'])
  await replica.close()
})

it('takes banned events away, and no more', async () => {
  const { replica, nostr } = await world()
  const [one, two] = [by(alice, { content: '1' }), by(alice, { content: '2' })]
  const gone = deletion(bob, [['e', one.id]])
  await putAll(nostr, one, gone)
  expect(await nostr.ban([one.id, two.id])).toBe(1)
  expect(await putAll(nostr, one, two)).toEqual(['deleted', 'deleted'])
  expect(await nostr.known([one.id, two.id])).toEqual([true, true])
  expect(await idsOf(nostr)).toEqual([gone.id])
  await replica.close()
})

it('does again what a banned deletion had undone', async () => {
  const { replica, nostr } = await world()
  const note = by(alice, {})
  const gone = deletion(alice, [['e', note.id]])
  expect(await putAll(nostr, note, gone, note)).toEqual(['stored', 'stored', 'deleted'])
  await nostr.ban([gone.id])
  expect(await putAll(nostr, note, gone)).toEqual(['stored', 'deleted'])
  await replica.close()
})

it('keeps the same set in whatever order events come', async () => {
  const random = seededRandom(11)
  const authors = [alice, bob, carol]
  for (let round = 0; round < 12; round++) {
    const events: NostrEvent[] = []
    for (let i = 0; i < 40; i++) {
      const pubkey = random.pick(authors)
      const created_at = EVENT_TIME + random.below(30)
      const target = events.length === 0 ? undefined : random.pick(events)
      const d = random.pick(['x', 'y'])
      const draw = random.below(10)
      // A deletion by id of one version of several leaves what was here before to chance: see the decision.
      const isRegular = target !== undefined && target.kind !== 30_023
      if (draw < 4 || !isRegular)
        events.push(by(pubkey, { created_at, content: String(i), ...(draw % 2 === 0 ? { kind: 1059, tags: [['p', random.pick(authors)]] } : {}) }))
      else if (draw < 6) events.push(by(pubkey, { kind: 30_023, tags: [['d', d]], created_at, content: String(i) }))
      else if (draw < 8) events.push(deletion(random.chance(0.7) ? target.pubkey : pubkey, [['e', target.id]], created_at))
      else if (draw < 9) events.push(deletion(pubkey, [['a', `30023:${pubkey}:${d}`]], created_at))
      else events.push(vanish(pubkey, created_at - 15))
    }
    const sets = new Set<string>()
    for (let order = 0; order < 3; order++) {
      const { replica, nostr } = await world()
      const shuffled = events.map((event) => ({ event, at: random.next() })).sort((a, b) => a.at - b.at)
      for (let i = 0; i < shuffled.length; i += 7)
        await nostr.put(
          shuffled.slice(i, i + 7).map(({ event }) => event),
          VERIFIED,
        )
      // What is said of it by those who have it all agrees with what is found by looking.
      const { id } = (await replica.namespaces()).find(({ kind }) => kind === 'nostr') ?? { id: '' }
      expect(await replica.checkSummaries()).toEqual([])
      const { count } = await replica.summary(id)
      sets.add(JSON.stringify([await idsOf(nostr), count]))
      await replica.close()
    }
    expect(sets.size, `round ${round}`).toBe(1)
  }
})

it('forgets all with its namespace, and begins anew', async () => {
  const { replica, nostr } = await world()
  await putAll(nostr, by(alice, { content: 'words' }), deletion(alice, [['e', 'c'.repeat(64)]]), vanish(bob, EVENT_TIME))
  const [info] = await replica.namespaces()
  expect(await replica.forgetNamespace(info?.id ?? '')).toBe(true)
  expect(await nostr.count({})).toBe(0)
  expect(await putAll(nostr, by(bob, {}))).toEqual(['stored'])
  expect(await nostr.count({ search: 'words' })).toBe(0)
  await replica.close()
})

it('shows events as documents, which nobody writes by hand', async () => {
  const { replica, nostr } = await world()
  const note = by(alice, { content: 'hello', tags: [['t', 'x']] })
  await putAll(nostr, note)
  const info = (await replica.namespaces()).find(({ kind }) => kind === 'nostr')
  expect(info).toMatchObject({ name: 'Nostr', write: 'nostr', writable: false })
  const { contents } = await replica.find(info?.id ?? '', 'events', { filter: { kind: 1 }, limit: 10 })
  const { id, ...fields } = note
  expect(contents.map((content) => JSON.parse(content) as unknown)).toEqual([{ _id: id, ...fields }])
  await expect(replica.write(info?.id ?? '', 'events', [{ id: 'x', content: '{"_id":"x"}' }])).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(replica.update(info?.id ?? '', 'events', { id, changes: { $set: { kind: 2 } } })).rejects.toMatchObject({
    code: 'not-allowed',
  })
  await expect(replica.changeHead(info?.id ?? '', { listed: true })).rejects.toMatchObject({ code: 'not-allowed' })
  await replica.close()
})
